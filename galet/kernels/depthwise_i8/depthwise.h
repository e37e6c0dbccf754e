// Depthwise convolution u8 x i8 (one filter a channel: groups = src_c = dst_c), vectorised over channels, int32 accumulation.
// Other channel multipliers go through conv_i8.
#pragma once

#include <cstddef>
#include <cstdint>

#include "galet/kernels/conv_i8/conv.h"
#include "galet/kernels/depthwise_i8/depthwise_tile.h"

namespace galet::kernels {

using DepthwiseI8Row = Kernel<DepthwiseI8Fn>;

constexpr int64_t kMaxDepthwiseSets = 128;
/// True for the shapes that this family computes. Kernels beyond some 22 x 22 are left to conv_i8.
inline bool depthwise_i8_applies(const ConvShape& shape) {
  return shape.groups == shape.src_c && shape.src_c == shape.dst_c && !shape.transposed && shape.src_c > 1 &&
         (shape.kernel_h + 3) / 4 * shape.kernel_w <= kMaxDepthwiseSets;
}
/// `row`: select<DepthwiseI8Fn>(isa).
size_t depthwise_i8_packed_bytes(const DepthwiseI8Row& row, const ConvShape& shape);
/// weight: (c, 1, kh, kw); packed aligned to 64.
void depthwise_i8_pack(const DepthwiseI8Row& row, const ConvShape& shape, const int8_t* weight, void* packed);
/// As conv_i8_prepare.
size_t depthwise_i8_prepared_bytes(const DepthwiseI8Row& row, const ConvShape& shape);
void depthwise_i8_prepare(const DepthwiseI8Row& row, const ConvShape& shape, const ConvI8Args& args, void* prepared);
size_t depthwise_i8_scratch_bytes(const DepthwiseI8Row& row, const ConvShape& shape);
/// Items are rows of the destination: batch * dst_h.
int64_t depthwise_i8_items(const DepthwiseI8Row& row, const ConvShape& shape);
/// Same operands and same epilogues as conv_i8_run.
void depthwise_i8_run(const DepthwiseI8Row& row, const ConvShape& shape, const ConvI8Args& args, int64_t begin, int64_t end,
                      void* scratch) noexcept;

}  // namespace galet::kernels
