// How a depthwise convolution is cut: which taps share a quad, which positions a block.
#pragma once

#include <cstdint>
#include <span>

#include "galet/kernels/conv_i8/layout.h"
#include "galet/kernels/depthwise_i8/depthwise.h"

namespace galet::kernels {

/// Rows of quads in scratch, indexed by destination column. Vertical: byte i is kernel row first_row + i, for the source columns of one
/// residue modulo the stride. Horizontal: byte i is column i of one kernel row.
struct QuadRow {
  int64_t first_row, rows, residue;
  bool horizontal;
};

/// Four taps: quads of a row, shifted by some columns.
struct TapSet {
  int64_t quads, shift;
  int64_t first_row, rows;        // vertical: kernel rows of the bytes
  int64_t first_column, columns;  // horizontal: kernel columns of the bytes; vertical: columns is 1
};

/// Blocks hold `width` channels of one pixel, or, where channels do not fill blocks and pixels lie densely ("flat"), the next positions
/// whatever pixel they belong to: operands then repeat after `phases` blocks.
struct DepthwiseGeometry {
  int64_t block;  // positions
  bool flat;
  int64_t width, phases, chunks;
  int64_t columns;  // of a quad row for a whole row of the destination, less dst_w
  int64_t tile;     // destination columns computed at a time

  DepthwiseGeometry(const DepthwiseI8Row& row, const ConvShape& shape);

  std::span<const QuadRow> quad_rows() const { return {quad_rows_, static_cast<size_t>(quad_row_count_)}; }
  std::span<const TapSet> sets() const { return {sets_, static_cast<size_t>(set_count_)}; }

  int64_t operands() const { return chunks * phases * block; }
  int64_t channel_of(int64_t operand) const {  // may not exist: >= channels
    return flat ? operand % width : operand;
  }
  int64_t sums_bytes() const { return align64(operands() * 4); }
  int64_t quad_row_bytes() const { return align64((tile + columns) * width * 4 + 4 * block + 256); }

 private:
  int64_t quad_row_count_ = 0, set_count_ = 0;
  QuadRow quad_rows_[kMaxDepthwiseSets];
  TapSet sets_[kMaxDepthwiseSets];
};

}  // namespace galet::kernels
