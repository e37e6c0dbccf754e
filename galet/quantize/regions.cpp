#include "galet/quantize/regions.h"

#include <algorithm>
#include <set>

namespace galet::quantize {
namespace {

bool is_any(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const Value* operand(const Graph& graph, const Node& node, size_t i) {
  return i < node.operands.size() && node.operands[i].valid() ? &graph.value(node.operands[i]) : nullptr;
}

std::string why_not_weighted(const Graph& graph, const Node& node) {
  const Value &src = *operand(graph, node, 0), &weight = *operand(graph, node, 1);
  const Value* bias = operand(graph, node, 2);
  if (src.is_constant()) return "its source is constant";
  if (!weight.is_constant()) return "its weight is computed, not constant";
  if (node.op->name == "matmul" && weight.shape.size() != 2) return "its weight is a batch of matrices";
  if (bias != nullptr && !bias->is_constant()) return "its bias is computed, not constant";
  return {};
}

std::string why_not_rescaled(const Graph& graph, const Node& node, const OpCall& call) {
  const std::string_view name = node.op->name;
  if (name == "reduce_mean")
    return call.rank(0) == 4 && call.get_ints("axes") == Ints{2, 3} ? ""
                                                                    : "a mean over other axes than height and width has no integer form";
  if (!is_any(name, {"add", "sub", "mul", "concat", "average_pool", "global_average_pool", "resize"}))
    return "the operator has no integer form";
  if (std::all_of(node.operands.begin(), node.operands.end(), [&](ValueId id) { return graph.value(id).is_constant(); }))
    return "all operands are constant";
  return {};
}

/// Empty when the operator can compute on codes here.
std::string why_not(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const QuantTrait trait = node.op->quant;
  if (trait == QuantTrait::none) return "the operator has no integer form";
  const Value* src = operand(graph, node, 0);
  if (src == nullptr || src->dtype != DType::f32) return "it works on other numbers than reals";
  for (const ValueId result : node.results)
    if (graph.value(result).dtype != DType::f32) return "its result is no real number";
  if (trait == QuantTrait::weighted) return why_not_weighted(graph, node);
  if (trait == QuantTrait::rescaled) return why_not_rescaled(graph, node, graph.call(id));
  if (src->is_constant()) return "its source is constant";
  for (size_t i = 1; i < node.operands.size(); ++i)
    if (const Value* other = operand(graph, node, i); other != nullptr && other->dtype == DType::f32)
      return "it combines several real operands";
  return {};
}

/// Operators that only lose precision when they run on codes and save nothing worth it once no weighted layer follows.
bool prefers_float_at_the_end(const Graph& graph, const Node& node) {
  const std::string_view name = node.op->name;
  // Heads of several scales put together: one spec for all would take the widest range of them. Feature maps (rank 4) are no such heads.
  if (name == "concat") return graph.value(node.results[0]).shape.size() != 4;
  if (node.op->quant == QuantTrait::table) return !is_any(name, {"relu", "clip", "leaky_relu"});
  if (is_any(name, {"mul", "sub"})) return true;
  return name == "add" &&
         std::any_of(node.operands.begin(), node.operands.end(), [&](ValueId id) { return graph.value(id).is_constant(); });
}

/// Boxes are worth more than classes: a step of a head's codes moves an edge.
bool finds_boxes(const Graph& graph, const std::vector<NodeId>& order) {
  return std::any_of(order.begin(), order.end(), [&](NodeId id) {
    return is_any(graph.node(id).op->name,
                  {"select_detections", "decode_centers", "decode_anchors", "decode_points", "non_max_suppression"});
  });
}

class Finder {
 public:
  Finder(const Graph& graph, const QuantizeOptions& options)
      : graph_(graph), options_(options), order_(graph.order()), boxes_(finds_boxes(graph, order_)) {}

  Regions find() {
    choose_by_operator();
    choose_tails();
    Regions regions;
    for (const NodeId id : order_) regions.nodes.push_back({id, reason_[id.index].empty(), reason_[id.index]});
    collect_coded(regions);
    return regions;
  }

 private:
  bool integer(NodeId id) const { return reason_[id.index].empty(); }

  void choose_by_operator() {
    for (const std::string& name : options_.keep_float)
      if (!graph_.find_node(name)) fail("no node is named \"{}\", so it cannot be kept float", name);
    const std::set<std::string> kept(options_.keep_float.begin(), options_.keep_float.end());
    for (const NodeId id : order_) {
      if (id.index >= reason_.size()) reason_.resize(id.index + 1);
      reason_[id.index] = kept.contains(graph_.node(id).name) ? "asked for" : why_not(graph_, id);
      if (options_.mode == Mode::dynamic && reason_[id.index].empty() && graph_.node(id).op->quant != QuantTrait::weighted)
        reason_[id.index] = "dynamic quantization covers convolutions and linear layers only";
    }
  }

  // Backwards: does any integer weighted node depend on it? If not, it belongs to a tail; there, forwards, float spreads.
  void choose_tails() {
    std::vector<char> feeds(reason_.size(), 0);
    for (auto it = order_.rbegin(); it != order_.rend(); ++it)
      for (const ValueId result : graph_.node(*it).results)
        for (const NodeId reader : graph_.readers(result))
          if (feeds[reader.index] || (integer(reader) && graph_.node(reader).op->quant == QuantTrait::weighted)) feeds[it->index] = 1;
    for (const NodeId id : order_) {
      const Node& node = graph_.node(id);
      if (!integer(id) || feeds[id.index] || node.op->quant == QuantTrait::weighted) continue;
      const bool reads_float = std::any_of(node.operands.begin(), node.operands.end(), [&](ValueId v) {
        const NodeId producer = v.valid() ? graph_.value(v).producer : NodeId{};
        return producer.valid() && !integer(producer);
      });
      if (reads_float)
        reason_[id.index] = "it follows float nodes and no weighted layer follows it";
      else if (prefers_float_at_the_end(graph_, node))
        reason_[id.index] = "no weighted layer follows: float keeps its precision and costs next to nothing";
    }
    if (boxes_ && options_.mode == Mode::fixed) choose_heads(feeds);
  }

  /// What only moves the sums of a head does so in float, so that the head need not give codes.
  void choose_heads(const std::vector<char>& feeds) {
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
      const Node& node = graph_.node(*it);
      if (!integer(*it) || feeds[it->index] || node.op->quant != QuantTrait::same_spec) continue;
      if (std::all_of(node.results.begin(), node.results.end(), [&](ValueId result) { return only_float_readers(result); }))
        reason_[it->index] = "no weighted layer follows: heads of boxes and scores keep the precision of their sums";
    }
  }

  bool only_float_readers(ValueId value) const {
    const auto readers = graph_.readers(value);
    return std::none_of(readers.begin(), readers.end(), [&](NodeId reader) { return integer(reader); });
  }

  /// A detector's last weighted layers; what ends the network itself stays codes unless asked for.
  bool head(const Node& node, ValueId result) const {
    return boxes_ && options_.mode == Mode::fixed && node.op->quant == QuantTrait::weighted && !graph_.readers(result).empty();
  }

  void collect_coded(Regions& regions) const {
    std::set<ValueId> coded, sources;
    for (const NodeId id : order_) {
      if (!integer(id)) continue;
      const Node& node = graph_.node(id);
      const bool weighted = node.op->quant == QuantTrait::weighted;
      if (weighted && sources.insert(node.operands[0]).second) regions.weighted_sources.push_back(node.operands[0]);
      for (size_t i = 0; i < (weighted ? 1 : node.operands.size()); ++i)
        if (node.operands[i].valid() && graph_.value(node.operands[i]).dtype == DType::f32) coded.insert(node.operands[i]);
      for (const ValueId result : node.results)
        if (!(options_.float_outputs || head(node, result)) || !only_float_readers(result)) coded.insert(result);
    }
    for (const ValueId id : graph_.values())
      if (coded.contains(id)) regions.coded.push_back(id);
  }

  const Graph& graph_;
  const QuantizeOptions& options_;
  const std::vector<NodeId> order_;
  const bool boxes_;
  std::vector<std::string> reason_;  // by node; empty: integer
};

}  // namespace

Regions find_regions(const Graph& graph, const QuantizeOptions& options) { return Finder(graph, options).find(); }

}  // namespace galet::quantize
