#include "galet/kernels/elementwise_f32/elementwise.h"

namespace galet::kernels {
namespace {
#include "galet/kernels/elementwise_f32/elementwise_loop.h"
}

void binary_f32f32f32__neon_4(const BinaryF32Args& args, int64_t begin, int64_t end) noexcept { binary_rows(args, begin, end); }
void unary_f32f32__neon_4(const UnaryF32Args& args, int64_t begin, int64_t end) noexcept { unary_elements(args, begin, end); }

}  // namespace galet::kernels
