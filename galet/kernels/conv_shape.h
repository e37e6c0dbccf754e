// The geometry of a convolution, shared by the integer and the float one. Activations are NHWC, weights as the graph stores them (OIHW).
#pragma once

#include <cstdint>

namespace galet::kernels {

struct ConvShape {
  int64_t batch = 1;
  int64_t src_h = 1, src_w = 1, src_c = 1;
  int64_t dst_h = 1, dst_w = 1, dst_c = 1;  // with pad_top and pad_left they imply the padding below and to the right
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0;
  int64_t groups = 1;
  /// Elements from one pixel to the next, where a tensor is a slice of the channels of a wider one (concat in place); 0: dense.
  int64_t src_stride = 0, dst_stride = 0;
  /// Transposed convolution: dst position = src position * stride - pad + tap * dilation; weights are (in, out/groups, kh, kw) then.
  bool transposed = false;
};

}  // namespace galet::kernels
