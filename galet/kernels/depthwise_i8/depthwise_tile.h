// The two leaf kernels of depthwise_i8. Included by instruction-set files: plain structs only.
// Positions are (column, channel) pairs in memory order. A tile is cut into blocks of 4 * lanes positions; "quads" are four source bytes
// for each position of a block, so that one dot product of the instruction set adds four taps.
#pragma once

#include <cstdint>

#include "galet/kernels/gemm_i8/gemm.h"

namespace galet::kernels {

/// dst[b * dst_step + 4 * p + i] = src[i][b * src_step + p] ^ flip for all blocks b and positions p < n.
struct InterleaveI8 {
  const uint8_t* src[4];
  int64_t src_step, blocks, n;
  uint8_t* dst;  // up to 256 bytes beyond the last quad may be written
  int64_t dst_step;
  uint8_t flip;  // 128 makes codes signed, for depthwise rows with a shift; x86 has none and its rows leave it out
};
using InterleaveI8Fn = void(const InterleaveI8& args) noexcept;

/// dst[p] = epilogue(init[p] + sum over sets t and i < 4 of sets[t][4 * p + i] * weights[t, p, i]) for all positions p. The operands of
/// block b are those of phase b % phases.
struct DepthwiseI8 {
  const uint8_t* const* sets;  // quads of the first position, one pointer a set of four taps
  int64_t set_count;
  const int8_t* weights;  // (phases, set_count, 4 * lanes, 4)
  const int32_t* init;    // (phases, 4 * lanes)
  const float* m;         // (phases, 4 * lanes)
  const float* bias_f32;  // (phases, 4 * lanes)
  int64_t phases, blocks;
  int64_t full, last;  // positions that exist in each block but the last, and in the last (1 .. 4 * lanes)
  void* dst;
  int64_t dst_step, other_step;  // elements from one block to the next
  EpilogueI8 epilogue;
};
using DepthwiseI8Fn = void(const DepthwiseI8& args) noexcept;

}  // namespace galet::kernels
