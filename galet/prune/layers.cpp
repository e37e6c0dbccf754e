#include "galet/prune/layers.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "galet/core/error.h"
#include "galet/runtime/codes.h"

namespace galet::prune {
namespace {

/// How the operator's weight lies; false: no weight that is known.
bool describe(const Graph& graph, NodeId id, Layer& layer) {
  const OpCall call = graph.call(id);
  const std::string_view op = call.op.name;
  const bool product = op == "matmul" || op == "linear", conv = op == "conv2d" || op == "conv_transpose2d";
  if ((!product && !conv) || !call.has(1) || !graph.value(graph.node(id).operands[1]).is_constant()) return false;
  const Shape& shape = call.shape(1);
  const int64_t macs = call.op.macs(call);
  layer.positions = count(shape) == 0 ? 0 : macs / count(shape);
  if (product) {
    if (shape.size() != 2) return false;
    layer.out = shape[op == "linear" ? 0 : 1], layer.in = shape[op == "linear" ? 1 : 0];
    layer.stride_out = op == "linear" ? layer.in : 1, layer.stride_in = op == "linear" ? 1 : layer.out;
    return true;
  }
  layer.groups = call.get_int("group");
  layer.taps = shape[2] * shape[3];
  layer.transposed = op == "conv_transpose2d";
  if (layer.transposed) {
    layer.out = shape[1] * layer.groups, layer.in = shape[0] / layer.groups;
    layer.stride_in = shape[1] * layer.taps, layer.stride_out = layer.taps;
  } else {
    layer.out = shape[0], layer.in = shape[1];
    layer.stride_out = layer.in * layer.taps, layer.stride_in = layer.taps;
  }
  return true;
}

/// A code that stands for zero must be among those in use.
std::string why_not(const Value& weight) {
  if (!weight.quant) return weight.dtype == DType::f32 ? "" : fmt::format("its weight is of {}", to_string(weight.dtype));
  const QuantSpec& spec = *weight.quant;
  if (spec.dynamic || spec.storage != DType::i8) return fmt::format("its weight is stored as {}", to_string(spec.storage));
  for (const int32_t zero : spec.zero_points)
    if (zero < spec.qmin || zero > spec.qmax || nearest_level(spec.levels, zero) != zero) return "its codes have none that means zero";
  return {};
}

bool fits(const std::string& pattern, const std::string& name) { return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0; }

}  // namespace

std::vector<Layer> find_layers(const Graph& graph, const std::vector<std::string>& protect) {
  std::vector<Layer> layers;
  std::set<uint32_t> known;
  std::vector<bool> used(protect.size(), false);
  for (const NodeId id : graph.order()) {
    Layer layer;
    if (!describe(graph, id, layer)) continue;
    const Node& node = graph.node(id);
    layer.node = id, layer.weight = node.operands[1], layer.name = node.name;
    if (!known.insert(layer.weight.index).second) continue;
    const Value& weight = graph.value(layer.weight);
    layer.kept = why_not(weight);
    for (size_t p = 0; p < protect.size(); ++p)
      if (fits(protect[p], layer.name) || fits(protect[p], weight.name)) {
        used[p] = true, layer.protected_by_user = true;
        layer.kept = fmt::format("protected by \"{}\"", protect[p]);
      }
    layers.push_back(std::move(layer));
  }
  for (size_t p = 0; p < protect.size(); ++p) {
    if (used[p]) continue;
    std::string names;
    for (size_t i = 0; i < std::min<size_t>(layers.size(), 4); ++i) names += (i == 0 ? "" : ", ") + layers[i].name;
    fail("--protect \"{}\" fits no layer; the layers are {}{} (galet inspect lists them all)", protect[p], names,
         layers.size() > 4 ? ", ..." : "");
  }
  return layers;
}

std::vector<float> real_weights(const Value& weight) {
  const Tensor real = weight.quant ? runtime::dequantize_tensor(weight.constant, *weight.quant) : weight.constant;
  const auto values = real.span<float>();
  return {values.begin(), values.end()};
}

std::vector<uint8_t> mask_of(const Value& weight) {
  if (!weight.mask.defined()) return {};
  const Tensor mask = weight.mask.cast(DType::u8);
  const auto values = mask.span<uint8_t>();
  return {values.begin(), values.end()};
}

}  // namespace galet::prune
