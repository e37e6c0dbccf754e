// How packed weights and scratch of conv_i8 (and conv_f32) are cut into blocks of output channels.
#pragma once

#include <cstdint>

#include "galet/kernels/conv_shape.h"
#include "galet/kernels/indirection.h"

namespace galet::kernels {

/// A block: output channels of one group, as many vectors of lanes as one tile is wide.
struct ChannelBlock {
  int64_t group;
  int64_t first_vector;  // counted over all groups: where per-channel arrays (padded to lanes) start, in vectors
  int64_t vectors;
  int64_t first_channel;  // of dst
  int64_t channels;
};

struct BlockLayout {
  int64_t lanes, vectors_per_group, blocks_per_group, groups, channels_per_group;
  int64_t k;  // taps * tap_elements

  BlockLayout(const ConvShape& shape, const Indirection& plan, int64_t lanes_, int64_t max_vectors)
      : lanes(lanes_), groups(shape.groups), channels_per_group(shape.dst_c / shape.groups), k(plan.taps * plan.tap_elements) {
    vectors_per_group = (channels_per_group + lanes - 1) / lanes;
    blocks_per_group = (vectors_per_group + max_vectors - 1) / max_vectors;
  }
  int64_t blocks() const { return groups * blocks_per_group; }
  int64_t padded_channels() const { return groups * vectors_per_group * lanes; }
  /// Blocks of a group are as equal as whole vectors allow.
  ChannelBlock block(int64_t index) const {
    ChannelBlock block;
    block.group = index / blocks_per_group;
    const int64_t i = index % blocks_per_group;
    const int64_t begin = vectors_per_group * i / blocks_per_group, end = vectors_per_group * (i + 1) / blocks_per_group;
    block.first_vector = block.group * vectors_per_group + begin;
    block.vectors = end - begin;
    block.first_channel = block.group * channels_per_group + begin * lanes;
    const int64_t rest = channels_per_group - begin * lanes;
    block.channels = rest < block.vectors * lanes ? rest : block.vectors * lanes;
    return block;
  }
  /// Elements before the weights of a block.
  int64_t weight_offset(const ChannelBlock& block) const { return block.first_vector * lanes * k; }
};

/// Output pixels of one item where pixels are split. Where that makes less than kEnoughItems, blocks are split instead if there are about
/// as many: two threads then share the work evenly, and each reads only its part of the weights, which are large where maps are small.
constexpr int64_t kItemPixels = 12, kEnoughItems = 16;

struct Split {
  int64_t pixels, blocks;
  bool by_pixels;
  Split(const ConvShape& shape, const BlockLayout& layout) : pixels(shape.batch * shape.dst_h * shape.dst_w), blocks(layout.blocks()) {
    by_pixels = blocks == 1 || pixel_items() >= kEnoughItems || pixel_items() > 2 * blocks;
  }
  int64_t pixel_items() const { return (pixels + kItemPixels - 1) / kItemPixels; }
  int64_t items() const { return by_pixels ? pixel_items() : blocks; }
};

constexpr int64_t align64(int64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace galet::kernels
