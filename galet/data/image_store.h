// A data set decoded once: 8-bit images at a network's size in one block of memory, where they fit.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "galet/core/preprocessing.h"
#include "galet/core/progress.h"
#include "galet/core/tensor.h"
#include "galet/data/dataset.h"
#include "galet/data/preprocess.h"

namespace galet::data {

struct StoreOptions {
  int threads = 0;    // that decode; 0: one per processor
  int64_t limit = 0;  // so many samples, chosen by `seed`; 0: all
  uint64_t seed = 0;
  int64_t memory = 4LL << 30;  // bytes that the images may take; where they do not fit they are decoded each time
};

/// An image as a network takes it, and what is on it.
struct Scene {
  Image image;
  std::vector<Annotation> objects;  // boxes in pixels of `image`, cut at its border
  int width = 0, height = 0;        // of the image as it is stored
};

class ImageStore {
 public:
  /// `input`: the network's input with a batch of 1. Throws Error where samples cannot be read or do not fit.
  ImageStore(std::shared_ptr<const Dataset> dataset, const Preprocessing& preprocessing, const Shape& input,
             const StoreOptions& options = {}, Progress& progress = no_progress());

  int64_t size() const { return size_; }
  int label(int64_t index) const { return labels_.at(static_cast<size_t>(index)); }
  const Dataset& dataset() const { return *dataset_; }
  /// The place in the data set.
  int64_t sample(int64_t index) const { return chosen_.at(static_cast<size_t>(index)); }
  bool in_memory() const { return !pixels_.empty(); }
  /// Samples are tensors, or the network takes no image: only read() works, and nothing is augmented.
  bool tensors() const { return tensors_; }
  /// Height and width of the network's input, channels 1 or 3.
  Image image(int64_t index) const;
  /// The same with the data set's objects.
  Scene scene(int64_t index) const;
  const Preprocessing& preprocessing() const { return preprocessing_; }
  /// image -> (height, width, channels): what the network takes, its channels innermost.
  void normalize(const Image& image, float* dst) const;
  /// The sample as the network takes it, (channels, height, width) outermost first.
  void read(int64_t index, float* dst) const;
  const Shape& input() const { return input_; }

 private:
  struct Decoded {
    Image pixels;
    int width, height;
  };
  Decoded decode(int64_t index) const;

  std::shared_ptr<const Dataset> dataset_;
  Preprocessing preprocessing_;
  Shape input_;
  int64_t size_ = 0, channels_ = 0;  // of stored images
  bool tensors_ = false;
  std::optional<Preprocessor> preprocessor_;
  std::vector<int64_t> chosen_;
  std::vector<int> labels_;
  std::vector<uint8_t> pixels_;
  std::vector<std::pair<int, int>> sizes_;  // width and height before preprocessing, of images in memory
  std::array<std::array<float, 256>, 3> tables_{};
};

}  // namespace galet::data
