#include "galet/kernels/depthwise_i8/geometry.h"

#include <algorithm>
#include <numeric>

namespace galet::kernels {
namespace {

constexpr int64_t kQuadBytes = 24 * 1024;  // all quad rows of a tile: they are read several times, from the first-level cache

}  // namespace

DepthwiseGeometry::DepthwiseGeometry(const DepthwiseI8Row& row, const ConvShape& shape) : block(4 * row.lanes) {
  const int64_t channels = shape.src_c, filled = (channels + block - 1) / block * block;
  const bool dense = shape.src_stride == 0 || shape.src_stride == channels;
  flat = dense && filled * 9 > channels * 10;
  width = flat ? channels : block;
  phases = flat ? std::lcm(channels, block) / block : 1;
  chunks = flat ? 1 : filled / block;

  const int64_t stride = shape.stride_w;
  columns = (shape.kernel_w - 1) * shape.dilation_w / stride;
  for (int64_t first = 0; first < shape.kernel_h; first += 4) {
    const int64_t rows = std::min<int64_t>(4, shape.kernel_h - first);
    if (rows == 1 && shape.kernel_w > 1 && 4 * shape.dilation_w % stride == 0) {
      quad_rows_[quad_row_count_++] = {first, 1, 0, true};
      for (int64_t kx = 0; kx < shape.kernel_w; kx += 4)
        sets_[set_count_++] = {
            quad_row_count_ - 1, kx * shape.dilation_w / stride, first, 1, kx, std::min<int64_t>(4, shape.kernel_w - kx)};
      continue;
    }
    for (int64_t kx = 0; kx < shape.kernel_w; ++kx) {
      const int64_t column = kx * shape.dilation_w, residue = column % stride;
      int64_t at = 0;
      while (at < quad_row_count_ && (quad_rows_[at].first_row != first || quad_rows_[at].residue != residue)) ++at;
      if (at == quad_row_count_) quad_rows_[quad_row_count_++] = {first, rows, residue, false};
      sets_[set_count_++] = {at, column / stride, first, rows, kx, 1};
    }
  }
  const int64_t pixels = kQuadBytes / (4 * width * quad_row_count_);
  tile = std::clamp<int64_t>(pixels - columns, 8, std::max<int64_t>(shape.dst_w, 8));
}

}  // namespace galet::kernels
