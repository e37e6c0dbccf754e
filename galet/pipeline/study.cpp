#include "galet/pipeline/study.h"

#include <algorithm>
#include <bit>

#include "galet/evaluate/accuracy.h"

namespace galet::pipeline {
namespace {

evaluate::Measured measured(const Graph& graph, const evaluate::Accuracy& accuracy, const Tensor& reference) {
  evaluate::Measured result;
  result.images = accuracy.images, result.labelled = accuracy.labelled, result.top1_correct = accuracy.top1_correct;
  result.top1 = accuracy.top1, result.top5 = accuracy.top5;
  result.from_float = evaluate::divergence(reference, accuracy.outputs);
  result.weight_bytes = constant_bytes(graph);
  result.seconds = accuracy.seconds;
  return result;
}

evaluate::AccuracyOptions options_of(int threads) {
  evaluate::AccuracyOptions options;
  options.threads = threads, options.keep = evaluate::Keep::outputs;
  return options;
}

int bits_of(const Value& value) {
  if (!value.quant || value.quant->storage == DType::i32) return static_cast<int>(8 * size_of(value.constant.dtype()));
  return std::bit_width(static_cast<unsigned>(value.quant->qmax - value.quant->qmin));
}

}  // namespace

int64_t constant_bytes(const Graph& graph) {
  int64_t bits = 0;
  for (const ValueId id : graph.values())
    if (const Value& value = graph.value(id); value.is_constant()) bits += (value.constant.size() * bits_of(value) + 7) / 8 * 8;
  return bits / 8;
}

SpreadImages::SpreadImages(const data::Dataset& all, int64_t count)
    : all_(all), count_(count > 0 ? std::min(count, all.size()) : all.size()) {}

std::string SpreadImages::description() const {
  return count_ == all_.size() ? all_.description() : fmt::format("{} of {}", count_, all_.description());
}

evaluate::Measured Evaluator::reference(const Graph& graph, Progress& progress) {
  const evaluate::Accuracy accuracy = evaluate::accuracy(graph, images_, options_of(threads_), progress);
  outputs_ = accuracy.outputs;
  return measured(graph, accuracy, outputs_);
}

evaluate::Measured Evaluator::operator()(const Graph& graph, Progress& progress) const {
  return measured(graph, evaluate::accuracy(graph, images_, options_of(threads_), progress), outputs_);
}

}  // namespace galet::pipeline
