#include "galet/data/image_store.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <tuple>

#include "galet/core/pixels.h"
#include "galet/core/thread_pool.h"
#include "galet/data/augment.h"
#include "galet/data/loader.h"

namespace galet::data {

ImageStore::ImageStore(std::shared_ptr<const Dataset> dataset, const Preprocessing& preprocessing, const Shape& input,
                       const StoreOptions& options, Progress& progress)
    : dataset_(std::move(dataset)), preprocessing_(preprocessing), input_(input) {
  if (dataset_->size() == 0) fail("{}: no images", dataset_->description());
  if (options.limit < 0) fail("{} samples asked for, expected 0 (all) or more", options.limit);
  chosen_ = options.limit > 0 ? random_indices(*dataset_, options.limit, options.seed) : first_indices(*dataset_, 0);
  size_ = static_cast<int64_t>(chosen_.size());
  labels_.reserve(chosen_.size());
  for (const int64_t i : chosen_) labels_.push_back(dataset_->label(i));
  tensors_ = dataset_->get(chosen_[0]).tensor.defined();
  if (tensors_) return;
  if (input.size() != 4) fail("the network takes {}, expected images (1, channels, height, width)", galet::to_string(input));
  preprocessor_.emplace(preprocessing, input[1], input[2], input[3]);
  channels_ = preprocessing.order == "gray" ? 1 : 3;
  for (size_t c = 0; c < 3; ++c)
    for (int v = 0; v < 256; ++v) tables_[c][static_cast<size_t>(v)] = pixel_value(preprocessing, c, static_cast<uint8_t>(v));
  const int64_t each = channels_ * input[2] * input[3];
  if (each > options.memory / size_) return;
  pixels_.resize(static_cast<size_t>(size_ * each));
  sizes_.resize(static_cast<size_t>(size_));
  ThreadPool pool(options.threads);
  std::mutex mutex;
  int64_t done = 0;
  constexpr int64_t kPiece = 64;
  progress.start("decode", size_);
  pool.run((size_ + kPiece - 1) / kPiece, [&](int64_t piece, int) {
    const int64_t last = std::min(size_, (piece + 1) * kPiece);
    for (int64_t i = piece * kPiece; i < last; ++i) {
      const Decoded decoded = decode(i);
      std::copy(decoded.pixels.pixels.begin(), decoded.pixels.pixels.end(), pixels_.begin() + i * each);
      sizes_[static_cast<size_t>(i)] = {decoded.width, decoded.height};
    }
    const std::lock_guard lock(mutex);
    progress.update(done += last - piece * kPiece);
  });
  progress.finish();
}

ImageStore::Decoded ImageStore::decode(int64_t index) const {
  const Sample sample = dataset_->get(chosen_[static_cast<size_t>(index)]);
  if (sample.tensor) fail("sample \"{}\" is a tensor, the first one is an image", sample.name);
  try {
    return {preprocessor_->pixels(sample.image), sample.image.width, sample.image.height};
  } catch (const Error& error) {
    fail("sample \"{}\": {}", sample.name, error.what());
  }
}

Image ImageStore::image(int64_t index) const {
  if (tensors_) fail("{}: its samples are tensors, not images", dataset_->description());
  if (pixels_.empty()) return decode(index).pixels;
  Image image(static_cast<int>(input_[3]), static_cast<int>(input_[2]), static_cast<int>(channels_));
  const size_t each = image.pixels.size();
  std::copy_n(pixels_.begin() + static_cast<int64_t>(static_cast<size_t>(index) * each), each, image.pixels.begin());
  return image;
}

Scene ImageStore::scene(int64_t index) const {
  Scene scene;
  if (pixels_.empty() && !tensors_) {
    Decoded decoded = decode(index);
    scene.image = std::move(decoded.pixels), scene.width = decoded.width, scene.height = decoded.height;
  } else {
    scene.image = image(index);
    std::tie(scene.width, scene.height) = sizes_.at(static_cast<size_t>(index));
  }
  scene.objects = dataset_->objects(sample(index));
  const Placement place = placement(preprocessing_, scene.width, scene.height, input_[3], input_[2]);
  for (Annotation& object : scene.objects) {
    object.box = place.to_network(object.box);
    object.area *= place.scale_x * place.scale_y;
  }
  clip_objects(scene.objects, static_cast<int>(input_[3]), static_cast<int>(input_[2]));
  return scene;
}

void ImageStore::normalize(const Image& image, float* dst) const {
  const size_t pixels = image.pixels.size() / static_cast<size_t>(image.channels);
  const uint8_t* src = image.pixels.data();
  const auto channels = static_cast<size_t>(input_[1]);
  if (image.channels == 1) {  // gray, repeated where the network takes 3
    for (size_t i = 0; i < pixels; ++i)
      for (size_t c = 0; c < channels; ++c) *dst++ = tables_[c][src[i]];
    return;
  }
  const size_t first = preprocessing_.order == "bgr" ? 2 : 0, last = 2 - first;
  for (size_t i = 0; i < pixels; ++i, src += 3, dst += 3) {
    dst[0] = tables_[0][src[first]];
    dst[1] = tables_[1][src[1]];
    dst[2] = tables_[2][src[last]];
  }
}

void ImageStore::read(int64_t index, float* dst) const {
  if (!tensors_) {
    preprocessor_->run(image(index), dst);
    return;
  }
  const Sample sample = dataset_->get(chosen_[static_cast<size_t>(index)]);
  if (!sample.tensor || sample.tensor.dtype() != DType::f32 || sample.tensor.size() != count(input_))
    fail("sample \"{}\" is {}[{}], the network takes f32[{}]", sample.name, galet::to_string(sample.tensor.dtype()),
         galet::to_string(sample.tensor.shape()), galet::to_string(input_));
  std::copy_n(sample.tensor.data<float>(), sample.tensor.size(), dst);
}

}  // namespace galet::data
