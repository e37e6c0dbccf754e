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

Calibration calibrate(Graph& graph, const data::Dataset& dataset, const CalibrationOptions& options, Progress& progress) {
  const auto began = std::chrono::steady_clock::now();
  const Observer observer = parse_observer(options.observer);
  CollectOptions collect_options;
  collect_options.values = options.values;
  collect_options.samples = options.samples;
  collect_options.seed = options.seed;
  collect_options.threads = options.threads;
  collect_options.histograms = observer.rule->needs_histogram;
  const Collection collection = collect(graph, dataset, collect_options, progress);
  std::vector<std::optional<Stats>> stats(collection.values.size());
  ThreadPool(options.threads).parallel_for(static_cast<int64_t>(stats.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      if (const Seen& seen = collection.values[static_cast<size_t>(i)]; seen.moments.count > 0)
        stats[static_cast<size_t>(i)] = stats_of(seen.moments, observer.rule->needs_histogram ? &seen.histogram : nullptr, observer);
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
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace galet::calibrate
