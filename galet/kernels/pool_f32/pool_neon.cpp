#include "galet/kernels/pool_f32/pool.h"

namespace galet::kernels {
namespace {
#include "galet/kernels/pool_f32/pool_loop.h"
}  // namespace

void max_pool_f32f32__neon_4(const MaxPoolF32Args& args, int64_t begin, int64_t end) noexcept { max_pool_items(args, begin, end); }
void average_pool_f32f32__neon_4(const AveragePoolF32Args& args, int64_t begin, int64_t end) noexcept {
  average_pool_items(args, begin, end);
}

}  // namespace galet::kernels
