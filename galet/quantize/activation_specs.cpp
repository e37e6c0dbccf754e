#include "galet/quantize/activation_specs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "galet/runtime/codes.h"

namespace galet::quantize {
namespace {

/// Sets of values that share a spec.
class Groups {
 public:
  explicit Groups(size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), size_t{0}); }
  size_t find(size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(size_t a, size_t b) {
    a = find(a), b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<size_t> parent_;
};

struct Interval {
  double low = 0, high = 0;  // zero always lies within
  void include(double a, double b) { low = std::min(low, a), high = std::max(high, b); }
};

/// Results of the network, or what float nodes make results of: their largest values are the answer, so no observer clips them.
bool is_answer(const Graph& graph, ValueId id, const std::set<NodeId>& integer) {
  const auto readers = graph.readers(id);
  return graph.is_output(id) || std::none_of(readers.begin(), readers.end(), [&](NodeId reader) { return integer.contains(reader); });
}

Interval range_of(const Value& value, bool whole) {
  Interval range;
  if (value.is_constant()) {
    for (const float x : value.constant.span<float>()) range.include(x, x);
    return range;
  }
  if (!value.stats) fail("value \"{}\" has no statistics: calibrate the network before quantizing it", value.name);
  const Stats& stats = *value.stats;
  whole ? range.include(stats.min, stats.max) : range.include(stats.clip_min, stats.clip_max);
  return range;
}

/// Results of sigmoid functions that fill most of 0..1 take the scale that PyTorch and TFLite fix for these functions, 1/256: exports of
/// them compute the same codes, and little resolution is given for it.
bool is_gate(const Graph& graph, ValueId id, const Interval& range) {
  const NodeId producer = graph.value(id).producer;
  if (!producer.valid()) return false;
  const std::string_view op = graph.node(producer).op->name;
  return (op == "sigmoid" || op == "hard_sigmoid") && range.low == 0 && range.high >= 0.75;
}

}  // namespace

QuantSpec u8_spec(double low, double high) {
  low = std::min(low, 0.0), high = std::max(high, 0.0);
  QuantSpec spec;
  float scale = static_cast<float>((high - low) / 255);
  if (!(high > low)) scale = 1;
  scale = std::max(scale, 1e-18f);
  spec.scales = {scale};
  spec.zero_points = {static_cast<int32_t>(std::clamp(std::nearbyint(-low / double{scale}), 0.0, 255.0))};
  return spec;
}

void set_activation_specs(Rewriter& rewriter, const Regions& regions, const QuantizeOptions& options) {
  const Graph& graph = rewriter.graph();
  std::map<ValueId, size_t> index;
  for (const ValueId id : regions.coded) index.emplace(id, index.size());
  Groups groups(index.size());
  std::vector<char> covered(index.size(), 0);  // its values are all among those of another member of its group
  for (const auto& [id, integer, reason] : regions.nodes) {
    if (!integer) continue;
    const Node& node = graph.node(id);
    const bool concat = node.op->name == "concat" && options.share_concat;
    // A nearest resize moves codes though resize, being linear too, is listed as rescaled.
    const bool nearest = node.op->name == "resize" && graph.call(id).get_string("mode") == "nearest";
    if (node.op->quant != QuantTrait::same_spec && !concat && !nearest) continue;
    const auto result = index.find(node.results[0]);
    for (const ValueId operand : node.operands) {
      const auto src = operand.valid() ? index.find(operand) : index.end();
      if (src == index.end() || result == index.end()) continue;
      groups.join(src->second, result->second);
      if (concat) covered[src->second] = 1;
    }
    if (concat) continue;
    for (const ValueId r : node.results)
      if (const auto other = index.find(r); other != index.end()) {
        if (result != index.end()) groups.join(other->second, result->second);
        covered[other->second] = 1;
      }
  }

  std::set<NodeId> integer_nodes;
  for (const auto& choice : regions.nodes)
    if (choice.integer) integer_nodes.insert(choice.node);
  std::vector<char> answer(index.size(), 0);
  for (const auto& [id, i] : index)
    if (is_answer(graph, id, integer_nodes)) answer[groups.find(i)] = 1;
  std::vector<Interval> ranges(index.size());
  for (const auto& [id, i] : index)
    if (!covered[i]) {
      const Interval range = range_of(graph.value(id), answer[groups.find(i)] != 0);
      ranges[groups.find(i)].include(range.low, range.high);
    }
  std::vector<int> members(index.size(), 0);
  for (const auto& [id, i] : index) ++members[groups.find(i)];
  for (const auto& [id, i] : index) {
    const size_t group = groups.find(i);
    const Interval& range = ranges[group];
    QuantSpec spec = u8_spec(range.low, range.high);
    if (members[group] == 1 && is_gate(graph, id, range)) spec.scales = {1.0f / 256};
    const Tensor constant = graph.value(id).constant;
    rewriter.set_quant(id, spec);
    if (constant) rewriter.set_constant(id, runtime::quantize_tensor(constant, spec));
  }
}

}  // namespace galet::quantize
