#include "galet/calibrate/collect.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>

#include "galet/core/thread_pool.h"
#include "galet/data/feed.h"
#include "galet/data/loader.h"
#include "galet/runtime/session.h"

namespace galet::calibrate {
namespace {

constexpr int64_t kBlock = 32;        // images between two merges; their moments are kept apart so that the merge has a fixed order
constexpr int64_t kChannelBlock = 8;  // the same where each has one for every channel
constexpr int64_t kMaxWorkers = 4;    // each holds a session and a histogram per value: memory stays bounded on large machines

/// What one image adds to a value's moments.
struct ImageMoments {
  Moments all;
  std::vector<Moments> channels;
};

/// Runs one image at a time. Histograms and counts of codes merge exactly whatever worker saw what, so each worker has its own.
struct Worker {
  runtime::Session session;
  std::vector<Histogram> histograms;         // by slot; empty where none are wanted
  std::vector<std::vector<uint64_t>> codes;  // by slot; empty until seen
};

class Collector {
 public:
  Collector(const Graph& graph, const CollectOptions& options) : graph_(graph), options_(options) {
    for (const ValueId id : graph.values())
      if (options.values.empty() && !graph.value(id).is_constant() && graph.value(id).dtype == DType::f32) values_.push_back(id);
    if (!options.values.empty()) values_ = options.values;
    for (size_t i = 0; i < values_.size(); ++i) {
      if (values_[i].index >= slots_.size()) slots_.resize(values_[i].index + 1, -1);
      slots_[values_[i].index] = static_cast<int>(i);
    }
  }

  Collection run(const data::Dataset& dataset, Progress& progress);

 private:
  void look(Worker& worker, const runtime::StoredView& view, std::vector<ImageMoments>& moments) const;
  void merge_image(std::vector<ImageMoments>& image, const data::Dataset& dataset, int64_t sample, Collection& result) const;

  const Graph& graph_;
  const CollectOptions& options_;
  std::vector<ValueId> values_;
  std::vector<int> slots_;  // of each value by index; -1 where it is not wanted
};

void Collector::look(Worker& worker, const runtime::StoredView& view, std::vector<ImageMoments>& moments) const {
  const int found = view.value.index < slots_.size() ? slots_[view.value.index] : -1;
  if (found < 0) return;
  const auto slot = static_cast<size_t>(found);
  const Shape& shape = graph_.value(view.value).shape;
  const auto n = static_cast<size_t>(count(shape));
  if (view.dtype == DType::u8) {
    auto& codes = worker.codes[slot];
    codes.resize(256);
    for (size_t i = 0; i < n; ++i) ++codes[std::to_integer<size_t>(view.data[i])];
    return;
  }
  if (view.dtype != DType::f32 || n == 0) return;
  const std::span<const float> values(reinterpret_cast<const float*>(view.data), n);
  ImageMoments& seen = moments[slot];
  const ChannelLayout layout = channels_of(shape, view.nhwc);
  if (options_.channels && layout.channels > 1) {
    seen.channels = moments_by_channel(values, layout);
    for (const Moments& channel : seen.channels) seen.all.merge(channel);
  } else {
    seen.all = moments_of(values);
  }
  if (seen.all.finite && options_.histograms) worker.histograms[slot].add(values, seen.all.min, seen.all.max);
}

void Collector::merge_image(std::vector<ImageMoments>& image, const data::Dataset& dataset, int64_t sample, Collection& result) const {
  for (size_t slot = 0; slot < values_.size(); ++slot) {
    ImageMoments& seen = image[slot];
    Seen& total = result.values[slot];
    if (!seen.all.finite)
      fail("value \"{}\" is not finite for image \"{}\": the network cannot be calibrated on it", graph_.value(values_[slot]).name,
           dataset.sample_name(sample));
    total.moments.merge(seen.all);
    total.channels.resize(std::max(total.channels.size(), seen.channels.size()));
    for (size_t c = 0; c < seen.channels.size(); ++c) total.channels[c].merge(seen.channels[c]);
    seen = {};
  }
}

Collection Collector::run(const data::Dataset& dataset, Progress& progress) {
  if (graph_.inputs().size() != 1) fail("calibration needs a network with one input, this one has {}", graph_.inputs().size());
  if (options_.samples < 1) fail("{} calibration images asked for, expected at least 1", options_.samples);
  const data::Feed feed(dataset, graph_.info.preprocessing, graph_.value(graph_.inputs()[0]).shape);
  Collection result;
  result.samples = data::random_indices(dataset, options_.samples, options_.seed);
  for (const ValueId id : values_) result.values.push_back({id, {}, {}, {}, {}});

  ThreadPool pool(options_.threads);
  const auto images = static_cast<int64_t>(result.samples.size());
  std::vector<std::unique_ptr<Worker>> workers(static_cast<size_t>(std::min<int64_t>({pool.threads(), images, kMaxWorkers})));
  runtime::SessionOptions session_options;
  session_options.keep_all = true;
  session_options.sparse = runtime::SparseKernels::never;  // the same bits every time
  for (auto& worker : workers) {
    worker.reset(new Worker{runtime::Session(graph_, session_options), {}, {}});
    worker->histograms.resize(options_.histograms ? values_.size() : 0);
    worker->codes.resize(values_.size());
  }

  const int64_t size = options_.channels ? kChannelBlock : kBlock;
  std::vector<std::vector<ImageMoments>> block(static_cast<size_t>(size), std::vector<ImageMoments>(values_.size()));
  progress.start("calibrate", images);
  for (int64_t first = 0; first < images; first += size) {
    const int64_t n = std::min(size, images - first);
    std::atomic<int64_t> next{0};
    pool.parallel_for(static_cast<int64_t>(workers.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t w = begin; w < end; ++w)
        for (int64_t i; (i = next++) < n;) {
          Worker& worker = *workers[static_cast<size_t>(w)];
          const Tensor image = feed(result.samples[static_cast<size_t>(first + i)]);
          worker.session.run_viewing(std::span(&image, 1),
                                     [&](const runtime::StoredView& view) { look(worker, view, block[static_cast<size_t>(i)]); });
        }
    });
    for (int64_t i = 0; i < n; ++i)
      merge_image(block[static_cast<size_t>(i)], dataset, result.samples[static_cast<size_t>(first + i)], result);
    progress.update(first + n);
  }
  progress.finish();

  pool.parallel_for(static_cast<int64_t>(values_.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; ++s) {
      const auto slot = static_cast<size_t>(s);
      Seen& total = result.values[slot];
      for (auto& worker : workers) {
        if (options_.histograms) total.histogram.merge(worker->histograms[slot]);
        if (worker->codes[slot].empty()) continue;
        total.codes.resize(256);
        for (size_t code = 0; code < 256; ++code) total.codes[code] += worker->codes[slot][code];
      }
    }
  });
  return result;
}

}  // namespace

ChannelLayout channels_of(const Shape& shape, bool nhwc) {
  if (shape.size() < 2) return {1, 1, count(shape)};
  const size_t axis = shape.size() == 2 || shape.size() == 4 ? 1 : shape.size() - 1;
  const int64_t channels = shape[axis];
  if (nhwc) return {channels == 0 ? 0 : count(shape) / channels, channels, 1};
  return {count(shape, 0, axis), channels, count(shape, axis + 1, shape.size())};
}

Collection collect(const Graph& graph, const data::Dataset& dataset, const CollectOptions& options, Progress& progress) {
  return Collector(graph, options).run(dataset, progress);
}

}  // namespace galet::calibrate
