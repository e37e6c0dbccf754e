#include "galet/kernels/depthwise_f32/depthwise_args.h"

namespace galet::kernels {
namespace {
#include "galet/kernels/depthwise_f32/depthwise_loop.h"
}

void depthwise_f32f32f32__reference(const DepthwiseF32Args& args, int64_t begin, int64_t end) noexcept { depthwise_rows(args, begin, end); }

}  // namespace galet::kernels
