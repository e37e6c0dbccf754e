#include "galet/quantize/quantize.h"

#include <algorithm>
#include <set>

#include "galet/quantize/activation_specs.h"
#include "galet/quantize/regions.h"
#include "galet/quantize/weights.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/computation.h"

namespace galet::quantize {
namespace {

void refuse_quantized(const Graph& graph) {
  for (const ValueId id : graph.values())
    if (graph.value(id).quant) fail("value \"{}\" is quantized already: quantize the float network instead", graph.value(id).name);
}

bool reads_codes(const Graph& graph, const Node& node) {
  return std::any_of(node.operands.begin(), node.operands.end(),
                     [&](ValueId v) { return v.valid() && !graph.value(v).is_constant() && runtime::is_coded(graph.value(v)); });
}

/// Counts nodes by how they will really compute, and says why the float ones are float.
void tally(Rewriter& rewriter, const Regions& regions, Quantization& result) {
  const Graph& graph = rewriter.graph();
  std::set<NodeId> leads_to_integer;
  for (auto it = regions.nodes.rbegin(); it != regions.nodes.rend(); ++it) {
    const Node& node = graph.node(it->node);
    const runtime::Choice choice = runtime::choose_computation(graph, it->node);
    const bool integer = choice.computation != runtime::Computation::real;
    (integer ? result.integer_nodes : result.float_nodes) += 1;
    bool leads = integer;
    for (const ValueId value : node.results)
      for (const NodeId reader : graph.readers(value)) leads = leads || leads_to_integer.contains(reader);
    if (leads) leads_to_integer.insert(it->node);
    if (!integer && leads && reads_codes(graph, node)) ++result.interior_dequantizes;
  }
  for (const auto& [id, integer, reason] : regions.nodes) {
    const runtime::Choice choice = runtime::choose_computation(graph, id);
    if (choice.computation != runtime::Computation::real) continue;
    rewriter.remark(graph.node(id).name, "stays float", integer ? choice.reason : reason);
  }
}

template <typename E>
E parse(std::string_view text, std::string_view what, std::initializer_list<E> all) {
  std::string names;
  for (const E e : all) {
    if (to_string(e) == text) return e;
    names += (names.empty() ? "" : ", ") + std::string(to_string(e));
  }
  fail("unknown {} \"{}\", expected one of {}", what, text, names);
}

}  // namespace

std::string_view to_string(Mode mode) { return mode == Mode::fixed ? "static" : "dynamic"; }
Mode parse_mode(std::string_view text) { return parse(text, "mode", {Mode::fixed, Mode::dynamic}); }
std::string_view to_string(WeightRange range) { return range == WeightRange::min_max ? "min_max" : "mse"; }
WeightRange parse_weight_range(std::string_view text) { return parse(text, "weight range", {WeightRange::min_max, WeightRange::mse}); }

std::vector<ValueId> values_to_calibrate(const Graph& graph, const QuantizeOptions& options) {
  if (options.mode == Mode::dynamic) return {};
  std::vector<ValueId> values;
  for (const ValueId id : find_regions(graph, options).coded)
    if (!graph.value(id).is_constant()) values.push_back(id);
  return values;
}

Quantization quantize(Graph& graph, const QuantizeOptions& options) {
  refuse_quantized(graph);
  const Regions regions = find_regions(graph, options);
  Rewriter rewriter(graph, "quantize");
  Quantization result;
  if (options.mode == Mode::fixed) {
    set_activation_specs(rewriter, regions, options);
  } else {
    QuantSpec dynamic;
    dynamic.dynamic = true;
    for (const ValueId id : regions.weighted_sources) rewriter.set_quant(id, dynamic);
  }
  result.weight_bytes = quantize_weights(rewriter, regions, options);
  tally(rewriter, regions, result);
  result.remarks = rewriter.take_remarks();
  graph.info.metadata["scheme"] = "int8";
  graph.info.metadata["mode"] = to_string(options.mode);
  graph.info.metadata["weights"] = fmt::format("{}, {}", to_string(options.weights), options.per_channel ? "per channel" : "per tensor");
  verify(graph);
  return result;
}

}  // namespace galet::quantize
