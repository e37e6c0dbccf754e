#include "galet/calibrate/calibrate.h"

#include <chrono>
#include <optional>

#include "galet/calibrate/collect.h"
#include "galet/calibrate/observer.h"
#include "galet/core/thread_pool.h"
#include "galet/data/dataset.h"
#include "galet/ir/rewriter.h"

namespace galet::calibrate {
namespace {

Stats stats_of(const Moments& moments, const Histogram* histogram, const Observer& observer) {
  const Range range = observer.range({moments.count, moments.min, moments.max, moments.mean, moments.sigma(), histogram});
  return {moments.count, moments.min, moments.max, moments.mean, moments.sigma(), range.min, range.max, observer.text()};
}

}  // namespace

Calibration choose_ranges(Graph& graph, const Collection& collection, const data::Dataset& dataset, const CalibrationOptions& options) {
  const Observer observer = parse_observer(options.observer);
  const bool histograms = observer.rule->needs_histogram;
  std::vector<std::optional<Stats>> stats(collection.values.size());
  ThreadPool(options.threads).parallel_for(static_cast<int64_t>(stats.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Seen& seen = collection.values[static_cast<size_t>(i)];
      if (seen.moments.count == 0) continue;
      if (histograms && seen.histogram.empty()) fail("observer {} wants histograms, and none were collected", observer.text());
      stats[static_cast<size_t>(i)] = stats_of(seen.moments, histograms ? &seen.histogram : nullptr, observer);
    }
  });
  const auto images = static_cast<int64_t>(collection.samples.size());

  Calibration result;
  Rewriter rewriter(graph, "calibrate");
  for (size_t slot = 0; slot < stats.size(); ++slot) {
    rewriter.set_stats(collection.values[slot].value, stats[slot]);
    result.values += stats[slot] ? 1 : 0;
  }
  graph.info.calibration_samples.clear();
  for (const int64_t i : collection.samples) graph.info.calibration_samples.push_back(dataset.sample_name(i));
  result.images = images;
  result.observer = observer.text();
  graph.info.metadata["observer"] = result.observer;
  graph.info.metadata["calibration.samples"] = std::to_string(images);
  graph.info.metadata["calibration.seed"] = std::to_string(options.seed);
  return result;
}

Calibration calibrate(Graph& graph, const data::Dataset& dataset, const CalibrationOptions& options, Progress& progress) {
  const auto began = std::chrono::steady_clock::now();
  CollectOptions collect_options;
  collect_options.values = options.values;
  collect_options.samples = options.samples;
  collect_options.seed = options.seed;
  collect_options.threads = options.threads;
  collect_options.histograms = parse_observer(options.observer).rule->needs_histogram;
  Calibration result = choose_ranges(graph, collect(graph, dataset, collect_options, progress), dataset, options);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace galet::calibrate
