#include "galet/calibrate/calibrate.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "galet/calibrate/moments.h"
#include "galet/calibrate/observer.h"
#include "galet/core/thread_pool.h"
#include "galet/data/feed.h"
#include "galet/data/loader.h"
#include "galet/ir/rewriter.h"
#include "galet/runtime/session.h"

namespace galet::calibrate {
namespace {

constexpr int kBlock = 32;  // images between two merges; their moments are kept apart so that the merge has a fixed order
constexpr int kMaxWorkers =
    4;  // each holds a session, all values of an image and a histogram per value: memory stays bounded on large machines

/// Runs one image at a time. Histograms merge exactly whatever worker saw what, so each worker has its own.
struct Worker {
  runtime::Session session;
  std::vector<Histogram> histograms;  // by slot; empty where the observer wants none
};

std::vector<ValueId> wanted_values(const Graph& graph, const CalibrationOptions& options) {
  if (!options.values.empty()) return options.values;
  std::vector<ValueId> values;
  for (const ValueId id : graph.values())
    if (const Value& value = graph.value(id); !value.is_constant() && value.dtype == DType::f32) values.push_back(id);
  return values;
}

/// slot of each value by index; -1 where it is not wanted.
std::vector<int> slots_of(const std::vector<ValueId>& values) {
  std::vector<int> slots;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].index >= slots.size()) slots.resize(values[i].index + 1, -1);
    slots[values[i].index] = static_cast<int>(i);
  }
  return slots;
}

void observe(Worker& worker, const Tensor& image, const std::vector<int>& slots, std::vector<Moments>& moments) {
  std::fill(moments.begin(), moments.end(), Moments{});
  worker.session.run_visiting(std::span(&image, 1), runtime::Visit::real, [&](ValueId id, const Tensor& tensor) {
    const int slot = id.index < slots.size() ? slots[id.index] : -1;
    if (slot < 0 || tensor.dtype() != DType::f32) return;
    Moments& seen = moments[static_cast<size_t>(slot)];
    seen = moments_of(tensor.span<float>());
    if (seen.finite && !worker.histograms.empty())
      worker.histograms[static_cast<size_t>(slot)].add(tensor.span<float>(), seen.min, seen.max);
  });
}

Stats stats_of(const Moments& moments, const Histogram* histogram, const Observer& observer) {
  const Range range = observer.range({moments.count, moments.min, moments.max, moments.mean, moments.sigma(), histogram});
  return {moments.count, moments.min, moments.max, moments.mean, moments.sigma(), range.min, range.max, observer.text()};
}

}  // namespace

Calibration calibrate(Graph& graph, const data::Dataset& dataset, const CalibrationOptions& options, Progress& progress) {
  const auto began = std::chrono::steady_clock::now();
  const Observer observer = parse_observer(options.observer);
  if (graph.inputs().size() != 1) fail("calibration needs a network with one input, this one has {}", graph.inputs().size());
  if (options.samples < 1) fail("{} calibration images asked for, expected at least 1", options.samples);
  const data::Feed feed(dataset, graph.info.preprocessing, graph.value(graph.inputs()[0]).shape);
  const std::vector<int64_t> samples = data::random_indices(dataset, options.samples, options.seed);
  const std::vector<ValueId> values = wanted_values(graph, options);
  const std::vector<int> slots = slots_of(values);

  ThreadPool pool(options.threads);
  const int64_t images = static_cast<int64_t>(samples.size());
  std::vector<std::unique_ptr<Worker>> workers(static_cast<size_t>(std::min<int64_t>({pool.threads(), images, kMaxWorkers})));
  runtime::SessionOptions session_options;
  session_options.keep_all = true;
  for (auto& worker : workers) {
    worker.reset(new Worker{runtime::Session(graph, session_options), {}});
    if (observer.rule->needs_histogram) worker->histograms.resize(values.size());
  }

  std::vector<Moments> total(values.size());
  std::vector<std::vector<Moments>> block(kBlock, std::vector<Moments>(values.size()));
  progress.start("calibrate", images);
  for (int64_t first = 0; first < images; first += kBlock) {
    const int64_t n = std::min<int64_t>(kBlock, images - first);
    std::atomic<int64_t> next{0};
    pool.parallel_for(static_cast<int64_t>(workers.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t w = begin; w < end; ++w)
        for (int64_t i; (i = next++) < n;)
          observe(*workers[static_cast<size_t>(w)], feed(samples[static_cast<size_t>(first + i)]), slots, block[static_cast<size_t>(i)]);
    });
    for (int64_t i = 0; i < n; ++i)
      for (size_t slot = 0; slot < values.size(); ++slot) {
        const Moments& seen = block[static_cast<size_t>(i)][slot];
        if (!seen.finite)
          fail("value \"{}\" is not finite for image \"{}\": the network cannot be calibrated on it", graph.value(values[slot]).name,
               dataset.sample_name(samples[static_cast<size_t>(first + i)]));
        total[slot].merge(seen);
      }
    progress.update(first + n);
  }
  progress.finish();

  if (observer.rule->needs_histogram)
    pool.parallel_for(static_cast<int64_t>(values.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t slot = begin; slot < end; ++slot)
        for (size_t w = 1; w < workers.size(); ++w)
          workers[0]->histograms[static_cast<size_t>(slot)].merge(workers[w]->histograms[static_cast<size_t>(slot)]);
    });
  std::vector<std::optional<Stats>> stats(values.size());
  pool.parallel_for(static_cast<int64_t>(values.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const size_t slot = static_cast<size_t>(i);
      if (total[slot].count > 0)
        stats[slot] = stats_of(total[slot], observer.rule->needs_histogram ? &workers[0]->histograms[slot] : nullptr, observer);
    }
  });

  Calibration result;
  Rewriter rewriter(graph, "calibrate");
  for (size_t slot = 0; slot < values.size(); ++slot) {
    rewriter.set_stats(values[slot], stats[slot]);
    result.values += stats[slot] ? 1 : 0;
  }
  graph.info.calibration_samples.clear();
  for (const int64_t i : samples) graph.info.calibration_samples.push_back(dataset.sample_name(i));
  result.images = images;
  result.observer = observer.text();
  graph.info.metadata["observer"] = result.observer;
  graph.info.metadata["calibration.samples"] = std::to_string(images);
  graph.info.metadata["calibration.seed"] = std::to_string(options.seed);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace galet::calibrate
