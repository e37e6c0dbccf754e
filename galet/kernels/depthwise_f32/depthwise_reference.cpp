// The plain C++ row of depthwise_f32. Taps are summed in order ky, kx; taps in the padding are left out.
#include <algorithm>

#include "galet/kernels/depthwise_f32/depthwise_args.h"

namespace galet::kernels {

void depthwise_f32f32f32__reference(const DepthwiseF32Args& args, int64_t begin, int64_t end) noexcept {
  const ConvShape& s = args.shape;
  const int64_t pixel = s.src_stride == 0 ? s.src_c : s.src_stride, dst_pixel = s.dst_stride == 0 ? s.dst_c : s.dst_stride;
  const int64_t other_pixel = args.conv.other_stride == 0 ? s.dst_c : args.conv.other_stride;
  for (int64_t at = begin * s.dst_w; at < end * s.dst_w; ++at) {
    const int64_t row = at / s.dst_w, top = row % s.dst_h * s.stride_h - s.pad_top, left = at % s.dst_w * s.stride_w - s.pad_left;
    for (int64_t c = 0; c < s.src_c; ++c) {
      float acc = args.conv.bias == nullptr ? 0.0f : args.conv.bias[c];
      for (int64_t ky = 0; ky < s.kernel_h; ++ky)
        for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
          const int64_t iy = top + ky * s.dilation_h, ix = left + kx * s.dilation_w;
          if (iy < 0 || iy >= s.src_h || ix < 0 || ix >= s.src_w) continue;
          const float src = args.conv.src[((row / s.dst_h * s.src_h + iy) * s.src_w + ix) * pixel + c];
          acc += src * static_cast<const float*>(args.conv.packed)[(ky * s.kernel_w + kx) * s.src_c + c];
        }
      if (args.conv.other != nullptr) acc += args.conv.other[at * other_pixel + c];
      args.conv.dst[at * dst_pixel + c] = std::min(std::max(acc, args.conv.lo), args.conv.hi);
    }
  }
}

}  // namespace galet::kernels
