#include "galet/evaluate/image_time.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <vector>

#include "galet/data/feed.h"
#include "galet/runtime/session.h"

namespace galet::evaluate {
namespace {

double time_of(runtime::Session& session, const Tensor& image) {
  const auto began = std::chrono::steady_clock::now();
  session.run(std::span(&image, 1));
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
}

double percentile_20(std::vector<double>& times) {
  if (times.empty()) return 0;
  const auto at = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 5);
  std::nth_element(times.begin(), at, times.end());
  return *at;
}

}  // namespace

ImageTime image_time(const Graph& graph, const Graph& other, const data::Dataset& dataset, int64_t count) {
  const data::Feed feed(dataset, graph.info.preprocessing, graph.value(graph.inputs().at(0)).shape);
  runtime::Session one(graph), two(other);
  ImageTime result;
  result.images = std::min(count, feed.size());
  std::vector<double> times, others;
  for (int64_t i = 0; i < result.images; ++i) {
    const Tensor image = feed(i);
    if (i == 0) one.run(std::span(&image, 1)), two.run(std::span(&image, 1));
    times.push_back(time_of(one, image));
    others.push_back(time_of(two, image));
  }
  result.ms = percentile_20(times), result.other_ms = percentile_20(others);
  return result;
}

}  // namespace galet::evaluate
