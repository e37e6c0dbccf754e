// Data sets whose samples are blocks of bytes: CIFAR, MNIST, .npy.
#pragma once

#include <string>
#include <vector>

#include "galet/data/datasets/datasets.h"

namespace galet::data {

/// uint8 images of one size, in planes (c, h, w) or interleaved (h, w, c).
struct Block {
  std::string name;                   // of the file
  std::shared_ptr<const void> owner;  // keeps the bytes
  const uint8_t* first = nullptr;     // pixels of the first image
  int64_t count = 0, stride = 0;      // images; bytes from one to the next
  std::vector<int> labels;            // one an image, or none
};

class Blocks : public Dataset {
 public:
  Blocks(std::vector<Block> blocks, int channels, int height, int width, bool planes, std::vector<std::string> classes, std::string where);
  int64_t size() const override { return size_; }
  Sample get(int64_t index) const override;
  std::string sample_name(int64_t index) const override;
  int label(int64_t index) const override;
  const std::vector<std::string>& class_names() const override { return classes_; }
  std::string description() const override;

 private:
  /// The block that holds `index`, which becomes the index within it.
  const Block& find(int64_t& index) const;

  std::vector<Block> blocks_;
  int channels_, height_, width_;
  bool planes_;
  std::vector<std::string> classes_;
  std::string where_;
  int64_t size_ = 0;
};

}  // namespace galet::data
