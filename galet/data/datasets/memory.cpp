#include "galet/data/datasets/memory.h"

#include <cstring>

#include "galet/core/error.h"

namespace galet::data {

Blocks::Blocks(std::vector<Block> blocks, int channels, int height, int width, bool planes, std::vector<std::string> classes,
               std::string where)
    : blocks_(std::move(blocks)),
      channels_(channels),
      height_(height),
      width_(width),
      planes_(planes && channels > 1),
      classes_(std::move(classes)),
      where_(std::move(where)) {
  for (const Block& block : blocks_) size_ += block.count;
}

const Block& Blocks::find(int64_t& index) const {
  check_index(index, size_, where_);
  for (const Block& block : blocks_) {
    if (index < block.count) return block;
    index -= block.count;
  }
  return blocks_.back();
}

Sample Blocks::get(int64_t index) const {
  const Block& block = find(index);
  Sample sample{Image(width_, height_, channels_),
                {},
                block.labels.empty() ? -1 : block.labels[static_cast<size_t>(index)],
                fmt::format("{}[{}]", block.name, index)};
  const uint8_t* src = block.first + index * block.stride;
  uint8_t* dst = sample.image.pixels.data();
  if (!planes_) {
    std::memcpy(dst, src, sample.image.pixels.size());
    return sample;
  }
  const size_t plane = sample.image.pixels.size() / static_cast<size_t>(channels_), step = static_cast<size_t>(channels_);
  for (size_t c = 0; c < step; ++c) {
    for (size_t i = 0; i < plane; ++i) dst[i * step + c] = src[c * plane + i];
  }
  return sample;
}

std::string Blocks::sample_name(int64_t index) const {
  const Block& block = find(index);
  return fmt::format("{}[{}]", block.name, index);
}

int Blocks::label(int64_t index) const {
  const Block& block = find(index);
  return block.labels.empty() ? -1 : block.labels[static_cast<size_t>(index)];
}

std::string Blocks::description() const { return fmt::format("{} images of {}x{} in {}", size_, width_, height_, where_); }

}  // namespace galet::data
