#include "galet/data/feed.h"

namespace galet::data {

Feed::Feed(const Dataset& dataset, const Preprocessing& preprocessing, const Shape& input) : dataset_(dataset), input_(input) {
  if (dataset.size() == 0) fail("{}: no images", dataset.description());
  if (input.empty() || input[0] != 1) fail("the network takes batches of shape {}, expected a batch of 1", to_string(input));
  if (input.size() == 4 && (input[1] == 1 || input[1] == 3)) preprocessor_.emplace(preprocessing, input[1], input[2], input[3]);
}

Tensor Feed::operator()(int64_t index) const {
  const Sample sample = dataset_.get(index);
  if (sample.tensor) {
    if (sample.tensor.dtype() != DType::f32 || sample.tensor.size() != count(input_))
      fail("sample \"{}\" is {}[{}], the network takes f32[{}]", sample.name, to_string(sample.tensor.dtype()),
           to_string(sample.tensor.shape()), to_string(input_));
    return sample.tensor.reshaped(input_);
  }
  if (!preprocessor_)
    fail("sample \"{}\" is an image, but the network takes {}: give the data as .npy of f32", sample.name, to_string(input_));
  Tensor tensor(DType::f32, input_);
  try {
    preprocessor_->run(sample.image, tensor.mutable_data<float>());
  } catch (const Error& error) {
    fail("sample \"{}\": {}", sample.name, error.what());
  }
  return tensor;
}

}  // namespace galet::data
