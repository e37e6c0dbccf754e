#include "galet/pipeline/sensitivity.h"

#include <algorithm>
#include <chrono>

#include "galet/pipeline/study.h"
#include "galet/quantize/regions.h"
#include "galet/transform/passes.h"

namespace galet::pipeline {
namespace {

std::vector<NodeId> layers_of(const Graph& graph, const quantize::QuantizeOptions& options) {
  std::vector<NodeId> layers;
  for (const auto& choice : quantize::find_regions(graph, options).nodes)
    if (choice.integer && graph.node(choice.node).op->quant == QuantTrait::weighted) layers.push_back(choice.node);
  return layers;
}

Graph with_one_layer(const Graph& calibrated, NodeId layer, int bits, quantize::QuantizeOptions options) {
  Graph graph = calibrated;
  options.weight_bits = bits;
  options.float_outputs = true;  // a result's rounding belongs to whoever reads it
  options.keep_float.clear();
  for (const NodeId id : graph.order())
    if (id != layer) options.keep_float.push_back(graph.node(id).name);
  quantize::quantize(graph, options);
  return graph;
}

}  // namespace

evaluate::Sensitivity sensitivity(const Graph& source, const data::Dataset& calibration, const data::Dataset& evaluation,
                                  const SensitivityOptions& options, evaluate::Sensitivity known,
                                  const std::function<void(const evaluate::Sensitivity&)>& keep, Progress& progress) {
  const auto began = std::chrono::steady_clock::now();
  const double seconds_before = known.seconds;
  if (options.bits.empty()) fail("no bit widths given, expected some of 2 to 8");
  for (const int bits : options.bits)
    if (bits < 2 || bits > 8) fail("{} bits for weights asked for, expected 2 to 8", bits);
  Graph graph = source;
  transform::simplify(graph, options.recipe.without);
  const std::vector<NodeId> layers = layers_of(graph, options.recipe.quantization);
  if (layers.empty()) fail("\"{}\" has no convolution or linear layer that could be quantized", graph.info.name);
  known.layers.clear();
  for (const NodeId id : layers) known.layers.push_back(graph.node(id).name);
  for (const int bits : options.bits)
    if (std::find(known.bits.begin(), known.bits.end(), bits) == known.bits.end()) known.bits.push_back(bits);
  std::sort(known.bits.rbegin(), known.bits.rend());

  auto measured = [&](const std::string& layer, int bits) {
    return std::any_of(known.points.begin(), known.points.end(), [&](const auto& p) { return p.layer == layer && p.bits == bits; });
  };
  std::vector<std::pair<NodeId, int>> missing;
  for (const NodeId id : layers)
    for (const int bits : options.bits)
      if (!measured(graph.node(id).name, bits)) missing.emplace_back(id, bits);
  if (missing.empty()) return known;

  calibrate::CalibrationOptions wanted = options.recipe.calibration;
  wanted.values = quantize::values_to_calibrate(graph, options.recipe.quantization);
  calibrate::calibrate(graph, calibration, wanted, progress);
  Evaluator evaluator(evaluation, options.limit, options.threads);
  StudyProgress all(progress, "sensitivity", static_cast<int64_t>(missing.size()) + 1, evaluator.images());
  known.reference = evaluator.reference(graph, all);
  auto place = [&](const evaluate::LayerSensitivity& p) {
    return std::pair(std::find(known.layers.begin(), known.layers.end(), p.layer) - known.layers.begin(), -p.bits);
  };
  for (const auto& [id, bits] : missing) {
    const Node& node = graph.node(id);
    known.points.push_back({node.name, std::string(node.op->name), bits, graph.value(node.operands[1]).constant.size(),
                            evaluator(with_one_layer(graph, id, bits, options.recipe.quantization), all)});
    std::stable_sort(known.points.begin(), known.points.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
    known.seconds = seconds_before + std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    keep(known);
  }
  all.end();
  return known;
}

}  // namespace galet::pipeline
