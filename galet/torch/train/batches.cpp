#include "galet/torch/train/batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include "galet/core/error.h"
#include "galet/core/random.h"

namespace galet::torch::train {
namespace {

/// A generator of its own for each (seed, purpose, a, b).
Random generator(uint64_t seed, uint64_t purpose, int64_t a, int64_t b) {
  uint64_t state = seed;
  for (const uint64_t part : {purpose, static_cast<uint64_t>(a), static_cast<uint64_t>(b)})
    state = Random(state ^ (part + 0x51ed27)).next();
  return Random(state);
}

/// Beta(alpha, alpha), by Johnk's method: u^(1/alpha) / (u^(1/alpha) + v^(1/alpha)) given that the sum is at most 1; in logarithms, where
/// nothing underflows.
double beta(double alpha, Random& random) {
  for (int tries = 0; tries < 10000; ++tries) {
    const double u = std::log(1 - random.uniform()) / alpha, v = std::log(1 - random.uniform()) / alpha;
    const double top = std::max(u, v), sum = std::exp(u - top) + std::exp(v - top);
    if (top + std::log(sum) <= 0) return std::exp(u - top) / sum;
  }
  return 0.5;  // a large alpha: the distribution is narrow around it
}

void relabel(std::vector<data::Annotation>& objects, const std::vector<int>& classes) {
  if (classes.empty()) return;
  for (data::Annotation& object : objects)
    object.label = static_cast<size_t>(object.label) < classes.size() ? classes[static_cast<size_t>(object.label)] : -1;
  std::erase_if(objects, [](const data::Annotation& object) { return object.label < 0; });
}

/// Batches made ahead by workers, taken in order.
class Conveyor {
 public:
  Conveyor(int threads, int64_t first, int64_t last, std::function<Minibatch(int64_t)> make)
      : next_(first), last_(last), taken_(first), ahead_(threads + 1), make_(std::move(make)) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Conveyor() {
    {
      const std::lock_guard lock(mutex_);
      last_ = next_;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  Minibatch take(int64_t number) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ready_.contains(number) || errors_.contains(number); });
    if (errors_.contains(number)) std::rethrow_exception(errors_.at(number));
    Minibatch batch = std::move(ready_.extract(number).mapped());
    taken_ = number + 1;
    lock.unlock();
    changed_.notify_all();
    return batch;
  }

 private:
  void work() {
    while (true) {
      int64_t number = 0;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return next_ >= last_ || next_ < taken_ + ahead_; });
        if (next_ >= last_) return;
        number = next_++;
      }
      Minibatch batch;
      std::exception_ptr error;
      try {
        batch = make_(number);
      } catch (...) {
        error = std::current_exception();
      }
      {
        const std::lock_guard lock(mutex_);
        if (error)
          errors_.emplace(number, error);
        else
          ready_.emplace(number, std::move(batch));
      }
      changed_.notify_all();
    }
  }

  int64_t next_, last_, taken_, ahead_;
  std::function<Minibatch(int64_t)> make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Minibatch> ready_;
  std::map<int64_t, std::exception_ptr> errors_;
  std::vector<std::thread> threads_;
};

}  // namespace

Batches::Batches(std::shared_ptr<const data::ImageStore> store, const BatchOptions& options) : store_(std::move(store)), options_(options) {
  if (options_.batch < 1) fail("batches of {} images, expected at least 1", options_.batch);
  if (options_.threads < 0 || options_.threads > 1024) fail("{} threads that prepare batches, expected 0 to 1024", options_.threads);
  if (!(options_.mixup >= 0) || options_.mixup > 100) fail("mixup {}: expected 0 (none) to 100", options_.mixup);
  if (store_->tensors() && options_.augmentation.any())
    fail("{}: its samples are tensors, which cannot be augmented; use --augment none", store_->dataset().description());
  if (options_.objects && options_.mixup > 0) fail("mixup {}: images with boxes cannot be mixed", options_.mixup);
  if (options_.objects && store_->tensors()) fail("{}: its samples are tensors, which have no boxes", store_->dataset().description());
}

int64_t Batches::per_epoch() const {
  const int64_t whole = images() / options_.batch;
  return options_.drop_last && whole > 0 ? whole : (images() + options_.batch - 1) / options_.batch;
}

std::string Batches::description() const {
  return fmt::format("{}{} of {}; batch {}, augmentation {}, mixup {}, shuffle {}, drop_last {}, seed {}",
                     options_.objects ? "objects on " : "", images(), store_->dataset().description(), options_.batch,
                     data::to_string(options_.augmentation), options_.mixup, options_.shuffle, options_.drop_last, options_.seed);
}

std::vector<int64_t> Batches::order(int64_t epoch) const {
  std::vector<int64_t> order(static_cast<size_t>(images()));
  std::iota(order.begin(), order.end(), int64_t{0});
  if (!options_.shuffle) return order;
  Random random = generator(options_.seed, 1, epoch, 0);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

Minibatch Batches::make(const std::vector<int64_t>& order, int64_t epoch, int64_t number) const {
  const int64_t first = number * options_.batch, n = std::min(options_.batch, images() - first);
  Minibatch batch;
  batch.indices.assign(order.begin() + first, order.begin() + first + n);
  Shape shape = store_->input();
  shape[0] = n;
  const bool nhwc = shape.size() == 4 && !store_->tensors();
  batch.images = at::empty(
      shape, at::TensorOptions().dtype(at::kFloat).memory_format(nhwc ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous));
  batch.labels = at::empty({n}, at::kLong);
  auto* images = batch.images.data_ptr<float>();
  auto* labels = batch.labels.data_ptr<int64_t>();
  const int64_t each = batch.images.numel() / n;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t index = batch.indices[static_cast<size_t>(i)];
    labels[i] = store_->label(index);
    if (!nhwc) {
      store_->read(index, images + i * each);
      continue;
    }
    Random random = generator(options_.seed, 2, epoch, index);
    if (options_.objects) {
      data::Scene scene = store_->scene(index);
      relabel(scene.objects, options_.classes);
      if (options_.augmentation.any()) scene.image = data::augment(scene.image, scene.objects, options_.augmentation, random);
      store_->normalize(scene.image, images + i * each);
      batch.objects.push_back(std::move(scene.objects));
      batch.sizes.emplace_back(scene.width, scene.height);
      continue;
    }
    data::Image image = store_->image(index);
    if (options_.augmentation.any()) image = data::augment(image, options_.augmentation, random);
    store_->normalize(image, images + i * each);
  }
  if (options_.mixup > 0 && n > 1) {
    Random random = generator(options_.seed, 3, epoch, number);
    const double drawn = beta(options_.mixup, random);
    batch.share = std::max(drawn, 1 - drawn);
    // Each image with the one before it: the order is random already. From the back, so that the one before is still itself.
    batch.other_labels = at::empty({n}, at::kLong);
    auto* others = batch.other_labels.data_ptr<int64_t>();
    for (int64_t i = 0; i < n; ++i) others[i] = labels[(i + n - 1) % n];
    const std::vector<float> last(images + (n - 1) * each, images + n * each);
    const auto share = static_cast<float>(batch.share);
    for (int64_t i = n - 1; i >= 0; --i) {
      const float* other = i > 0 ? images + (i - 1) * each : last.data();
      float* own = images + i * each;
      for (int64_t j = 0; j < each; ++j) own[j] = share * own[j] + (1 - share) * other[j];
    }
  }
  return batch;
}

void Batches::for_each(int64_t epoch, int64_t first, at::Device device,
                       const std::function<bool(int64_t number, Minibatch& batch)>& consume) const {
  const std::vector<int64_t> indices = order(epoch);
  const int64_t last = per_epoch();
  std::optional<Conveyor> conveyor;
  if (options_.threads > 0) conveyor.emplace(options_.threads, first, last, [&](int64_t number) { return make(indices, epoch, number); });
  for (int64_t number = first; number < last; ++number) {
    Minibatch batch = conveyor ? conveyor->take(number) : make(indices, epoch, number);
    batch.images = batch.images.to(device);
    batch.labels = batch.labels.to(device);
    if (batch.other_labels.defined()) batch.other_labels = batch.other_labels.to(device);
    if (!consume(number, batch)) return;
  }
}

}  // namespace galet::torch::train
