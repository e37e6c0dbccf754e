#include "galet/kernels/reference/reference.h"

#include <algorithm>

#include "galet/kernels/gemm_i8/epilogue_reference.h"
#include "galet/kernels/indirection.h"
#include "galet/kernels/reference/c99.h"

namespace galet::kernels {
namespace {

int64_t src_pixel(const ConvShape& s) { return s.src_stride == 0 ? s.src_c : s.src_stride; }
int64_t dst_pixel(const ConvShape& s) { return s.dst_stride == 0 ? s.dst_c : s.dst_stride; }

/// The source coordinate under a tap, or -1 in the padding (or between the samples of a transposed convolution).
int64_t source_coordinate(bool transposed, int64_t at, int64_t tap, int64_t stride, int64_t pad, int64_t dilation, int64_t limit) {
  int64_t position = transposed ? at + pad - tap * dilation : at * stride - pad + tap * dilation;
  if (transposed) {
    if (position < 0 || position % stride != 0) return -1;
    position /= stride;
  }
  return position >= 0 && position < limit ? position : -1;
}

/// Calls term(source element, weight element) for each product of output channel c at (n, oy, ox).
template <typename F>
void for_terms(const ConvShape& s, int64_t n, int64_t oy, int64_t ox, int64_t c, F&& term) {
  const int64_t in_per_group = s.src_c / s.groups, group = c / (s.dst_c / s.groups);
  for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
    const int64_t iy = source_coordinate(s.transposed, oy, ky, s.stride_h, s.pad_top, s.dilation_h, s.src_h);
    for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
      const int64_t ix = source_coordinate(s.transposed, ox, kx, s.stride_w, s.pad_left, s.dilation_w, s.src_w);
      if (iy < 0 || ix < 0) continue;
      for (int64_t i = 0; i < in_per_group; ++i)
        term(((n * s.src_h + iy) * s.src_w + ix) * src_pixel(s) + group * in_per_group + i, weight_index(s, c, i, ky, kx));
    }
  }
}

template <typename F>
void for_outputs(const ConvShape& s, F&& f) {
  for (int64_t n = 0; n < s.batch; ++n)
    for (int64_t oy = 0; oy < s.dst_h; ++oy)
      for (int64_t ox = 0; ox < s.dst_w; ++ox)
        for (int64_t c = 0; c < s.dst_c; ++c) f(n, oy, ox, c, (n * s.dst_h + oy) * s.dst_w + ox);
}

}  // namespace

void reference_conv_i8_accumulate(const ConvShape& shape, const ConvI8Args& args, const int8_t* weight, int32_t* acc) {
  for_outputs(shape, [&](int64_t n, int64_t oy, int64_t ox, int64_t c, int64_t pixel) {
    int64_t sum = args.bias == nullptr ? 0 : args.bias[c];
    for_terms(shape, n, oy, ox, c, [&](int64_t src, int64_t w) { sum += (args.src[src] - args.src_zero_point) * weight[w]; });
    acc[pixel * shape.dst_c + c] = static_cast<int32_t>(sum);
  });
}

namespace {

c99::galet_window_shape window_shape(const ConvShape& s) {
  auto i32 = [](int64_t x) { return static_cast<int32_t>(x); };
  return {i32(s.src_h),      i32(s.src_w),      i32(s.src_c),    i32(src_pixel(s)), i32(s.dst_h),    i32(s.dst_w),
          i32(s.dst_c),      i32(dst_pixel(s)), i32(s.kernel_h), i32(s.kernel_w),   i32(s.stride_h), i32(s.stride_w),
          i32(s.dilation_h), i32(s.dilation_w), i32(s.pad_top),  i32(s.pad_left)};
}

/// The convolution as exported C computes it. False where it has no form in C: sums of tensors whose scales are too far apart.
bool run_c99(const ConvShape& shape, const ConvI8Args& args, const int8_t* weight) {
  c99::galet_sum sum{};
  if (args.other != nullptr && !c99_sum(args.add, sum)) return false;
  std::vector<uint32_t> scales;
  for (int64_t c = 0; c < shape.dst_c; ++c) scales.push_back(c99_scale(args.m[c]));
  const std::vector<int32_t> bias = c99_bias(shape, weight, args.bias, args.src_zero_point);
  const std::vector<int8_t> packed = c99_pack(shape, weight);
  const c99::galet_finish finish{scales.data(),  args.dst_zero_point, args.lo, args.hi, args.table, args.other == nullptr ? nullptr : &sum,
                                 args.other_is_a};
  const int64_t other_step = args.other_stride == 0 ? shape.dst_c : args.other_stride;
  const c99::galet_conv conv{
      window_shape(shape), static_cast<int32_t>(shape.groups), args.src_zero_point, bias.data(), finish, static_cast<int32_t>(other_step)};
  const c99::galet_depthwise depthwise{conv.shape, args.src_zero_point, bias.data(), finish, static_cast<int32_t>(other_step)};
  for (int64_t n = 0; n < shape.batch; ++n) {
    const uint8_t* src = args.src + n * shape.src_h * shape.src_w * src_pixel(shape);
    uint8_t* dst = static_cast<uint8_t*>(args.dst) + n * shape.dst_h * shape.dst_w * dst_pixel(shape);
    const uint8_t* other = args.other == nullptr ? nullptr : args.other + n * shape.dst_h * shape.dst_w * other_step;
    if (c99_depthwise(shape))
      c99::galet_run_depthwise(&depthwise, src, packed.data(), other, dst);
    else if (shape.transposed)
      c99::galet_run_conv_transpose(&conv, src, packed.data(), other, dst);
    else
      c99::galet_run_conv(&conv, src, packed.data(), other, dst);
  }
  return true;
}

}  // namespace

void reference_conv_i8(const ConvShape& shape, const ConvI8Args& args, const int8_t* weight) {
  if (args.output == ConvI8Output::u8 && run_c99(shape, args, weight)) return;
  const EpilogueI8 epilogue = epilogue_of(shape, args);
  const int64_t element = args.output == ConvI8Output::u8 ? 1 : 4;
  for_outputs(shape, [&](int64_t n, int64_t oy, int64_t ox, int64_t c, int64_t pixel) {
    int64_t sum = args.bias == nullptr ? 0 : args.bias[c];
    for_terms(shape, n, oy, ox, c, [&](int64_t src, int64_t w) { sum += (args.src[src] - args.src_zero_point) * weight[w]; });
    void* dst = static_cast<uint8_t*>(args.dst) + (pixel * dst_pixel(shape) + c) * element;
    finish_reference(epilogue, static_cast<int32_t>(sum), args.m == nullptr ? 0.0f : args.m[c],
                     args.bias_f32 == nullptr ? 0.0f : args.bias_f32[c], dst,
                     epilogue.other == nullptr ? nullptr : epilogue.other + pixel * epilogue.other_stride + c);
  });
}

void reference_conv_f32(const ConvShape& shape, const ConvF32Args& args, const float* weight) {
  const int64_t other_stride = args.other_stride == 0 ? shape.dst_c : args.other_stride;
  for_outputs(shape, [&](int64_t n, int64_t oy, int64_t ox, int64_t c, int64_t pixel) {
    float sum = 0.0f;
    for_terms(shape, n, oy, ox, c, [&](int64_t src, int64_t w) { sum += args.src[src] * weight[w]; });
    if (args.bias != nullptr) sum += args.bias[c];
    if (args.other != nullptr) sum += args.other[pixel * other_stride + c];
    args.dst[pixel * dst_pixel(shape) + c] = std::min(std::max(sum, args.lo), args.hi);
  });
}

}  // namespace galet::kernels
