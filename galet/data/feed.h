// From sample `index` of a data set to the tensor that a network takes, for steps whose threads each take samples as they come.
#pragma once

#include <optional>

#include "galet/core/preprocessing.h"
#include "galet/core/tensor.h"
#include "galet/data/dataset.h"
#include "galet/data/preprocess.h"

namespace galet::data {

/// Prepared once for a data set and a network input; the call operator may be used from many threads.
class Feed {
 public:
  /// `input`: the network's input shape with a batch of 1, (1, c, h, w) for images. The data set must outlive the feed.
  /// Throws Error where the preprocessing is invalid for that shape or the data set is empty.
  Feed(const Dataset& dataset, const Preprocessing& preprocessing, const Shape& input);

  int64_t size() const { return dataset_.size(); }
  const Dataset& dataset() const { return dataset_; }
  /// f32 of the input's shape. Throws Error, naming the sample, where it does not fit.
  Tensor operator()(int64_t index) const;

 private:
  const Dataset& dataset_;
  Shape input_;
  std::optional<Preprocessor> preprocessor_;  // none where the input is no image
};

}  // namespace galet::data
