#include "galet/analysis/ranges.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "galet/analysis/range_measures.h"
#include "galet/calibrate/collect.h"
#include "galet/data/dataset.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/computation.h"

namespace galet::analysis {
namespace {

std::string op_text(const OpCall& call) {
  std::string text(call.op.name);
  if (call.has_attribute("activation") && call.get_string("activation") != "none") text += " " + call.get_string("activation");
  return text;
}

void set_moments(TensorRange& range, const calibrate::Moments& moments) {
  range.count = moments.count;
  range.min = moments.min, range.max = moments.max;
  range.mean = moments.mean, range.sigma = moments.sigma();
}

void set_channels(TensorRange& range, const std::vector<calibrate::Moments>& channels) {
  if (channels.size() < 2) return;
  for (const calibrate::Moments& channel : channels) range.channels.push_back({channel.min, channel.max, channel.mean, channel.sigma()});
  find_dwarfing(range);
}

TensorRange range_of_constant(const Graph& graph, ValueId id, NodeId reader, RangeKind kind, const std::vector<double>& sigmas) {
  const Value& value = graph.value(id);
  const Node& node = graph.node(reader);
  TensorRange range;
  range.name = value.name, range.layer = node.name, range.op = op_text(graph.call(reader));
  range.kind = kind, range.shape = value.shape;
  const Tensor real = runtime::is_coded(value) ? runtime::dequantize_tensor(value.constant, *value.quant) : value.constant;
  if (real.size() == 0) return range;
  const auto values = real.span<float>();
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      fail("{} \"{}\" of layer \"{}\" is not finite: element {} of {} is {}", to_string(kind), value.name, node.name, i, values.size(),
           values[i]);
  const size_t axis = kind == RangeKind::weight ? static_cast<size_t>(runtime::weight_channel_axis(node, value.shape)) : 0;
  const calibrate::ChannelLayout layout{count(value.shape, 0, axis), value.shape[axis], count(value.shape, axis + 1, value.shape.size())};
  set_moments(range, calibrate::moments_of(values));
  if (kind == RangeKind::weight) set_channels(range, calibrate::moments_by_channel(values, layout));
  measure_values(range, values, sigmas);
  if (kind == RangeKind::weight) measure_weight_codes(range, values, layout);
  if (runtime::is_coded(value)) set_codes(range, value.constant, *value.quant);
  return range;
}

void add_constants(const Graph& graph, const RangesOptions& options, Ranges& result) {
  std::set<ValueId> done;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.op->quant != QuantTrait::weighted) continue;
    for (size_t i = 1; i < std::min<size_t>(node.operands.size(), 3); ++i) {
      const ValueId operand = node.operands[i];
      if (!operand.valid() || !graph.value(operand).is_constant() || !done.insert(operand).second) continue;
      if (node.op->name == "matmul" && i > 1) continue;
      const Value& value = graph.value(operand);
      if (value.dtype != DType::f32 || value.shape.empty()) continue;
      const RangeKind kind = i == 1 ? RangeKind::weight : RangeKind::bias;
      TensorRange range = range_of_constant(graph, operand, id, kind, options.sigmas);
      (i == 1 ? result.footprint.weights : result.footprint.biases) += count(value.shape);
      if (i == 1) result.footprint.scales += static_cast<int64_t>(std::max<size_t>(1, range.channels.size()));
      result.tensors.push_back(std::move(range));
    }
  }
}

void add_activations(const Graph& graph, const data::Dataset& dataset, const RangesOptions& options, Ranges& result, Progress& progress) {
  calibrate::CollectOptions collect;
  collect.samples = options.samples;
  collect.seed = options.seed;
  collect.threads = options.threads;
  collect.channels = true;
  const calibrate::Collection collection = calibrate::collect(graph, dataset, collect, progress);
  result.images = static_cast<int64_t>(collection.samples.size());
  result.data = dataset.description();
  for (const calibrate::Seen& seen : collection.values) {
    const Value& value = graph.value(seen.value);
    if (seen.moments.count == 0 && seen.codes.empty()) continue;
    TensorRange range;
    range.name = value.name, range.shape = value.shape;
    range.kind = value.producer.valid() ? RangeKind::activation : RangeKind::input;
    range.layer = value.producer.valid() ? graph.node(value.producer).name : "";
    range.op = value.producer.valid() ? op_text(graph.call(value.producer)) : "input";
    if (seen.codes.empty()) {
      set_moments(range, seen.moments);
      set_channels(range, seen.channels);
      measure_histogram(range, seen.histogram, options.sigmas);
    } else {
      measure_counts(range, seen.codes, *value.quant, options.sigmas);
    }
    result.tensors.push_back(std::move(range));
  }
}

}  // namespace

std::string_view to_string(RangeKind kind) {
  switch (kind) {
    case RangeKind::weight:
      return "weight";
    case RangeKind::bias:
      return "bias";
    case RangeKind::input:
      return "input";
    case RangeKind::activation:
      break;
  }
  return "activation";
}

double ChannelRange::magnitude() const { return std::max(std::fabs(static_cast<double>(min)), std::fabs(static_cast<double>(max))); }

Ranges ranges(const Graph& graph, const data::Dataset* dataset, const RangesOptions& options, Progress& progress) {
  const auto began = std::chrono::steady_clock::now();
  for (const double n : options.sigmas)
    if (!(n > 0) || !std::isfinite(n)) fail("{} sigma: expected a number above 0", n);
  Ranges result;
  add_constants(graph, options, result);
  if (result.tensors.empty() && dataset == nullptr)
    fail("the network has no constant weights to look at: give images (--data) to see the ranges of its activations");
  result.seed = options.seed;
  if (dataset != nullptr) add_activations(graph, *dataset, options, result, progress);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace galet::analysis
