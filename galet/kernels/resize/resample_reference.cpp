// The plain C++ rows of the resampling families.
#include "galet/kernels/reference/arithmetic.h"
#include "galet/kernels/resize/resize.h"

namespace galet::kernels {
namespace {

/// The weighted sum at position i of an axis of value(source position).
template <typename Value>
float weighted_sum(const ResampleAxis& axis, int64_t i, Value&& value) {
  if (axis.weight == nullptr) return value(i);
  float sum = 0.0f;
  for (int64_t k = i * axis.taps; k < (i + 1) * axis.taps; ++k) sum += axis.weight[k] * value(axis.index[k]);
  return sum;
}

/// Calls store(dst index, sum) for every element of rows [begin, end); value(src index) is an element of the source.
template <typename Args, typename Value, typename Store>
void for_sums(const Args& args, int64_t begin, int64_t end, Value&& value, Store&& store) {
  for (int64_t item = begin; item < end; ++item) {
    const int64_t first_line = item / args.dst_h * args.src_h;
    for (int64_t j = 0; j < args.dst_w; ++j)
      for (int64_t c = 0; c < args.channels; ++c)
        store((item * args.dst_w + j) * args.channels + c, weighted_sum(args.x, j, [&](int64_t x) {
                return weighted_sum(args.y, item % args.dst_h,
                                    [&](int64_t y) { return value(((first_line + y) * args.src_w + x) * args.channels + c); });
              }));
  }
}

}  // namespace

void resample_u8u8__reference(const ResampleI8Args& args, int64_t begin, int64_t end) noexcept {
  for_sums(
      args, begin, end, [&](int64_t at) { return static_cast<float>(args.src[at] - args.src_zero_point); },
      [&](int64_t at, float x) { args.dst[at] = round_code(x * args.m, args.dst_zero_point, args.lo, args.hi); });
}

void resample_f32f32__reference(const ResampleF32Args& args, int64_t begin, int64_t end) noexcept {
  for_sums(
      args, begin, end, [&](int64_t at) { return args.src[at]; }, [&](int64_t at, float x) { args.dst[at] = x; });
}

}  // namespace galet::kernels
