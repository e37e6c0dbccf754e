#include "galet/data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "galet/core/error.h"
#include "galet/core/random.h"
#include "galet/data/preprocess.h"

namespace galet::data {
namespace {

/// Loads one sample to `dst`; returns its label.
class SampleLoader {
 public:
  SampleLoader(const Dataset& dataset, const Preprocessing& preprocessing, int64_t channels, int64_t height, int64_t width)
      : dataset_(dataset), preprocessing_(preprocessing), channels_(channels), height_(height), width_(width) {
    // A data set of tensors needs no preprocessing, and may feed networks that take no images.
    try {
      preprocessor_.emplace_back(preprocessing, channels, height, width);
    } catch (const Error& error) {
      refusal_ = error.what();
    }
  }

  int64_t size() const { return channels_ * height_ * width_; }

  int operator()(int64_t index, float* dst) const {
    try {
      const Sample sample = dataset_.get(index);
      if (sample.tensor) {
        copy(sample.tensor, dst);
      } else {
        if (preprocessor_.empty()) fail("{}", refusal_);
        preprocessor_[0].run(sample.image, dst);
      }
      return sample.label;
    } catch (const Error& error) {
      const std::string name = dataset_.sample_name(index);
      if (std::string_view(error.what()).find(name) != std::string_view::npos) throw;
      fail("{}: {}", name, error.what());
    }
  }

 private:
  void copy(const Tensor& tensor, float* dst) const {
    if (tensor.size() != size()) fail("a tensor of {}, the network takes {}x{}x{}", to_string(tensor.shape()), channels_, height_, width_);
    std::copy_n(tensor.data<float>(), tensor.size(), dst);
  }

  const Dataset& dataset_;
  Preprocessing preprocessing_;
  int64_t channels_, height_, width_;
  std::vector<Preprocessor> preprocessor_;  // one, or none
  std::string refusal_;
};

/// Batches being filled. Workers take samples in order; `ahead` bounds how far they run before the consumer.
class Pipeline {
 public:
  Pipeline(const SampleLoader& load, std::span<const int64_t> indices, Shape shape, int64_t batch, int64_t slots)
      : load_(load), indices_(indices), shape_(std::move(shape)), batch_(batch), slots_(static_cast<size_t>(slots)) {}

  void work() {
    while (true) {
      int64_t position = 0;
      float* dst = nullptr;
      {
        std::unique_lock lock(mutex_);
        // A slot is free again when the consumer has passed the batch that lay in it.
        room_.wait(lock, [&] { return stopped_ || next_ == total() || next_ / batch_ < consumed_ + static_cast<int64_t>(slots_.size()); });
        if (stopped_ || next_ == total()) return;
        position = next_++;
        Slot& slot = slot_of(position / batch_);
        try {
          if (position % batch_ == 0) prepare(slot, position);
        } catch (...) {
          give_up();
          return;
        }
        dst = slot.data + (position % batch_) * load_.size();
      }
      int label = -1;
      std::exception_ptr error;
      try {
        label = load_(indices_[static_cast<size_t>(position)], dst);
      } catch (...) {
        error = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      Slot& slot = slot_of(position / batch_);
      slot.batch.labels[static_cast<size_t>(position % batch_)] = label;
      if (error && (!slot.error || position < slot.error_position)) {
        slot.error = error;
        slot.error_position = position;
      }
      if (--slot.missing == 0) ready_.notify_all();
    }
  }

  Batch take(int64_t number) {
    std::unique_lock lock(mutex_);
    Slot& slot = slot_of(number);
    ready_.wait(lock, [&] { return fatal_ || (slot.number == number && slot.missing == 0); });
    if (fatal_) std::rethrow_exception(fatal_);
    if (slot.error) std::rethrow_exception(slot.error);
    Batch batch = std::move(slot.batch);
    slot = Slot{};
    ++consumed_;
    lock.unlock();
    room_.notify_all();
    return batch;
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    room_.notify_all();
  }

 private:
  struct Slot {
    int64_t number = -1, missing = 0, error_position = 0;
    float* data = nullptr;
    Batch batch;
    std::exception_ptr error;
  };

  /// There is no memory for a batch. Called with the lock held, while handling the exception.
  void give_up() {
    fatal_ = std::current_exception();
    stopped_ = true;
    ready_.notify_all();
    room_.notify_all();
  }
  int64_t total() const { return static_cast<int64_t>(indices_.size()); }
  Slot& slot_of(int64_t number) { return slots_[static_cast<size_t>(number) % slots_.size()]; }
  void prepare(Slot& slot, int64_t position) {
    const int64_t n = std::min(batch_, total() - position);
    shape_[0] = n;
    slot.number = position / batch_;
    slot.missing = n;
    slot.batch = {position, Tensor(DType::f32, shape_), std::vector<int>(static_cast<size_t>(n), -1)};
    slot.data = slot.batch.images.mutable_data<float>();
  }

  const SampleLoader& load_;
  std::span<const int64_t> indices_;
  Shape shape_;
  int64_t batch_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable room_, ready_;
  int64_t next_ = 0, consumed_ = 0;
  bool stopped_ = false;
  std::exception_ptr fatal_;
};

}  // namespace

void for_each_batch(const Dataset& dataset, std::span<const int64_t> indices, const Preprocessing& preprocessing, int64_t channels,
                    int64_t height, int64_t width, const LoadOptions& options, const std::function<void(const Batch&)>& consume) {
  if (options.batch < 1) fail("batches of {} samples cannot be loaded", options.batch);
  if (options.threads < 0 || options.threads > 1024) fail("{} loading threads asked for, expected 0 to 1024", options.threads);
  const SampleLoader load(dataset, preprocessing, channels, height, width);
  const int64_t total = static_cast<int64_t>(indices.size()), batches = (total + options.batch - 1) / options.batch;
  if (options.threads == 0) {
    for (int64_t b = 0; b < batches; ++b) {
      const int64_t first = b * options.batch, n = std::min(options.batch, total - first);
      Batch batch{first, Tensor(DType::f32, {n, channels, height, width}), std::vector<int>(static_cast<size_t>(n), -1)};
      float* dst = batch.images.mutable_data<float>();
      for (int64_t i = 0; i < n; ++i)
        batch.labels[static_cast<size_t>(i)] = load(indices[static_cast<size_t>(first + i)], dst + i * load.size());
      consume(batch);
    }
    return;
  }
  const int64_t ahead = options.ahead > 0 ? options.ahead : std::max<int64_t>(4 * options.threads, 2 * options.batch);
  Pipeline pipeline(load, indices, {0, channels, height, width}, options.batch, std::max<int64_t>(ahead / options.batch, 1));
  struct Workers {
    Pipeline& pipeline;
    std::vector<std::thread> threads;
    ~Workers() {
      pipeline.stop();
      for (std::thread& thread : threads) thread.join();
    }
  } workers{pipeline, {}};
  for (int64_t i = 0; i < std::min<int64_t>(options.threads, total); ++i) workers.threads.emplace_back([&pipeline] { pipeline.work(); });
  for (int64_t b = 0; b < batches; ++b) consume(pipeline.take(b));
}

std::vector<int64_t> first_indices(const Dataset& dataset, int64_t limit) {
  const int64_t n = limit > 0 ? std::min(limit, dataset.size()) : dataset.size();
  std::vector<int64_t> indices(static_cast<size_t>(n));
  std::iota(indices.begin(), indices.end(), int64_t{0});
  return indices;
}

std::vector<int64_t> random_indices(const Dataset& dataset, int64_t count, uint64_t seed) {
  const int64_t size = dataset.size(), wanted = std::clamp<int64_t>(count, 0, size);
  // Floyd's sampling: for each of the last `wanted` positions a draw from those up to it, or the position itself when the draw is taken.
  std::vector<int64_t> chosen;
  Random random(seed);
  for (int64_t last = size - wanted; last < size; ++last) {
    const auto draw = static_cast<int64_t>(random.below(static_cast<uint64_t>(last) + 1));
    const auto at = std::lower_bound(chosen.begin(), chosen.end(), draw);
    const bool taken = at != chosen.end() && *at == draw;
    taken ? chosen.push_back(last) : static_cast<void>(chosen.insert(at, draw));
  }
  return chosen;
}

}  // namespace galet::data
