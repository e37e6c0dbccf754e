#include "galet/torch/tune/facts.h"

#include <algorithm>
#include <cmath>

#include "galet/ir/rewriter.h"
#include "galet/quantize/activation_specs.h"
#include "galet/quantize/weight_codes.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/computation.h"

namespace galet::torch::tune {
namespace {

/// `base` with the trained values of its constants.
Graph with_trained_constants(const Graph& base, const Graph& trained) {
  Graph graph = base;
  Rewriter rewriter(graph);
  for (const ValueId id : base.values())
    if (base.value(id).is_constant())
      if (const auto other = trained.find_value(base.value(id).name)) rewriter.set_constant(id, trained.value(*other).constant);
  return graph;
}

/// The factor of each channel that a batch norm behind the layer was folded with: 1 where there is none.
std::vector<double> folded_factors(const Graph& base, const Graph& network, const std::string& layer, size_t channels) {
  std::vector<double> factors(channels, 1.0);
  const ValueId result = base.result(*base.find_node(layer));
  const auto readers = base.readers(result);
  if (readers.size() != 1) return factors;
  const Node& norm = base.node(readers[0]);
  if (norm.op->name != "batch_norm" || network.find_node(norm.name)) return factors;
  if (network.find_value(base.value(result).name)) return factors;  // decomposed: the layer's own result is still there
  const double epsilon = static_cast<double>(base.call(readers[0]).get_float("epsilon"));
  const float* scale = base.value(norm.operands[1]).constant.data<float>();
  const float* var = base.value(norm.operands[4]).constant.data<float>();
  for (size_t c = 0; c < channels; ++c) factors[c] = static_cast<double>(scale[c]) / std::sqrt(static_cast<double>(var[c]) + epsilon);
  return factors;
}

/// Codes of both signs for channels whose factor became negative.
void make_symmetric(QuantSpec& spec) {
  if (!spec.levels.empty()) {
    std::vector<int32_t> all = spec.levels;
    for (const int32_t level : spec.levels) all.push_back(-level);
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    spec.levels = std::move(all);
  }
  const int32_t most = std::max(std::abs(spec.qmin), std::abs(spec.qmax));
  spec.qmin = -most, spec.qmax = most;
}

void refine(WeightCodes& weight) {
  QuantSpec& spec = weight.spec;
  const int32_t factor = finer_codes(spec);
  if (factor < 2) return;
  if (spec.levels.empty())
    for (int32_t code = spec.qmin; code <= spec.qmax; ++code) spec.levels.push_back(code);
  for (int32_t& level : spec.levels) level *= factor;
  spec.qmin *= factor, spec.qmax *= factor;
  for (float& code : weight.codes) code *= static_cast<float>(factor);
  for (float& scale : weight.scales) scale /= static_cast<float>(factor);
}

class Writer {
 public:
  Writer(Scheme& scheme, const Graph& base, const Quantization& quantization, Remarks& remarks)
      : scheme_(scheme), base_(base), quantization_(quantization), rewriter_(scheme.network, "tune"), remarks_(remarks) {}

  void write() {
    for (size_t i = 0; i < scheme_.groups.size(); ++i) write_group(i);
    for (const LayerScheme& layer : scheme_.layers)
      if (!layer.weights.is_float()) write_layer(layer);
  }

 private:
  const Graph& graph() const { return scheme_.network; }

  void write_group(size_t i) {
    const SpecGroup& group = scheme_.groups[i];
    QuantSpec spec = quantization_.group(i).spec();
    for (const std::string& name : group.values) {
      const ValueId id = *graph().find_value(name);
      const Tensor constant = graph().value(id).constant;
      if (constant && group.values.size() == 1) {
        const auto [low, high] = std::ranges::minmax(constant.span<float>());
        spec = quantize::u8_spec(static_cast<double>(low), static_cast<double>(high));
      }
      rewriter_.set_quant(id, spec);
      if (constant) rewriter_.set_constant(id, runtime::quantize_tensor(constant, spec));
    }
  }

  void write_layer(const LayerScheme& layer) {
    const NodeId id = *graph().find_node(layer.node);
    const Node node = graph().node(id);
    const std::string& trained = base_.value(base_.node(*base_.find_node(layer.node)).operands[1]).name;
    WeightCodes weight = quantization_.weight_codes(trained);
    refine(weight);
    const Shape shape = graph().value(node.operands[1]).shape;
    const int axis = runtime::weight_channel_axis(node, shape);
    const quantize::ChannelView view(shape, axis);
    const std::vector<double> factors = folded_factors(base_, graph(), layer.node, weight.scales.size());
    QuantSpec spec = weight.spec;
    spec.axis = axis;
    const float src_scale = graph().value(node.operands[0]).quant->scales[0];
    const bool biased = node.op->name != "matmul" && node.operands.size() > 2 && node.operands[2].valid();
    const Tensor bias = biased ? graph().value(node.operands[2]).constant : Tensor();
    int flipped = 0, emptied = 0;
    Tensor codes(DType::i8, shape);
    for (int64_t c = 0; c < view.channels; ++c) {
      const auto at = static_cast<size_t>(c);
      double scale = static_cast<double>(weight.scales[at]) * factors[at];
      const bool flip = scale < 0;
      scale = std::fabs(scale);
      // A bias far beyond what its weights add: the weights do not matter, and the bias must fit 30 bits.
      const double reach = biased ? std::fabs(static_cast<double>(bias.data<float>()[c])) / static_cast<double>(src_scale) : 0;
      const bool empty = !(scale > 1e-30) || reach / scale > 0x1p30;
      if (empty) scale = std::max({reach / 0x1p24, 1e-30 / static_cast<double>(src_scale), 1e-30});
      flipped += flip && !empty, emptied += empty;
      spec.scales.push_back(static_cast<float>(scale));
      view.each(c, [&](int64_t i) {
        const float code = weight.codes[static_cast<size_t>(i)];
        codes.mutable_data<int8_t>()[i] = static_cast<int8_t>(empty ? 0.0f : flip ? -code : code);
      });
    }
    spec.zero_points.assign(spec.scales.size(), 0);
    if (flipped > 0) {
      make_symmetric(spec);
      note(layer.node, "codes of both signs", "the batch norm's scale became negative", flipped);
    }
    if (emptied > 0) {
      if (!spec.levels.empty() && !std::ranges::binary_search(spec.levels, 0))
        spec.levels.insert(std::ranges::upper_bound(spec.levels, 0), 0);
      note(layer.node, "channels of zeros", "their weights do not matter beside the bias", emptied);
    }
    const ValueId own = own_constant(id, 1, graph().value(node.operands[1]).constant);
    rewriter_.set_quant(own, spec);
    rewriter_.set_constant(own, codes);
    if (!biased) return;
    const ValueId own_bias = own_constant(id, 2, bias);
    const QuantSpec bias_spec = quantize::bias_spec(src_scale, spec.scales, bias.size());
    rewriter_.set_quant(own_bias, bias_spec);
    rewriter_.set_constant(own_bias, quantize::bias_codes(bias, bias_spec));
  }

  ValueId own_constant(NodeId node, size_t operand, const Tensor& values) {
    const ValueId id = graph().node(node).operands[operand];
    if (graph().readers(id).size() < 2 && !graph().is_output(id)) return id;
    const ValueId copy = rewriter_.constant(graph().value(id).name, values);
    rewriter_.set_operand(node, operand, copy);
    return copy;
  }
  void note(const std::string& node, std::string decision, std::string reason, int channels) {
    remarks_.push_back({"tune", node, std::move(decision), std::move(reason), {{"channels", static_cast<double>(channels)}}});
  }

  Scheme& scheme_;
  const Graph& base_;
  const Quantization& quantization_;
  Rewriter rewriter_;
  Remarks& remarks_;
};

}  // namespace

Graph integer_network(const Executor& executor, const Quantization& quantization, const Graph& base, const pipeline::TuneRecipe& recipe,
                      int bits, Remarks& remarks) {
  const Graph trained = with_trained_constants(base, executor.trained_graph());
  Scheme scheme = make_scheme(trained, recipe, bits);
  if (scheme.groups.size() != quantization.groups()) fail("training changed which values of the network are quantized");
  Writer(scheme, trained, quantization, remarks).write();
  Graph network = std::move(scheme.network);
  network.info.metadata["scheme"] = fmt::format("tune {}/{}", recipe.weights, recipe.activations);
  network.info.metadata["mode"] = "static";
  verify(network);
  return network;
}

}  // namespace galet::torch::tune
