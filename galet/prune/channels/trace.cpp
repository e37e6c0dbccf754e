#include "galet/prune/channels/trace.h"

#include <algorithm>
#include <cstring>

#include "galet/core/error.h"
#include "galet/transform/edit.h"

namespace galet::prune {

#define CHANNEL_RULE(op, rule) ChannelRule rule##_channels;
#include "galet/prune/channel_rules.inc"
#undef CHANNEL_RULE

ChannelRule* channel_rule(std::string_view name) {
#define CHANNEL_RULE(op, rule) \
  if (name == #op) return rule##_channels;
#include "galet/prune/channel_rules.inc"
#undef CHANNEL_RULE
  return nullptr;
}

std::vector<std::string_view> traced_operators() {
  return {
#define CHANNEL_RULE(op, rule) #op,
#include "galet/prune/channel_rules.inc"
#undef CHANNEL_RULE
  };
}

namespace {

/// What stays of a tensor along one axis.
Tensor selected(const Tensor& tensor, size_t axis, const std::vector<int64_t>& places) {
  Shape shape = tensor.shape();
  const int64_t outer = count(shape, 0, axis), extent = shape[axis], inner = count(shape, axis + 1, shape.size());
  shape[axis] = static_cast<int64_t>(places.size());
  Tensor result(tensor.dtype(), shape);
  const size_t run = static_cast<size_t>(inner) * size_of(tensor.dtype());
  std::byte* to = result.mutable_bytes();
  for (int64_t o = 0; o < outer; ++o)
    for (const int64_t place : places) {
      if (run > 0) std::memcpy(to, tensor.bytes() + static_cast<size_t>(o * extent + place) * run, run);
      to += run;
    }
  return result;
}

void cut_constant(Rewriter& rewriter, ValueId id, size_t axis, const std::vector<int64_t>& places) {
  const Value value = rewriter.graph().value(id);
  rewriter.set_constant(id, selected(value.constant, axis, places));
  if (value.mask) rewriter.set_mask(id, selected(value.mask, axis, places));
  rewriter.set_stats(id, std::nullopt);
  if (!value.quant || value.quant->axis != static_cast<int>(axis)) return;
  QuantSpec spec = *value.quant;
  if (spec.scales.size() > 1) {
    spec.scales.clear(), spec.zero_points.clear();
    for (const int64_t place : places) {
      spec.scales.push_back(value.quant->scales[static_cast<size_t>(place)]);
      spec.zero_points.push_back(value.quant->zero_points[static_cast<size_t>(place)]);
    }
  }
  rewriter.set_quant(id, spec);
}

constexpr size_t kWeight = 1;
bool is_weight(const Graph& graph, NodeId node, size_t operand) {
  return operand == kWeight && graph.node(node).op->quant == QuantTrait::weighted;
}

}  // namespace

int64_t Kept::count(const Labels& labels, size_t first, size_t last) const {
  return std::count_if(labels.of.begin() + static_cast<int64_t>(first), labels.of.begin() + static_cast<int64_t>(last),
                       [&](uint32_t label) { return stays_[label]; });
}

std::vector<int64_t> Kept::places(const Labels& labels) const {
  std::vector<int64_t> result;
  for (size_t i = 0; i < labels.of.size(); ++i)
    if (stays_[labels.of[i]]) result.push_back(static_cast<int64_t>(i));
  return result;
}

Trace::Trace(const Graph& graph) : graph_(graph) {
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (ChannelRule* rule = channel_rule(node.op->name)) {
      rule(*this, id);
      continue;
    }
    for (const ValueId operand : node.operands)
      if (operand.valid())
        keep(labels(operand), fmt::format("{} reads it, of which is not known how channels leave", transform::describe(graph, id)));
  }
  for (const ValueId output : graph.outputs())
    keep(labels(output), fmt::format("\"{}\" is an output of the network", graph.value(output).name));
  check_shared_weights();
  for (Producer& producer : producers_)
    for (uint32_t& label : producer.labels.of) label = find(label);
}

Labels Trace::labels(ValueId value) const {
  const auto found = labels_.find(value.index);
  return found == labels_.end() ? Labels() : found->second;
}

Labels Trace::fresh(int axis, int64_t count) {
  Labels labels{axis, {}};
  for (int64_t i = 0; i < count; ++i) {
    labels.of.push_back(static_cast<uint32_t>(parents_.size()));
    parents_.push_back(labels.of.back());
  }
  return labels;
}

uint32_t Trace::find(uint32_t label) const {
  while (parents_[label] != label) label = parents_[label] = parents_[parents_[label]];
  return label;
}

void Trace::tie(uint32_t a, uint32_t b) {
  a = find(a), b = find(b);
  if (a == b) return;
  const uint32_t first = std::min(a, b), second = std::max(a, b);
  parents_[second] = first;
  if (const auto found = kept_.find(second); found != kept_.end()) {
    kept_.try_emplace(first, found->second);
    kept_.erase(second);
  }
}

void Trace::tie(const Labels& a, const Labels& b) {
  for (size_t i = 0; i < std::min(a.of.size(), b.of.size()); ++i) tie(a.of[i], b.of[i]);
}

void Trace::keep(const Labels& labels, const std::string& reason) {
  for (const uint32_t label : labels.of) kept_.try_emplace(find(label), reason);
}

std::string Trace::kept_because(uint32_t label) const {
  const auto found = kept_.find(find(label));
  return found == kept_.end() ? "" : found->second;
}

void Trace::slice(NodeId node, size_t operand, size_t axis, const Labels& labels) {
  if (is_weight(graph_, node, operand)) {
    const auto [known, first] = weights_.try_emplace({graph_.node(node).operands[operand].index, axis}, labels);
    if (!first) tie(known->second, labels);  // one weight, several layers: it stays one
  }
  slices_.push_back({node, operand, axis, labels});
}

void Trace::check_shared_weights() {
  for (const auto& [key, labels] : weights_) {
    size_t reads = 0, known = 0;
    for (const NodeId id : graph_.order())
      for (const ValueId operand : graph_.node(id).operands) reads += operand.index == key.first;
    for (const Slice& one : slices_) known += graph_.node(one.node).operands[one.operand].index == key.first && one.axis == key.second;
    if (known != reads) keep(labels, fmt::format("its weight \"{}\" is read in other ways too", graph_.value(ValueId{key.first}).name));
  }
}

void Trace::cut(Graph& graph, const std::vector<bool>& stays) const {
  std::vector<bool> each(parents_.size());
  for (uint32_t label = 0; label < each.size(); ++label) each[label] = stays[find(label)];
  const Kept kept(each);
  Rewriter rewriter(graph, "prune");
  for (const auto& f : edits_) f(rewriter, kept);
  std::set<std::pair<uint32_t, size_t>> done;
  for (const Slice& one : slices_) {
    if (kept.count(one.labels) == static_cast<int64_t>(one.labels.of.size())) continue;
    const ValueId constant = graph.node(one.node).operands[one.operand];
    const bool shared_weight = is_weight(graph_, one.node, one.operand);
    if (shared_weight && !done.insert({constant.index, one.axis}).second) continue;
    cut_constant(rewriter, shared_weight ? constant : transform::own_constant(rewriter, one.node, one.operand), one.axis,
                 kept.places(one.labels));
  }
  rewriter.reinfer();
  for (const ValueId id : graph.values())
    if (!graph.value(id).is_constant() && graph.value(id).stats && graph.value(id).shape != graph_.value(id).shape)
      rewriter.set_stats(id, std::nullopt);
  verify(graph);
}

}  // namespace galet::prune
