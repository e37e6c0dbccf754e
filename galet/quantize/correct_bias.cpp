#include "galet/quantize/correct_bias.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "galet/data/feed.h"
#include "galet/data/loader.h"
#include "galet/ir/rewriter.h"
#include "galet/quantize/weight_codes.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/computation.h"
#include "galet/runtime/session.h"

namespace galet::quantize {
namespace {

/// Mean of one value over images, position by position. A weighted layer is linear, so the mean of its results is its result for the mean
/// source, borders included.
class MeanImage {
 public:
  void add(const Tensor& tensor) {
    if (sum_.empty()) sum_.resize(static_cast<size_t>(tensor.size())), shape_ = tensor.shape();
    const float* x = tensor.data<float>();
    for (size_t i = 0; i < sum_.size(); ++i) sum_[i] += static_cast<double>(x[i]);
    ++images_;
  }
  Tensor mean() const {
    Tensor tensor(DType::f32, shape_);
    float* dst = tensor.mutable_data<float>();
    for (size_t i = 0; i < sum_.size(); ++i) dst[i] = static_cast<float>(sum_[i] / static_cast<double>(images_));
    return tensor;
  }

 private:
  std::vector<double> sum_;
  Shape shape_;
  int64_t images_ = 0;
};

Tensor real_of(const Value& value) {
  return runtime::is_coded(value) ? runtime::dequantize_tensor(value.constant, *value.quant) : value.constant;
}

/// Mean result per output channel, before any fused activation, of a weighted node for the mean source.
std::vector<double> channel_means(const Graph& graph, NodeId id, const Tensor& source) {
  const Node& node = graph.node(id);
  Attributes attributes = node.attributes;
  attributes.erase("activation");
  std::vector<Tensor> operands{source};
  for (size_t i = 1; i < node.operands.size(); ++i)
    operands.push_back(node.operands[i].valid() ? real_of(graph.value(node.operands[i])) : Tensor());
  std::vector<Operand> described(operands.size());
  for (size_t i = 0; i < operands.size(); ++i) {
    if (!operands[i]) continue;
    described[i].present = true;
    described[i].type = {DType::f32, operands[i].shape()};
    described[i].constant = operands[i];
  }
  const Tensor result = node.op->reference(OpCall(*node.op, node.name, attributes, std::move(described)), operands)[0];
  // Channels lie along axis 1 of images, along the last axis of matrices.
  const ChannelView view(result.shape(), node.op->name == "linear" ? static_cast<int>(result.rank()) - 1 : 1);
  std::vector<double> means;
  for (int64_t c = 0; c < view.channels; ++c) {
    double sum = 0;
    view.each(c, [&](int64_t at) { sum += static_cast<double>(result.data<float>()[at]); });
    means.push_back(sum / static_cast<double>(view.outer * view.inner));
  }
  return means;
}

/// The part of the graph that computes `value`, which becomes its output.
Graph prefix(const Graph& graph, ValueId value) {
  Graph part = graph;
  Rewriter rewriter(part);
  for (const ValueId output : graph.outputs()) rewriter.replace_uses(output, value);
  rewriter.remove_dead();
  return part;
}

struct Layer {
  NodeId node, reference;
};

std::vector<Layer> find_layers(const Graph& graph, const Graph& reference) {
  std::vector<Layer> layers;
  for (const NodeId id : graph.order()) {
    const auto computation = runtime::choose_computation(graph, id).computation;
    if (computation != runtime::Computation::weighted && computation != runtime::Computation::weighted_real) continue;
    const Node& node = graph.node(id);
    if (node.op->name == "matmul") continue;  // has no bias
    const auto found = reference.find_node(node.name);
    if (!found || reference.node(*found).op != node.op) fail("{} \"{}\" has no counterpart in the float network", node.op->name, node.name);
    layers.push_back({id, *found});
  }
  return layers;
}

/// Mean sources of all layers in the float network.
std::map<ValueId, MeanImage> float_sources(const Graph& reference, const std::vector<Layer>& layers, const std::vector<Tensor>& images,
                                           int threads) {
  std::map<ValueId, MeanImage> means;
  for (const Layer& layer : layers) means[reference.node(layer.reference).operands[0]];
  runtime::SessionOptions options;
  options.threads = threads;
  options.keep_all = true;
  options.sparse = runtime::SparseKernels::never;  // the same bits every time
  runtime::Session session(reference, options);
  for (const Tensor& image : images)
    session.run_visiting(std::span(&image, 1), runtime::Visit::real, [&](ValueId id, const Tensor& tensor) {
      if (const auto found = means.find(id); found != means.end()) found->second.add(tensor);
    });
  return means;
}

Tensor quantized_source(const Graph& graph, ValueId value, const std::vector<Tensor>& images, int threads) {
  MeanImage mean;
  if (!graph.value(value).producer.valid()) {
    const QuantSpec& spec = *graph.value(value).quant;
    for (const Tensor& image : images) mean.add(runtime::dequantize_tensor(runtime::quantize_tensor(image, spec), spec));
    return mean.mean();
  }
  runtime::SessionOptions options;
  options.threads = threads;
  runtime::Session session(prefix(graph, value), options);
  for (const Tensor& image : images) mean.add(session.run(std::span(&image, 1))[0]);
  return mean.mean();
}

/// Adds shift[c] to the layer's bias, which is made where there is none, as far as the accumulator stays within int32.
void shift_bias(Rewriter& rewriter, NodeId id, const std::vector<double>& shift) {
  const Graph& graph = rewriter.graph();
  const Node& node = graph.node(id);
  const QuantSpec& src = *graph.value(node.operands[0]).quant;
  const Value& weight = graph.value(node.operands[1]);
  const int64_t channels = static_cast<int64_t>(shift.size());
  Tensor codes(DType::i32, {channels});
  const bool has_bias = node.operands.size() > 2 && node.operands[2].valid();
  if (has_bias) codes = graph.value(node.operands[2]).constant;
  const QuantSpec spec = bias_spec(src.scales[0], weight.quant->scales, channels);
  const ChannelView view(weight.shape, weight.quant->axis);
  int32_t* dst = codes.mutable_data<int32_t>();
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    view.each(c % view.channels, [&](int64_t at) { sum += std::abs(static_cast<int>(weight.constant.data<int8_t>()[at])); });
    const double room = std::max(0.0, 2147483647.0 - sum * std::max(src.zero_points[0], 255 - src.zero_points[0]));
    const double code = dst[c] + std::nearbyint(shift[static_cast<size_t>(c)] / static_cast<double>(spec.scales[static_cast<size_t>(c)]));
    dst[c] = static_cast<int32_t>(std::clamp(code, -room, room));
  }
  if (has_bias) return rewriter.set_constant(node.operands[2], codes);
  const ValueId bias = rewriter.constant(node.name + ".bias", codes);
  rewriter.set_quant(bias, spec);
  rewriter.set_operand(id, 2, bias);
}

}  // namespace

Remarks correct_bias(Graph& graph, const Graph& reference, const data::Dataset& dataset, const CorrectBiasOptions& options,
                     Progress& progress) {
  if (graph.inputs().size() != 1) fail("bias correction needs a network with one input, this one has {}", graph.inputs().size());
  const std::vector<Layer> layers = find_layers(graph, reference);
  const data::Feed feed(dataset, graph.info.preprocessing, graph.value(graph.inputs()[0]).shape);
  std::vector<Tensor> images;
  for (const int64_t i : data::random_indices(dataset, options.samples, options.seed)) images.push_back(feed(i));
  const std::map<ValueId, MeanImage> sources = float_sources(reference, layers, images, options.threads);

  Rewriter rewriter(graph, "correct_bias");
  progress.start("correct bias", static_cast<int64_t>(layers.size()));
  for (size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = layers[i];
    const std::vector<double> wanted =
        channel_means(reference, layer.reference, sources.at(reference.node(layer.reference).operands[0]).mean());
    const std::vector<double> found =
        channel_means(graph, layer.node, quantized_source(graph, graph.node(layer.node).operands[0], images, options.threads));
    std::vector<double> shift;
    double most = 0;
    for (size_t c = 0; c < wanted.size(); ++c) {
      shift.push_back(wanted[c] - found[c]);
      most = std::max(most, std::fabs(shift.back()));
    }
    shift_bias(rewriter, layer.node, shift);
    rewriter.remark(graph.node(layer.node).name, "corrected", "mean result of each channel brought back to that of the float network",
                    {{"largest shift", most}});
    progress.update(static_cast<int64_t>(i) + 1);
  }
  progress.finish();
  graph.info.metadata["bias_correction"] = std::to_string(images.size());
  verify(graph);
  return rewriter.take_remarks();
}

}  // namespace galet::quantize
