#include "galet/evaluate/accuracy.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "galet/core/thread_pool.h"
#include "galet/data/feed.h"
#include "galet/runtime/session.h"

namespace galet::evaluate {
namespace {

constexpr int kMaxWorkers = 64;

/// Place of `label` among the scores, 0 being the highest; of equal scores the lower index comes first.
template <typename T>
int64_t rank_of(const T* scores, int64_t classes, int64_t label) {
  int64_t rank = 0;
  for (int64_t c = 0; c < classes; ++c) rank += scores[c] > scores[label] || (scores[c] == scores[label] && c < label) ? 1 : 0;
  return rank;
}

int64_t rank_of(const Tensor& scores, int64_t label) {
  return dispatch(scores.dtype(), [&](auto zero) { return rank_of(scores.data<decltype(zero)>(), scores.size(), label); });
}

/// Classes that the first output scores; 0 where it is no classifier's.
int64_t classes_of(const Graph& graph) {
  const Shape& shape = graph.value(graph.outputs()[0]).shape;
  if (shape.size() < 2 || shape[0] != 1) return 0;
  return count(shape) == shape[1] ? shape[1] : 0;
}

void check_labels(const Graph& graph, const data::Dataset& dataset, int64_t images) {
  const int64_t classes = classes_of(graph);
  if (classes == 0)
    fail("the network's output \"{}\" has shape {}, expected scores (1, classes)", graph.value(graph.outputs()[0]).name,
         to_string(graph.value(graph.outputs()[0]).shape));
  for (int64_t i = 0; i < images; ++i)
    if (dataset.label(i) >= classes)
      fail("sample \"{}\" has label {}, but the network knows {} classes", dataset.sample_name(i), dataset.label(i), classes);
}

}  // namespace

Accuracy accuracy(const Graph& graph, const data::Dataset& dataset, const AccuracyOptions& options, Progress& progress) {
  if (graph.inputs().size() != 1 || graph.outputs().empty())
    fail("accuracy needs a network with one input, this one has {}", graph.inputs().size());
  const data::Feed feed(dataset, graph.info.preprocessing, graph.value(graph.inputs()[0]).shape);
  const int64_t images = options.limit > 0 ? std::min(options.limit, feed.size()) : feed.size();
  Accuracy result;
  result.images = images;
  for (int64_t i = 0; i < images && !result.labelled; ++i) result.labelled = dataset.label(i) >= 0;
  if (result.labelled) check_labels(graph, dataset, images);

  const auto began = std::chrono::steady_clock::now();
  ThreadPool pool(options.threads);
  const bool codes = options.keep == Keep::codes;
  runtime::SessionOptions session_options;
  session_options.isa = options.isa;
  session_options.reference = options.reference;
  std::vector<std::unique_ptr<runtime::Session>> sessions(static_cast<size_t>(std::min<int64_t>({pool.threads(), images, kMaxWorkers})));
  for (auto& session : sessions) session = std::make_unique<runtime::Session>(graph, session_options);
  std::vector<int> ranks(static_cast<size_t>(images), -1);
  std::mutex mutex;  // guards result.outputs' creation and the progress
  int64_t done = 0;
  std::atomic<int64_t> next{0};
  progress.start("evaluate", images);
  pool.parallel_for(static_cast<int64_t>(sessions.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t w = begin; w < end; ++w)
      for (int64_t i; (i = next++) < images;) {
        const Tensor image = feed(i);
        runtime::Session& session = *sessions[static_cast<size_t>(w)];
        const Tensor scores = (codes ? session.run_codes(std::span(&image, 1)) : session.run(std::span(&image, 1)))[0];
        if (const int label = dataset.label(i); label >= 0) ranks[static_cast<size_t>(i)] = static_cast<int>(rank_of(scores, label));
        const std::lock_guard lock(mutex);
        if (options.keep != Keep::nothing) {
          if (!result.outputs) {
            Shape shape = scores.shape();
            shape.empty() ? shape.push_back(images) : void(shape[0] = images);
            result.outputs = Tensor(scores.dtype(), shape);
          }
          std::memcpy(result.outputs.mutable_bytes() + static_cast<size_t>(i) * scores.byte_size(), scores.bytes(), scores.byte_size());
        }
        progress.update(++done);
      }
  });
  progress.finish();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  result.images_per_second = static_cast<double>(images) / std::max(result.seconds, 1e-9);
  int64_t labelled = 0;
  for (const int rank : ranks) {
    labelled += rank >= 0 ? 1 : 0;
    result.top1_correct += rank == 0 ? 1 : 0;
    result.top5_correct += rank >= 0 && rank < 5 ? 1 : 0;
  }
  if (labelled > 0) {
    result.top1 = static_cast<double>(result.top1_correct) / static_cast<double>(labelled);
    result.top5 = static_cast<double>(result.top5_correct) / static_cast<double>(labelled);
  }
  return result;
}

}  // namespace galet::evaluate
