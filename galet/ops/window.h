// Sliding windows over h and w: what convolutions and pools share.
#pragma once

#include "galet/ir/op.h"

namespace galet::ops {

/// One spatial axis of a sliding window.
struct WindowAxis {
  int64_t src, kernel, stride, dilation, pad_begin, pad_end, dst;
};

/// Extent of the result: floor((src + pads - dilation*(kernel-1) - 1) / stride) + 1; with ceil_mode rounded up, but the last window must
/// start inside the source or its leading pad (PyTorch's and ONNX's rule). Throws Error through the call for a kernel larger than the
/// padded source and for strides or dilations below 1.
int64_t window_extent(const OpCall& call, const WindowAxis& axis, bool ceil_mode);
/// Both axes of an NCHW source from the attributes strides, pads and dilations (pads: top left bottom right), with `dst` filled in.
struct Window {
  WindowAxis h, w;
};
Window window_of(const OpCall& call, int64_t kernel_h, int64_t kernel_w, bool ceil_mode = false);
/// The same for operators whose window is the attribute `kernel` (height, width).
Window pool_window(const OpCall& call);

struct Range {
  int64_t begin, end;
};
/// The taps of the window of destination `position` that lie inside the source (their number is bounded by the source, whatever the
/// kernel).
Range taps_inside(const WindowAxis& axis, int64_t position);
/// The destination positions whose tap `tap` lies inside the source.
Range positions_inside(const WindowAxis& axis, int64_t tap);

}  // namespace galet::ops
