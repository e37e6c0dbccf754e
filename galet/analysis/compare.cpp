#include "galet/analysis/compare.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>

#include "galet/core/thread_pool.h"
#include "galet/data/feed.h"
#include "galet/runtime/session.h"

namespace galet::analysis {
namespace {

constexpr int kBlock = 16;  // images whose sums are kept apart, so that they are added in a fixed order
constexpr int kMaxWorkers = 8;

struct Pair {
  ValueId a, b;
};

struct Sums {
  double signal = 0, noise = 0, error = 0, max_error = 0;
  int64_t count = 0;
  void add(const Sums& other) {
    signal += other.signal, noise += other.noise, error += other.error, count += other.count;
    max_error = std::max(max_error, other.max_error);
  }
};

struct ImageResult {
  std::vector<Sums> sums;  // by pair
  bool agrees = false;
};

std::vector<Pair> match(const Graph& a, const Graph& b) {
  std::vector<Pair> pairs;
  for (const ValueId id : b.values()) {
    const Value& value = b.value(id);
    if (value.is_constant() || value.dtype != DType::f32) continue;
    const auto other = a.find_value(value.name);
    if (!other || a.value(*other).is_constant() || a.value(*other).dtype != DType::f32 || a.value(*other).shape != value.shape) continue;
    pairs.push_back({*other, id});
  }
  if (pairs.empty()) fail("the two networks have no value of the same name and shape: are they the same network?");
  return pairs;
}

Sums sums_of(const Tensor& a, const Tensor& b) {
  Sums sums;
  sums.count = a.size();
  const float *x = a.data<float>(), *y = b.data<float>();
  for (int64_t i = 0; i < a.size(); ++i) {
    const double real = static_cast<double>(x[i]), difference = static_cast<double>(y[i]) - real;
    sums.signal += real * real;
    sums.noise += difference * difference;
    sums.error += difference;
    sums.max_error = std::max(sums.max_error, std::fabs(difference));
  }
  return sums;
}

int64_t best(const Tensor& scores) {
  const auto values = scores.span<float>();
  return std::max_element(values.begin(), values.end()) - values.begin();
}

class Comparer {
 public:
  Comparer(const Graph& a, const Graph& b, const std::vector<Pair>& pairs) : pairs_(pairs), a_(a, keep_all()), b_(b, keep_all()) {
    for (size_t i = 0; i < pairs.size(); ++i) {
      from_a_[pairs[i].a].push_back(i);
      from_b_[pairs[i].b] = i;
    }
    out_a_ = a.outputs()[0], out_b_ = b.outputs()[0];
  }

  ImageResult run(const Tensor& image) {
    std::vector<Tensor> kept(pairs_.size());
    int64_t best_a = -1, best_b = -2;
    a_.run_visiting(std::span(&image, 1), runtime::Visit::real, [&](ValueId id, const Tensor& tensor) {
      if (id == out_a_ && tensor.dtype() == DType::f32) best_a = best(tensor);
      const auto found = from_a_.find(id);
      if (found == from_a_.end()) return;
      const Tensor copy = Tensor::from<float>(tensor.shape(), tensor.span<float>());  // the visitor's tensor may be a view of the arena
      for (const size_t i : found->second) kept[i] = copy;
    });
    ImageResult result;
    result.sums.resize(pairs_.size());
    b_.run_visiting(std::span(&image, 1), runtime::Visit::real, [&](ValueId id, const Tensor& tensor) {
      if (id == out_b_ && tensor.dtype() == DType::f32) best_b = best(tensor);
      const auto found = from_b_.find(id);
      if (found == from_b_.end() || !kept[found->second]) return;
      result.sums[found->second] = sums_of(kept[found->second], tensor);
      kept[found->second] = Tensor();
    });
    result.agrees = best_a == best_b;
    return result;
  }

 private:
  static runtime::SessionOptions keep_all() {
    runtime::SessionOptions options;
    options.keep_all = true;
    return options;
  }

  const std::vector<Pair>& pairs_;
  runtime::Session a_, b_;
  std::map<ValueId, std::vector<size_t>> from_a_;
  std::map<ValueId, size_t> from_b_;
  ValueId out_a_, out_b_;
};

LayerError layer_error(const Graph& b, ValueId id, const Sums& sums) {
  LayerError layer;
  const Value& value = b.value(id);
  layer.name = value.name;
  layer.op = value.producer.valid() ? std::string(b.node(value.producer).op->name) : "input";
  layer.sqnr_db = sums.noise > 0 ? 10 * std::log10(sums.signal / sums.noise) : std::numeric_limits<double>::infinity();
  layer.max_error = sums.max_error;
  layer.mean_error = sums.count > 0 ? sums.error / static_cast<double>(sums.count) : 0;
  return layer;
}

}  // namespace

Comparison compare(const Graph& a, const Graph& b, const data::Dataset& dataset, const CompareOptions& options, Progress& progress) {
  if (a.inputs().size() != 1 || b.inputs().size() != 1)
    fail("comparison needs networks with one input, these have {} and {}", a.inputs().size(), b.inputs().size());
  const Shape &shape_a = a.value(a.inputs()[0]).shape, &shape_b = b.value(b.inputs()[0]).shape;
  if (shape_a != shape_b) fail("the networks take different inputs: {} and {}", to_string(shape_a), to_string(shape_b));
  if (a.outputs().empty() || b.outputs().empty()) fail("a network without outputs cannot be compared");
  const std::vector<Pair> pairs = match(a, b);
  // Both see the same numbers: those that the second network's preprocessing gives.
  const data::Feed feed(dataset, b.info.preprocessing, shape_b);
  const int64_t images = options.images > 0 ? std::min(options.images, feed.size()) : feed.size();

  ThreadPool pool(options.threads);
  std::vector<std::unique_ptr<Comparer>> workers(static_cast<size_t>(std::min<int64_t>({pool.threads(), images, kMaxWorkers})));
  for (auto& worker : workers) worker = std::make_unique<Comparer>(a, b, pairs);
  std::vector<Sums> total(pairs.size());
  std::vector<ImageResult> block(kBlock);
  int64_t agreeing = 0;
  progress.start("compare", images);
  for (int64_t first = 0; first < images; first += kBlock) {
    const int64_t n = std::min<int64_t>(kBlock, images - first);
    std::atomic<int64_t> next{0};
    pool.parallel_for(static_cast<int64_t>(workers.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t w = begin; w < end; ++w)
        for (int64_t i; (i = next++) < n;)
          block[static_cast<size_t>(i)] = workers[static_cast<size_t>(w)]->run(feed((first + i) * feed.size() / images));
    });
    for (int64_t i = 0; i < n; ++i) {
      const ImageResult& image = block[static_cast<size_t>(i)];
      for (size_t p = 0; p < pairs.size(); ++p) total[p].add(image.sums[p]);
      agreeing += image.agrees ? 1 : 0;
    }
    progress.update(first + n);
  }
  progress.finish();

  Comparison result;
  result.images = images;
  const Shape& scores = b.value(b.outputs()[0]).shape;
  if (scores.size() >= 2 && count(scores) == scores[1]) result.agreement = static_cast<double>(agreeing) / static_cast<double>(images);
  for (size_t p = 0; p < pairs.size(); ++p)
    if (total[p].count > 0) result.layers.push_back(layer_error(b, pairs[p].b, total[p]));
  std::stable_sort(result.layers.begin(), result.layers.end(),
                   [](const LayerError& x, const LayerError& y) { return x.sqnr_db < y.sqnr_db; });
  return result;
}

}  // namespace galet::analysis
