#include "galet/evaluate/detection/detect.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <mutex>

#include "galet/core/thread_pool.h"
#include "galet/data/preprocess.h"
#include "galet/runtime/session.h"

namespace galet::evaluate {
namespace {

constexpr int kMaxWorkers = 64;

/// Frames of one width and height through one session.
struct Worker {
  std::unique_ptr<runtime::Session> session;
  Tensor image;
};

}  // namespace

bool is_detector(const Graph& graph) {
  if (graph.inputs().size() != 1 || graph.outputs().size() != 1) return false;
  const Shape& input = graph.value(graph.inputs()[0]).shape;
  const Value& output = graph.value(graph.outputs()[0]);
  if (input.size() != 4 || output.dtype != DType::f32 || output.shape.size() != 3 || output.shape[0] != 1 || output.shape[2] != 6)
    return false;
  if (output.name == "detections") return true;
  if (!output.producer.valid()) return false;
  const std::string_view op = graph.node(output.producer).op->name;
  return op == "select_detections" || op == "decode_centers";
}

std::vector<Detection> read_detections(const Tensor& rows, const Preprocessing& preprocessing, int width, int height, const Shape& input,
                                       float min_score) {
  const data::Placement place = data::placement(preprocessing, width, height, input[3], input[2]);
  const auto w = static_cast<float>(width), h = static_cast<float>(height);
  std::vector<Detection> found;
  const std::span<const float> values = rows.span<float>();
  for (size_t i = 0; i + 6 <= values.size(); i += 6) {
    const float score = values[i + 4], label = values[i + 5];
    if (!(score > 0.f) || score < min_score) continue;
    if (!(label >= 0.f && label < 1e6f) || label != std::floor(label)) fail("a detection of class {}, expected a whole number", label);
    Box box = place.to_image({values[i], values[i + 1], values[i + 2], values[i + 3]});
    box = {std::clamp(box.left, 0.f, w), std::clamp(box.top, 0.f, h), std::clamp(box.right, 0.f, w), std::clamp(box.bottom, 0.f, h)};
    if (!(box.right > box.left && box.bottom > box.top)) continue;
    found.push_back({box, score, static_cast<int>(label)});
  }
  return found;
}

Detections detect(const Graph& graph, const data::Dataset& dataset, const DetectOptions& options, Progress& progress) {
  if (!is_detector(graph))
    fail(
        "this network is no detector: expected one image in and one output (1, k, 6) of select_detections or decode_centers, or named "
        "\"detections\" (galet import --detections adds it)");
  const Shape& input = graph.value(graph.inputs()[0]).shape;
  const int64_t count = options.limit > 0 ? std::min(options.limit, dataset.size()) : dataset.size();
  if (count == 0) fail("{}: no images", dataset.description());
  const data::Preprocessor preprocessor(graph.info.preprocessing, input[1], input[2], input[3]);
  Detections result;
  result.images.resize(static_cast<size_t>(count));
  result.sizes.resize(static_cast<size_t>(count));
  const auto began = std::chrono::steady_clock::now();
  ThreadPool pool(options.threads);
  runtime::SessionOptions session_options;
  session_options.isa = options.isa;
  session_options.reference = options.reference;
  std::vector<Worker> workers(static_cast<size_t>(std::min<int64_t>({pool.threads(), count, kMaxWorkers})));
  for (Worker& worker : workers) {
    worker.session = std::make_unique<runtime::Session>(graph, session_options);
    worker.image = Tensor(DType::f32, input);
  }
  std::mutex mutex;
  int64_t done = 0;
  std::atomic<int64_t> next{0};
  progress.start("detect", count);
  pool.parallel_for(static_cast<int64_t>(workers.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t w = begin; w < end; ++w)
      for (int64_t i; (i = next++) < count;) {
        Worker& worker = workers[static_cast<size_t>(w)];
        const data::Sample sample = dataset.get(i);
        if (sample.tensor) fail("sample \"{}\" is a tensor, detectors look at images", sample.name);
        preprocessor.run(sample.image, worker.image.mutable_data<float>());
        const Tensor rows = worker.session->run(std::span(&worker.image, 1))[0];
        ImageDetections& image = result.images[static_cast<size_t>(i)];
        image.objects = dataset.objects(i);
        image.found = read_detections(rows, graph.info.preprocessing, sample.image.width, sample.image.height, input, options.min_score);
        result.sizes[static_cast<size_t>(i)] = {sample.image.width, sample.image.height};
        const std::lock_guard lock(mutex);
        progress.update(++done);
      }
  });
  progress.finish();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  result.images_per_second = static_cast<double>(count) / std::max(result.seconds, 1e-9);
  return result;
}

void relabel(Detections& found, const std::vector<std::string>& names, const data::Dataset& dataset) {
  const std::vector<std::string>& theirs = dataset.class_names();
  if (names.empty() || theirs.empty()) return;
  std::vector<int> map;
  for (const std::string& name : names) {
    const auto it = std::find(theirs.begin(), theirs.end(), name);
    map.push_back(it == theirs.end() ? -1 : static_cast<int>(it - theirs.begin()));
  }
  if (std::all_of(map.begin(), map.end(), [](int label) { return label < 0; }))
    fail("the network's classes ({}) and the data set's ({}) have no name in common", fmt::join(names, ", "), fmt::join(theirs, ", "));
  for (ImageDetections& image : found.images) {
    for (Detection& one : image.found) one.label = static_cast<size_t>(one.label) < map.size() ? map[static_cast<size_t>(one.label)] : -1;
    std::erase_if(image.found, [](const Detection& one) { return one.label < 0; });
  }
}

}  // namespace galet::evaluate
