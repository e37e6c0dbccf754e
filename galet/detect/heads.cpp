#include "galet/detect/heads.h"

#include <algorithm>
#include <map>
#include <set>

#include "galet/ir/rewriter.h"

namespace galet::detect {
namespace {

/// Walks upwards from a node, naming it where it is not what was expected.
class Reader {
 public:
  explicit Reader(const Graph& graph) : graph_(graph) {}

  const Node* producer(ValueId value) const {
    const NodeId id = graph_.value(value).producer;
    return id.valid() ? &graph_.node(id) : nullptr;
  }
  const Node& expect(ValueId value, std::string_view op) const {
    const Node* node = producer(value);
    if (node == nullptr || node->op->name != op)
      fail("this detector cannot be trained: \"{}\" comes from {}, expected {}", graph_.value(value).name,
           node == nullptr ? "no node" : node->op->name, op);
    return *node;
  }
  /// What a sigmoid is taken of.
  ValueId logits(ValueId scores) const { return expect(scores, "sigmoid").operands[0]; }
  const Shape& shape(ValueId value) const { return graph_.value(value).shape; }
  const Tensor& constant(ValueId value) const {
    if (!graph_.value(value).is_constant())
      fail("this detector cannot be trained: \"{}\" is computed, expected a constant", graph_.value(value).name);
    return graph_.value(value).constant;
  }
  Floats floats(const Node& node, const std::string& name) const {
    return graph_.call(graph_.value(node.results[0]).producer).get_floats(name);
  }
  float number(const Node& node, const std::string& name) const {
    return graph_.call(graph_.value(node.results[0]).producer).get_float(name);
  }

  /// Rows that a concatenation takes from each of its operands; one level where there is none.
  std::vector<Level> levels(ValueId rows) const {
    std::vector<Level> result;
    const Node* joined = producer(rows);
    int64_t first = 0;
    if (joined != nullptr && joined->op->name == "concat") {
      for (const ValueId part : joined->operands) {
        result.push_back({first, shape(part).at(1), 0});
        first += shape(part).at(1);
      }
    }
    if (first != shape(rows)[1]) result = {{0, shape(rows)[1], 0}};
    return result;
  }

 private:
  const Graph& graph_;
};

Heads centers(const Reader& r, const Node& decode) {
  Heads heads;
  heads.kind = Kind::centers;
  heads.scores = r.logits(r.expect(decode.operands[0], "heatmap_peaks").operands[0]);
  heads.boxes = decode.operands[1];
  if (decode.operands.size() > 2) heads.extra = decode.operands[2];
  heads.stride = r.number(decode, "stride");
  heads.classes = r.shape(heads.scores)[1];
  if (r.shape(heads.boxes)[1] != 2)
    fail("this detector cannot be trained: its sizes are of single classes, expected 2 channels for all classes");
  return heads;
}

/// The distance between neighbours in a row, in a column, or from the border to the first and only one.
float stride_of(std::span<const float> points, const Level& level) {
  const auto x = [&](int64_t i) { return points[static_cast<size_t>(2 * (level.first + i))]; };
  const auto y = [&](int64_t i) { return points[static_cast<size_t>(2 * (level.first + i) + 1)]; };
  if (level.count > 1 && x(1) > x(0)) return x(1) - x(0);
  if (level.count > 1 && y(1) > y(0)) return y(1) - y(0);
  return 2 * x(0);
}

Heads points(const Reader& r, const Node& decode, ValueId scores) {
  Heads heads;
  heads.kind = Kind::points;
  heads.boxes = decode.operands[0];
  heads.places = r.constant(decode.operands[1]);
  heads.levels = r.levels(heads.boxes);
  for (Level& level : heads.levels) level.stride = stride_of(heads.places.span<float>(), level);
  if (const Node* root = r.producer(scores); root != nullptr && root->op->name == "sqrt") {
    const Node& both = r.expect(root->operands[0], "mul");
    heads.scores = r.logits(both.operands[0]), heads.extra = r.logits(both.operands[1]);
    if (r.shape(heads.scores)[2] == 1 && r.shape(heads.extra)[2] != 1) std::swap(heads.scores, heads.extra);
  } else {
    heads.scores = r.logits(scores);
  }
  heads.classes = r.shape(heads.scores)[2];
  return heads;
}

Heads anchors(const Reader& r, const Node& decode, ValueId scores) {
  Heads heads;
  heads.kind = Kind::anchors;
  heads.boxes = decode.operands[0];
  heads.places = r.constant(decode.operands[1]);
  heads.levels = r.levels(heads.boxes);
  heads.weights = r.floats(decode, "weights"), heads.limit = r.number(decode, "limit");
  heads.scores = r.logits(scores);
  heads.classes = r.shape(heads.scores)[2];
  return heads;
}

}  // namespace

std::string_view to_string(Kind kind) {
  return kind == Kind::centers ? "decode_centers" : kind == Kind::points ? "decode_points" : "decode_anchors";
}

std::vector<ValueId> Heads::values() const {
  std::vector<ValueId> result{scores, boxes};
  if (extra.valid()) result.push_back(extra);
  return result;
}

bool is_detector(const Graph& graph) {
  if (graph.outputs().size() != 1) return false;
  const NodeId last = graph.value(graph.outputs()[0]).producer;
  if (!last.valid()) return false;
  const std::string_view op = graph.node(last).op->name;
  return op == "select_detections" || op == "decode_centers";
}

Heads find_heads(const Graph& graph) {
  if (!is_detector(graph)) fail("this network is no detector: it ends neither in select_detections nor in decode_centers");
  if (graph.inputs().size() != 1 || graph.value(graph.inputs()[0]).shape.size() != 4)
    fail("this detector cannot be trained: expected one image (1, channels, height, width) as its input");
  const Reader reader(graph);
  const Node& last = graph.node(graph.value(graph.outputs()[0]).producer);
  Heads heads;
  if (last.op->name == "decode_centers") {
    heads = centers(reader, last);
  } else {
    const Node* decode = reader.producer(last.operands[0]);
    if (decode != nullptr && decode->op->name == "decode_points")
      heads = points(reader, *decode, last.operands[1]);
    else if (decode != nullptr && decode->op->name == "decode_anchors")
      heads = anchors(reader, *decode, last.operands[1]);
    else
      fail("this detector cannot be trained: its boxes come from {}, expected decode_points or decode_anchors",
           decode == nullptr ? "no node" : decode->op->name);
    if (graph.call(graph.value(graph.outputs()[0]).producer).get_int("background") != 0)
      fail("this detector cannot be trained: it has a class for the background, expected a sigmoid of each class");
  }
  const Shape& input = graph.value(graph.inputs()[0]).shape;
  heads.height = input[2], heads.width = input[3];
  return heads;
}

Graph body(const Graph& graph, const Heads& heads) {
  Graph result = graph;
  Rewriter rewriter(result, "heads");
  rewriter.set_outputs(heads.values());
  rewriter.remove_dead();
  return result;
}

Graph tail(const Graph& graph, const Heads& heads) {
  Graph result;
  result.info = graph.info;
  std::map<ValueId, ValueId> made;
  for (const ValueId id : heads.values()) {
    const Value& value = graph.value(id);
    if (!made.contains(id)) made[id] = result.add_input(value.name, value.dtype, value.shape);
  }
  std::set<NodeId> needed;
  std::vector<ValueId> open(graph.outputs());
  while (!open.empty()) {
    const ValueId id = open.back();
    open.pop_back();
    const NodeId producer = graph.value(id).producer;
    if (made.contains(id) || !producer.valid() || !needed.insert(producer).second) continue;
    for (const ValueId operand : graph.node(producer).operands)
      if (operand.valid()) open.push_back(operand);
  }
  for (const NodeId id : graph.order()) {
    if (!needed.contains(id)) continue;
    const Node& node = graph.node(id);
    std::vector<ValueId> operands;
    for (const ValueId operand : node.operands) {
      if (operand.valid() && !made.contains(operand)) {
        const Value& value = graph.value(operand);
        made[operand] = result.add_constant(value.name, value.constant, value.quant);
      }
      operands.push_back(operand.valid() ? made.at(operand) : ValueId{});
    }
    const NodeId copy = result.add_node(*node.op, node.name, std::move(operands), node.attributes);
    for (size_t i = 0; i < node.results.size(); ++i) made[node.results[i]] = result.result(copy, i);
  }
  for (const ValueId id : graph.outputs()) result.add_output(made.at(id));
  verify(result);
  return result;
}

}  // namespace galet::detect
