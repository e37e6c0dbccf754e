#include "galet/exporters/weights/named_tensors.h"

#include <charconv>
#include <set>

#include "galet/ops/parameters.h"
#include "galet/ops/spec.h"

namespace galet::exporters {
namespace {

constexpr std::string_view kVariance = ".running_var", kCounter = ".num_batches_tracked";

/// Names that an exporter of ONNX made up ("onnx::Conv_187") say nothing to PyTorch: the layer's name does.
std::string name_of(const Node& node, const Value& value, std::string_view part) {
  const bool made_up = value.name.find("::") != std::string::npos || value.name.find('/') != std::string::npos;
  return made_up ? node.name + "." + std::string(part) : value.name;
}

/// Training batches that the running statistics have seen, as an import kept it; 0 where nobody knows.
Tensor counter(const ModelInfo& info) {
  int64_t batches = 0;
  if (const auto at = info.metadata.find("num_batches_tracked"); at != info.metadata.end())
    std::from_chars(at->second.data(), at->second.data() + at->second.size(), batches);
  return Tensor::scalar(batches);
}

}  // namespace

NamedTensors named_tensors(const Graph& graph) {
  NamedTensors out;
  std::set<uint32_t> seen;
  std::set<std::string> names;
  size_t quantized = 0, norms = 0, with_bias = 0;
  const auto add = [&](const std::string& name, Tensor data) {
    if (!names.insert(name).second) fail("two parameters would be named \"{}\"", name);
    out.tensors.push_back({name, std::move(data)});
  };
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    norms += node.op->name == "batch_norm";
    with_bias += node.op->name == "conv2d" && node.operands.size() > 2 && node.operands[2].valid();
    for (const ops::Learned& learned : ops::learned_operands(graph, node)) {
      if (learned.operand >= node.operands.size() || !node.operands[learned.operand].valid()) continue;
      const ValueId operand = node.operands[learned.operand];
      const Value& value = graph.value(operand);
      if (!value.is_constant() || !seen.insert(operand.index).second) continue;
      const std::string name = name_of(node, value, learned.part);
      quantized += value.quant.has_value();
      add(name, value.quant ? ops::to_real(value.constant, *value.quant) : value.constant.cast(DType::f32));
      if (node.op->name == "batch_norm" && name.ends_with(kVariance))
        add(name.substr(0, name.size() - kVariance.size()) + std::string(kCounter), counter(graph.info));
    }
  }
  if (out.tensors.empty()) fail("the network has no parameters to write");
  if (quantized != 0) out.notes.push_back(fmt::format("{} quantized parameters are written as the real values of their codes", quantized));
  if (norms == 0 && with_bias != 0)
    out.notes.push_back(fmt::format(
        "there are no batch norms in this network: where its source had some, they are folded into {} convolutions, which now have "
        "biases, and the file loads into a model without batch norms only; `galet import` keeps them apart",
        with_bias));
  return out;
}

}  // namespace galet::exporters
