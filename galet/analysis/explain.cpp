#include "galet/analysis/explain.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "galet/analysis/worked.h"
#include "galet/data/dataset.h"
#include "galet/data/feed.h"
#include "galet/ops/activation.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/computation.h"
#include "galet/runtime/integer_reference.h"
#include "galet/runtime/session.h"

namespace galet::analysis {
namespace {

using runtime::Computation;

bool explainable(const Graph& graph, NodeId id) {
  const Computation computation = runtime::choose_computation(graph, id).computation;
  return computation == Computation::weighted || computation == Computation::weighted_real;
}

NodeId find_layer(const Graph& graph, const std::string& name) {
  std::vector<std::string> all;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.op->quant != QuantTrait::weighted) continue;
    const bool named = node.name == name || graph.value(node.operands[1]).name == name ||
                       std::any_of(node.results.begin(), node.results.end(), [&](ValueId v) { return graph.value(v).name == name; });
    if (named && explainable(graph, id)) return id;
    if (named) {
      const runtime::Choice choice = runtime::choose_computation(graph, id);
      if (choice.computation == Computation::weighted_dynamic)
        fail("layer \"{}\" is quantized dynamically: its scales are found at run time, image by image", name);
      fail("layer \"{}\" computes in float{}: quantize the network first (galet quantize)", name,
           choice.reason.empty() ? "" : " (" + choice.reason + ")");
    }
    if (explainable(graph, id)) all.push_back(node.name);
  }
  if (all.empty()) fail("no layer of this network runs on integers, \"{}\" neither: quantize it first (galet quantize)", name);
  fail("no convolution or linear layer on integers is named \"{}\", expected one of {}", name, fmt::join(all, ", "));
}

std::string metadata(const Graph& graph, const std::string& key) {
  const auto found = graph.info.metadata.find(key);
  return found == graph.info.metadata.end() ? "" : found->second;
}

std::string sharers(const Graph& graph, ValueId id) {
  std::string names;
  int more = 0;
  for (const ValueId other : graph.values()) {
    const Value& value = graph.value(other);
    if (other == id || value.is_constant() || value.quant != graph.value(id).quant) continue;
    if (names.size() > 60)
      ++more;
    else
      names += (names.empty() ? "" : ", ") + value.name;
  }
  return more > 0 ? fmt::format("{} and {} more", names, more) : names;
}

ScaleFact scale_fact(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  ScaleFact fact;
  fact.value = value.name;
  if (!runtime::is_coded(value)) return fact;
  fact.scale = static_cast<double>(value.quant->scales[0]);
  fact.zero_point = value.quant->zero_points[0];
  if (!value.stats) return fact;
  const Stats& s = *value.stats;
  ScaleOrigin origin;
  origin.observer = s.observer;
  origin.seen_min = static_cast<double>(s.min), origin.seen_max = static_cast<double>(s.max);
  origin.clip_min = static_cast<double>(s.clip_min), origin.clip_max = static_cast<double>(s.clip_max);
  origin.samples = metadata(graph, "calibration.samples");
  origin.seed = metadata(graph, "calibration.seed");
  auto scale_of = [](double low, double high) {
    return static_cast<double>(static_cast<float>((std::max(high, 0.0) - std::min(low, 0.0)) / 255));
  };
  const bool as_chosen = fact.scale == scale_of(origin.clip_min, origin.clip_max);
  if (!as_chosen && fact.scale == scale_of(origin.seen_min, origin.seen_max))
    origin.adjustments.push_back("the whole range seen, not what the observer chose: the value is an answer of the network");
  else if (!as_chosen)
    origin.adjustments.push_back("one spec for values whose codes are moved or placed beside each other: " + sharers(graph, id));
  fact.origin = origin;
  return fact;
}

/// Scale of the weight of channel c.
double weight_scale(const QuantSpec& spec, int64_t c) {
  return static_cast<double>(spec.scales[spec.scales.size() == 1 ? 0 : static_cast<size_t>(c)]);
}

/// The node's first operand that carries codes and is computed.
std::optional<ValueId> coded_operand(const Graph& graph, const Node& node) {
  for (const ValueId id : node.operands)
    if (id.valid() && !graph.value(id).is_constant() && runtime::affine_of(graph.value(id))) return id;
  return std::nullopt;
}

void add_chain(const Graph& graph, NodeId layer, Explanation& result) {
  NodeId at = layer;
  while (true) {
    const Node& node = graph.node(at);
    const auto src = coded_operand(graph, node);
    if (!src) break;
    const Value &from = graph.value(*src), &to = graph.value(node.results[0]);
    ChainLink link;
    link.layer = node.name, link.op = std::string(node.op->name);
    link.src_scale = static_cast<double>(from.quant->scales[0]);
    link.dst_scale = runtime::is_coded(to) ? static_cast<double>(to.quant->scales[0]) : 1;
    link.weight_scale = link.weight_scale_min = link.weight_scale_max = 1;
    const bool weighted = explainable(graph, at);
    if (weighted) {
      const QuantSpec& spec = *graph.value(node.operands[1]).quant;
      link.channel = at == layer ? result.channel : 0;
      link.weight_scale = weight_scale(spec, link.channel);
      const auto [low, high] = std::minmax_element(spec.scales.begin(), spec.scales.end());
      link.weight_scale_min = static_cast<double>(*low), link.weight_scale_max = static_cast<double>(*high);
    }
    link.m = link.src_scale * link.weight_scale / link.dst_scale;
    if (weighted || link.src_scale != link.dst_scale) result.chain.insert(result.chain.begin(), link);
    result.chain_begin = from.name;
    if (!from.producer.valid()) break;
    at = from.producer;
  }
  result.chain_product = 1;
  result.telescoped = result.chain.empty() ? 1 : result.chain.front().src_scale / result.chain.back().dst_scale;
  for (const ChainLink& link : result.chain) result.chain_product *= link.m, result.telescoped *= link.weight_scale;
}

std::string equation_of(const Explanation& e) {
  const std::string acc = fmt::format("acc = bias[c] + sum over taps of (\"{}\" - {}) * \"{}\"", e.src.value, e.src.zero_point, e.weight);
  if (e.dst.scale == 0) return acc + fmt::format(";  \"{}\" = float(acc) * M[c],  M[c] = s_src * s_weight[c]", e.dst.value);
  return acc + fmt::format(";  \"{}\" = clamp(rhe(float(acc) * M[c]) + {}, {}, {}),  M[c] = s_src * s_weight[c] / s_dst{}", e.dst.value,
                           e.dst.zero_point, e.lo, e.hi, e.levels.empty() ? "" : ";  then the nearest level of its codebook");
}

void work_through(const Graph& graph, NodeId layer, const data::Dataset& dataset, const ExplainOptions& options, Explanation& result) {
  if (graph.inputs().size() != 1) fail("working through an image needs a network with one input, this one has {}", graph.inputs().size());
  const data::Feed feed(dataset, graph.info.preprocessing, graph.value(graph.inputs()[0]).shape);
  if (options.image < 0 || options.image >= feed.size())
    fail("image {} asked for, {} has images 0 to {}", options.image, dataset.description(), feed.size() - 1);
  const Node& node = graph.node(layer);
  runtime::SessionOptions session_options;
  session_options.keep_all = true;
  const Tensor image = feed(options.image);
  LayerCodes& codes = result.codes;
  runtime::Session(graph, session_options).run_visiting({&image, 1}, runtime::Visit::codes, [&](ValueId id, const Tensor& tensor) {
    if (id == node.operands[0]) codes.src = tensor;
    if (id == node.results[0]) codes.dst = tensor;
  });
  codes.weight = graph.value(node.operands[1]).constant;
  if (node.op->name != "matmul" && node.operands.size() > 2 && node.operands[2].valid())
    codes.bias = graph.value(node.operands[2]).constant;
  result.worked = work(graph.call(layer), result, options);
  result.worked->image = dataset.sample_name(options.image);
}

}  // namespace

FixedPoint fixed_point(double m) {
  if (!(m > 0) || !std::isfinite(m)) fail("a multiplier of {} has no fixed-point form, expected a positive number", m);
  int exponent = 0;
  const double fraction = std::frexp(m, &exponent);  // m = fraction * 2^exponent, fraction in [0.5, 1)
  double multiplier = std::nearbyint(std::ldexp(fraction, 31));
  if (multiplier >= 0x1p31) multiplier /= 2, ++exponent;
  return {static_cast<int32_t>(multiplier), 31 - exponent};
}

Explanation explain(const Graph& graph, const std::string& layer, const data::Dataset* dataset, const ExplainOptions& options) {
  const NodeId id = find_layer(graph, layer);
  const Node& node = graph.node(id);
  const OpCall call = graph.call(id);
  const Value &src = graph.value(node.operands[0]), &weight = graph.value(node.operands[1]), &dst = graph.value(node.results[0]);
  Explanation result;
  result.layer = node.name, result.op = std::string(node.op->name);
  result.src = scale_fact(graph, node.operands[0]);
  result.dst = scale_fact(graph, node.results[0]);
  result.weight = weight.name;
  result.weight_origin = metadata(graph, "weights");
  if (metadata(graph, "equalize_channels") == "true")
    result.network_adjustments.push_back("channels of neighbouring layers were scaled against each other (equalize_channels)");
  if (const std::string clip = metadata(graph, "clip_weights"); !clip.empty())
    result.network_adjustments.push_back("weights were clipped before (clip_weights: " + clip + ")");
  if (const std::string images = metadata(graph, "bias_correction"); !images.empty())
    result.network_adjustments.push_back("biases were corrected for their mean shift over " + images + " images (correct_bias)");

  const int64_t channels = result_channels(call, dst.shape);
  result.channel = options.channel;
  if (options.channel < 0 || options.channel >= channels)
    fail("layer \"{}\" has output channels 0 to {}, {} asked for", node.name, channels - 1, options.channel);
  for (int64_t c = 0; c < channels; ++c) result.weight_scales.push_back(static_cast<float>(weight_scale(*weight.quant, c)));
  const float dst_scale = result.dst.scale > 0 ? dst.quant->scales[0] : 1;
  result.m = runtime::weighted_multipliers(*weight.quant, channels, src.quant->scales[0], result.dst.scale > 0 ? &dst_scale : nullptr);
  for (const float m : result.m) result.fixed.push_back(fixed_point(static_cast<double>(m)));
  result.activation = call.has_attribute("activation") ? call.get_string("activation") : "none";
  if (result.dst.scale > 0) {
    const ops::ActivationRange range = call.has_attribute("activation") ? ops::activation_range(call) : ops::ActivationRange{};
    const runtime::Affine affine = runtime::narrowed(*runtime::affine_of(dst), range.min, range.max);
    result.lo = affine.lo, result.hi = affine.hi;
    result.levels = affine.levels;
  }
  result.equation = equation_of(result);
  add_chain(graph, id, result);
  if (dataset != nullptr) work_through(graph, id, *dataset, options, result);
  return result;
}

}  // namespace galet::analysis
