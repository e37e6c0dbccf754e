// What is removed at once: the grain of pruning.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "galet/kernels/sparse_block.h"

namespace galet::prune {

/// The block that integer kernels skip: so many output channels by so many inputs, at one tap of the kernel. Weights seen as (out, kh, kw,
/// in), `in` of one group: block (i, y, x, j) holds output channels [i * out, (i + 1) * out) and inputs [j * in, (j + 1) * in) at tap (y,
/// x), each counted from 0 and cut off where the weight ends. A linear layer has one tap. 16 channels by 4 inputs are 64 bytes of packed
/// weights: what one `vpdpbusd` reads.
inline constexpr int64_t kBlockOut = kernels::kSparseChannels, kBlockIn = kernels::kSparseInputs;

enum class Grain : uint8_t {
  weight,   // single weights
  block,    // blocks of block_out x block_in
  n_m,      // of m inputs in a row n are kept, for each output channel and tap
  channel,  // output channels; they leave the network, with all that depends on them
};

struct Structure {
  Grain grain = Grain::weight;
  int64_t block_out = kBlockOut, block_in = kBlockIn;
  int64_t n = 2, m = 4;
  bool operator==(const Structure&) const = default;
};

/// "weight", "block", "block:16x4", "nm:2:4", "channel". Throws Error for anything else.
Structure parse_structure(std::string_view text);
std::string to_string(const Structure& structure);

}  // namespace galet::prune
