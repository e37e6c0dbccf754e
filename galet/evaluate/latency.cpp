#include "galet/evaluate/latency.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "galet/core/random.h"
#include "galet/runtime/pixels.h"

namespace galet::evaluate {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point began) { return std::chrono::duration<double, std::milli>(Clock::now() - began).count(); }

std::vector<Tensor> random_inputs(const Graph& graph, bool pixels) {
  std::vector<Tensor> inputs;
  Random random(1);
  if (pixels) {
    runtime::check_pixels(graph);
    Tensor tensor(DType::u8, runtime::pixel_shape(graph));
    uint8_t* x = tensor.mutable_data<uint8_t>();
    for (int64_t i = 0; i < tensor.size(); ++i) x[i] = static_cast<uint8_t>(random.below(256));
    return {tensor};
  }
  for (const ValueId id : graph.inputs()) {
    const Value& value = graph.value(id);
    Tensor tensor(DType::f32, value.shape);
    float* x = tensor.mutable_data<float>();
    for (int64_t i = 0; i < tensor.size(); ++i) x[i] = static_cast<float>(random.uniform(-2, 2));
    inputs.push_back(value.dtype == DType::f32 ? tensor : tensor.cast(value.dtype));
  }
  return inputs;
}

/// The same image so often, along the first extent.
std::vector<Tensor> repeated(const std::vector<Tensor>& inputs, int64_t images) {
  if (images == 1) return inputs;
  std::vector<Tensor> all;
  for (const Tensor& input : inputs) {
    Shape shape = input.shape();
    if (shape.empty() || shape[0] != 1)
      fail("{} images a run were asked for, but an input has shape {}, expected a batch of 1", images, to_string(shape));
    shape[0] = images;
    Tensor tensor(input.dtype(), std::move(shape));
    for (int64_t i = 0; i < images; ++i)
      std::memcpy(tensor.mutable_bytes() + static_cast<size_t>(i) * input.byte_size(), input.bytes(), input.byte_size());
    all.push_back(std::move(tensor));
  }
  return all;
}

/// Linear between neighbours of a sorted list.
double quantile(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const size_t i = static_cast<size_t>(at);
  return i + 1 < sorted.size() ? sorted[i] + (at - static_cast<double>(i)) * (sorted[i + 1] - sorted[i]) : sorted.back();
}

}  // namespace

Latency latency(Graph graph, const LatencyOptions& options) {
  const std::vector<Tensor> inputs = repeated(random_inputs(graph, options.pixels), options.images);
  runtime::SessionOptions session_options;
  session_options.threads = options.threads;
  session_options.isa = options.isa;
  session_options.pixels = options.pixels;
  const auto planned = Clock::now();
  runtime::Session session(std::move(graph), session_options);
  Latency result;
  result.plan_ms = ms_since(planned);
  result.threads = session.threads();
  result.isa = to_string(session.isa());
  result.arena_bytes = static_cast<int64_t>(session.arena_bytes());
  result.weight_bytes = static_cast<int64_t>(session.weight_bytes());

  const auto warm = Clock::now();
  do session.run(inputs);
  while (ms_since(warm) < options.warmup_seconds * 1e3);
  std::vector<double> times;
  const auto began = Clock::now();
  while (ms_since(began) < options.seconds * 1e3 || static_cast<int64_t>(times.size()) < std::max<int64_t>(options.runs, 1)) {
    const auto at = Clock::now();
    session.run(inputs);
    times.push_back(ms_since(at));
  }
  std::sort(times.begin(), times.end());
  result.runs = static_cast<int64_t>(times.size());
  result.median_ms = quantile(times, 0.5), result.p5_ms = quantile(times, 0.05), result.p95_ms = quantile(times, 0.95);
  if (!options.layers) return result;

  session_options.profile = true;  // timing each step costs time itself: a session of its own
  runtime::Session profiled(session.graph(), session_options);
  profiled.run(inputs);
  profiled.reset_timings();
  for (int64_t i = 0; i < std::clamp<int64_t>(result.runs / 4, 5, 200); ++i) profiled.run(inputs);
  result.layers = profiled.timings();
  result.remarks = profiled.remarks();
  return result;
}

int64_t peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtoll(line.c_str() + 6, nullptr, 10) * 1024;
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? int64_t{usage.ru_maxrss} * 1024 : 0;
}

}  // namespace galet::evaluate
