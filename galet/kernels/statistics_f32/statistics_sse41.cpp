#include "galet/kernels/statistics_f32/statistics.h"

namespace galet::kernels {
namespace {
#include "galet/kernels/statistics_f32/statistics_loop.h"
}

void moments_f32__sse41_8(const MomentsF32Args& args, int64_t begin, int64_t end) noexcept { moments_rows<8>(args, begin, end); }
void histogram_f32u32__sse41_4(const HistogramF32Args& args, int64_t begin, int64_t end) noexcept { histogram_elements(args, begin, end); }

}  // namespace galet::kernels
