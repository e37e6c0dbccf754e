// Arrays: uint8 is a block of images, float32 is what a network takes as it is.
#include "galet/data/npy.h"

#include <algorithm>

#include "galet/data/datasets/memory.h"

namespace galet::data {
namespace {

constexpr int64_t kMostLabels = 1 << 24;

class Tensors : public Dataset {
 public:
  Tensors(Tensor all, bool channels_last, std::vector<int> labels, std::string where)
      : all_(std::move(all)), channels_last_(channels_last), labels_(std::move(labels)), where_(std::move(where)) {}
  int64_t size() const override { return all_.dim(0); }
  Sample get(int64_t index) const override {
    const int known = label(index);
    Shape shape(all_.shape().begin() + 1, all_.shape().end());
    const int64_t elements = count(shape);
    const auto values = all_.span<float>().subspan(static_cast<size_t>(index * elements), static_cast<size_t>(elements));
    if (!channels_last_) return {{}, Tensor::from<float>(shape, values), known, sample_name(index)};
    Tensor tensor(DType::f32, {shape[2], shape[0], shape[1]});
    float* dst = tensor.mutable_data<float>();
    const size_t plane = static_cast<size_t>(shape[0] * shape[1]), channels = static_cast<size_t>(shape[2]);
    for (size_t c = 0; c < channels; ++c) {
      for (size_t i = 0; i < plane; ++i) *dst++ = values[i * channels + c];
    }
    return {{}, std::move(tensor), known, sample_name(index)};
  }
  std::string sample_name(int64_t index) const override { return fmt::format("{}[{}]", where_, index); }
  int label(int64_t index) const override {
    check_index(index, size(), where_);
    return labels_.empty() ? -1 : labels_[static_cast<size_t>(index)];
  }
  const std::vector<std::string>& class_names() const override { return classes_; }
  std::string description() const override {
    return fmt::format("{} tensors (of {} in all) in {}", size(), to_string(all_.shape()), where_);
  }

 private:
  Tensor all_;
  bool channels_last_;
  std::vector<int> labels_;
  std::vector<std::string> classes_;
  std::string where_;
};

bool is_channels(int64_t extent) { return extent == 1 || extent == 3; }

/// (n, h, w, c) rather than (n, c, h, w): where both are possible the latter is meant.
bool is_channels_last(const Shape& shape) { return shape.size() == 4 && is_channels(shape[3]) && !is_channels(shape[1]); }

std::vector<int> read_labels(const std::string& where, int64_t samples) {
  const std::string base = where.ends_with(".npy") ? where.substr(0, where.size() - 4) : where, path = base + "_labels.npy";
  if (!exists(path)) return {};
  const Tensor labels = read_npy(path);
  if (labels.rank() != 1 || !is_integer(labels.dtype()))
    fail("{}: expected a vector of whole numbers, found {} of {}", path, to_string(labels.dtype()), to_string(labels.shape()));
  if (labels.size() != samples) fail("{}: {} labels for {} samples", path, labels.size(), samples);
  std::vector<int> result;
  for (const int64_t label : labels.to_ints()) {
    if (label < -1 || label > kMostLabels) fail("{}: label {} is out of range", path, label);
    result.push_back(static_cast<int>(label));
  }
  return result;
}

}  // namespace

std::unique_ptr<Dataset> open_npy(const std::string& where) {
  Tensor array = read_npy(where);
  const Shape& shape = array.shape();
  if (shape.empty() || array.size() == 0)
    fail("data set npy:{}: the array is {}, expected samples along its first dimension", where,
         array.rank() == 0 ? "a single number" : "empty");
  const bool last = is_channels_last(shape);
  std::vector<int> labels = read_labels(where, shape[0]);
  if (array.dtype() == DType::f64) array = array.cast(DType::f32);
  if (array.dtype() == DType::f32) return std::make_unique<Tensors>(std::move(array), last, std::move(labels), where);
  if (array.dtype() != DType::u8)
    fail("data set npy:{}: elements are {}, expected uint8 images or float32 tensors", where, to_string(array.dtype()));
  const bool gray = shape.size() == 3;
  const int64_t channels = gray                ? 1
                           : shape.size() == 4 ? shape[last ? 3 : 1]
                                               : 0,
                height = gray                ? shape[1]
                         : shape.size() == 4 ? shape[last ? 1 : 2]
                                             : 0,
                width = gray                ? shape[2]
                        : shape.size() == 4 ? shape[last ? 2 : 3]
                                            : 0;
  if (!is_channels(channels) || height > 65536 || width > 65536)
    fail("data set npy:{}: uint8 of {} is no array of images; expected (n, c, h, w), (n, h, w, c) or (n, h, w) with 1 or 3 channels", where,
         to_string(shape));
  Block block;
  block.name = where;
  block.count = shape[0];
  block.stride = channels * height * width;
  const auto keep = std::make_shared<const Tensor>(array);
  block.first = keep->data<uint8_t>();
  block.owner = keep;
  block.labels = std::move(labels);
  return std::make_unique<Blocks>(std::vector<Block>{std::move(block)}, static_cast<int>(channels), static_cast<int>(height),
                                  static_cast<int>(width), !last, std::vector<std::string>{}, where);
}

}  // namespace galet::data
