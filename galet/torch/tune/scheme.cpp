#include "galet/torch/tune/scheme.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <regex>
#include <set>

#include "galet/detect/heads.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"
#include "galet/transform/passes.h"

namespace galet::torch::tune {
namespace {

// What would merge batch norms into layers, or swap nodes around one.
const std::vector<std::string> kKeepNorms{"fold_batchnorm", "fold_affine", "decompose_batchnorm", "fuse_maxpool"};
const Method kEightBits{"int", 8}, kFloat{"float", 32};

bool is_weighted(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return node.op->quant == QuantTrait::weighted && node.operands.size() > 1 && node.operands[1].valid() &&
         graph.value(node.operands[1]).is_constant();
}

/// Codes go through it unchanged: source and result share a spec.
bool moves_codes(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return node.op->quant == QuantTrait::same_spec || node.op->name == "concat" ||
         (node.op->name == "resize" && graph.call(id).get_string("mode") == "nearest");
}

void move_signs(Graph& graph) {
  Rewriter rewriter(graph, "tune");
  for (const NodeId id : graph.order()) {
    const Node node = graph.node(id);
    if (node.op->name != "batch_norm") continue;
    const NodeId layer = graph.value(node.operands[0]).producer;
    if (!layer.valid() || !is_weighted(graph, layer) || graph.readers(node.operands[0]).size() != 1 || graph.is_output(node.operands[0]))
      continue;
    const Node& conv = graph.node(layer);
    // Only where the channels are the first extent of a weight of its own.
    if (conv.op->name != "conv2d" && conv.op->name != "linear") continue;
    std::vector<ValueId> parts{node.operands[1], node.operands[3], conv.operands[1]};
    if (conv.operands.size() > 2 && conv.operands[2].valid()) parts.push_back(conv.operands[2]);
    if (std::ranges::any_of(parts, [&](ValueId v) { return !graph.value(v).is_constant() || graph.readers(v).size() != 1; })) continue;
    const Tensor scale = graph.value(node.operands[1]).constant;
    for (const ValueId part : parts) {
      Tensor data = graph.value(part).constant;
      float* x = data.mutable_data<float>();
      const int64_t inner = data.size() / scale.size();
      for (int64_t i = 0; i < data.size(); ++i)
        if (scale.data<float>()[i / inner] < 0) x[i] = -x[i];
      rewriter.set_constant(part, data);
    }
  }
}

class Maker {
 public:
  Maker(const Graph& base, const pipeline::TuneRecipe& recipe, int bits) : recipe_(recipe), bits_(bits) {
    // Decoding is neither trained nor quantized: only the integer network has it.
    scheme_.training = detect::is_detector(base) ? detect::body(base, detect::find_heads(base)) : base;
    scheme_.network = base;
    transform::simplify(scheme_.network, {"fuse_maxpool"});
  }

  Scheme make() {
    choose_layers();
    find_regions();  // without requantizing nodes: which values are codes at all
    find_groups();
    if (split_groups()) {
      find_regions();
      find_groups();
    }
    choose_methods();
    return std::move(scheme_);
  }

 private:
  const Graph& graph() const { return scheme_.network; }

  // Layers.

  Method lowered(const Method& method, bool weights) const {
    return bits_ == 0 || method.is_float() || method.bits >= bits_ ? method : with_bits(method, bits_, weights);
  }

  /// Weighted nodes whose result reaches an addition past no other weighted node, and whose source also reaches that addition's other
  /// operand through one: the short way of a residual block.
  std::set<std::string> shortcut_layers(const std::vector<NodeId>& layers) const {
    std::set<std::string> found;
    for (const NodeId id : layers) {
      const ValueId source = graph().node(id).operands[0];
      for (const NodeId reader : graph().readers(graph().result(id))) {
        const Node& add = graph().node(reader);
        if (add.op->name != "add" || add.operands.size() != 2) continue;
        const ValueId other = add.operands[add.operands[0] == graph().result(id) ? 1 : 0];
        const NodeId last = graph().value(other).producer;
        if (!last.valid() || last == id || graph().node(last).operands[0] == source) continue;
        if (reaches(other, source)) found.insert(graph().node(id).name);
      }
    }
    return found;
  }
  /// Upwards from `value` to `source`, a few nodes at most: a residual block is short.
  bool reaches(ValueId value, ValueId source, int depth = 12) const {
    if (value == source) return true;
    const NodeId producer = graph().value(value).producer;
    if (!producer.valid() || depth == 0) return false;
    return std::ranges::any_of(graph().node(producer).operands,
                               [&](ValueId v) { return v.valid() && !graph().value(v).is_constant() && reaches(v, source, depth - 1); });
  }

  /// The last one; of a detector all that no other layer follows: its heads.
  std::set<NodeId> last_layers(const std::vector<NodeId>& layers) const {
    if (!detect::is_detector(graph())) return {layers.back()};
    const std::set<NodeId> weighted(layers.begin(), layers.end());
    std::set<NodeId> feeds, last;
    const std::vector<NodeId> order = graph().order();
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
      bool followed = false;
      for (const ValueId result : graph().node(*it).results)
        for (const NodeId reader : graph().readers(result)) followed = followed || feeds.contains(reader) || weighted.contains(reader);
      if (followed) feeds.insert(*it);
      if (!followed && weighted.contains(*it)) last.insert(*it);
    }
    return last;
  }

  void choose_layers() {
    std::vector<NodeId> layers;
    for (const NodeId id : graph().order())
      if (is_weighted(graph(), id)) layers.push_back(id);
    if (layers.empty()) fail("the network has no layer with constant weights to tune");
    for (const char* word : {"int8", "float", "low"})
      if (recipe_.shortcut == word) known_shortcut_ = true;
    if (!known_shortcut_) fail("unknown shortcut \"{}\", expected int8, float or low", recipe_.shortcut);
    const std::set<std::string> shortcuts = shortcut_layers(layers);
    const Method weights = quantizers::parse_weights(recipe_.weights), source = quantizers::parse_activations(recipe_.activations);
    const std::set<NodeId> last = last_layers(layers);
    std::vector<int> uses(recipe_.layers.size(), 0);
    for (const NodeId id : layers) {
      LayerScheme layer{graph().node(id).name, weights, source};
      if (recipe_.shortcut != "low" && shortcuts.contains(layer.node))
        layer.weights = layer.source = recipe_.shortcut == "float" ? kFloat : kEightBits;
      if (id == layers.front()) both(layer, recipe_.first);
      if (last.contains(id)) both(layer, recipe_.last);
      for (size_t i = 0; i < recipe_.layers.size(); ++i) {
        const auto& rule = recipe_.layers[i];
        if (!matches(rule.match, layer.node)) continue;
        ++uses[i];
        if (!rule.weights.empty()) layer.weights = quantizers::parse_weights(rule.weights);
        if (!rule.activations.empty()) layer.source = quantizers::parse_activations(rule.activations);
      }
      layer.weights = lowered(layer.weights, true), layer.source = lowered(layer.source, false);
      if (layer.weights.is_float() != layer.source.is_float()) {
        // Weights alone in few bits: the integer network still reads 8-bit activations.
        if (layer.weights.is_float())
          fail("layer \"{}\": float weights with activations {}: both float, or neither", layer.node, to_string(layer.source));
        layer.source = kEightBits;
        remark(layer.node, "activations int:8", "weights alone are in few bits; integer layers read codes of 8 bits");
      }
      if (layer.weights.is_float()) scheme_.options.keep_float.push_back(layer.node);
      of_layer_[layer.node] = scheme_.layers.size();
      scheme_.layers.push_back(layer);
    }
    for (size_t i = 0; i < uses.size(); ++i)
      if (uses[i] == 0) fail("the pattern \"{}\" matches no layer; galet inspect lists their names", recipe_.layers[i].match);
    if (recipe_.shortcut == "float")
      for (const NodeId id : graph().order()) {
        const Node& node = graph().node(id);
        if (node.op->name == "add" && std::ranges::none_of(node.operands, [&](ValueId v) { return graph().value(v).is_constant(); }))
          scheme_.options.keep_float.push_back(node.name);
      }
    scheme_.options.float_outputs = true;
  }
  static void both(LayerScheme& layer, const std::string& text) {
    layer.weights = quantizers::parse_weights(text), layer.source = quantizers::parse_activations(text);
  }
  static bool matches(const std::string& pattern, const std::string& name) {
    try {
      return std::regex_search(name, std::regex(pattern));
    } catch (const std::regex_error& error) {
      fail("\"{}\" is no regular expression: {}", pattern, error.what());
    }
  }
  void remark(const std::string& node, std::string decision, std::string reason) {
    scheme_.remarks.push_back({"tune", node, std::move(decision), std::move(reason), {}});
  }

  // Values.

  void find_regions() {
    scheme_.regions = quantize::find_regions(graph(), scheme_.options);
    integer_.clear();
    for (const auto& choice : scheme_.regions.nodes)
      if (choice.integer) integer_.insert(choice.node);
  }

  /// Values joined by integer nodes that move codes.
  void find_groups() {
    members_.clear(), group_of_.clear();
    for (const ValueId id : scheme_.regions.coded) {
      group_of_[id] = members_.size();
      members_.push_back({id});
    }
    for (const NodeId id : graph().order()) {
      const Node& node = graph().node(id);
      if (!integer_.contains(id) || !moves_codes(graph(), id) || requantizing_.contains(node.name)) continue;
      for (const std::vector<ValueId>& values : {node.operands, node.results})
        for (const ValueId v : values)
          if (v.valid() && group_of_.contains(v) && group_of_.contains(node.results[0])) join(group_of_[v], group_of_[node.results[0]]);
    }
  }
  void join(size_t a, size_t b) {
    if (a == b) return;
    if (a > b) std::swap(a, b);
    for (const ValueId v : members_[b]) group_of_[v] = a, members_[a].push_back(v);
    members_[b].clear();
  }

  /// What the readers of a group's values want of them.
  std::set<Method> wanted(const std::vector<ValueId>& members) const {
    std::set<Method> methods;
    for (const ValueId v : members) {
      if (recipe_.shortcut == "float" && is_float_add(graph().value(v).producer) && graph().readers(v).size() > 1) methods.insert(kFloat);
      for (const NodeId reader : graph().readers(v)) {
        if (const auto layer = of_layer_.find(graph().node(reader).name); layer != of_layer_.end()) {
          const Method& source = scheme_.layers[layer->second].source;
          if (graph().node(reader).operands[0] == v && !source.is_float()) methods.insert(source);
        } else if (integer_.contains(reader) && !moves_codes(graph(), reader) && recipe_.shortcut != "low") {
          methods.insert(kEightBits);
        }
      }
    }
    return methods;
  }
  bool is_float_add(NodeId id) const { return id.valid() && graph().node(id).op->name == "add" && !integer_.contains(id); }

  /// Where readers want different codes of a value, those that do not take its own read it through an identity whose result has theirs.
  bool split_groups() {
    bool split = false;
    for (const std::vector<ValueId>& members : members_) {
      const std::set<Method> methods = wanted(members);
      if (methods.size() < 2) continue;
      const Method base = methods.contains(kFloat) ? kFloat : methods.contains(kEightBits) ? kEightBits : *methods.rbegin();
      for (const ValueId v : members) {
        std::map<Method, std::vector<std::string>> readers;
        for (const NodeId reader : graph().readers(v))
          if (const auto layer = of_layer_.find(graph().node(reader).name); layer != of_layer_.end())
            if (const Method& source = scheme_.layers[layer->second].source; !source.is_float() && source != base)
              readers[source].push_back(graph().node(reader).name);
        for (const auto& [method, names] : readers)
          requantize(std::string(graph().value(v).name), method, names, base.is_float()), split = true;
      }
    }
    return split;
  }
  void requantize(const std::string& value, const Method& method, const std::vector<std::string>& readers, bool from_float) {
    const std::string name = value + "/" + to_string(method);
    for (Graph* graph : {&scheme_.network, &scheme_.training}) {
      const auto source = graph->find_value(value);
      if (!source) fail("value \"{}\" of the integer network is not one of the trained network", value);
      Rewriter rewriter(*graph, "tune");
      const NodeId identity = rewriter.insert(ops::get("identity"), name, {*source});
      for (const std::string& reader : readers) {
        const auto node = graph->find_node(reader);
        if (!node) fail("layer \"{}\" of the integer network is not one of the trained network", reader);
        rewriter.set_operand(*node, 0, graph->result(identity));
      }
    }
    requantizing_.insert(name);
    if (from_float) scheme_.options.keep_float.push_back(name);
    remark(name, "requantizes", "\"" + value + "\" is also read by an operator that wants more bits");
  }

  void choose_methods() {
    for (std::vector<ValueId>& members : members_) {
      if (members.empty()) continue;
      std::set<Method> methods = wanted(members);
      methods.erase(kFloat);
      if (methods.size() > 1) fail("value \"{}\" cannot have several quantizers", graph().value(members[0]).name);
      SpecGroup group;
      group.method = methods.empty() ? kEightBits : *methods.begin();
      std::ranges::sort(members);
      for (const ValueId v : members) {
        const Value& value = graph().value(v);
        group.values.push_back(value.name);
        if (value.is_constant()) group.constant = true;
        const bool moved = value.producer.valid() && integer_.contains(value.producer) && moves_codes(graph(), value.producer) &&
                           !requantizing_.contains(graph().node(value.producer).name);
        if (!moved) group.applied.push_back(value.name);
        if (!value.is_constant() && !scheme_.training.find_value(value.name))
          fail("value \"{}\" of the integer network is not one of the trained network", value.name);
      }
      scheme_.groups.push_back(std::move(group));
    }
  }

  const pipeline::TuneRecipe& recipe_;
  int bits_;
  bool known_shortcut_ = false;
  Scheme scheme_;
  std::map<std::string, size_t> of_layer_;
  std::set<NodeId> integer_;
  std::set<std::string> requantizing_;
  std::vector<std::vector<ValueId>> members_;
  std::map<ValueId, size_t> group_of_;
};

}  // namespace

NormPolicy parse_norm_policy(const std::string& text) {
  if (text == "freeze") return NormPolicy::freeze;
  if (text == "absorb") return NormPolicy::absorb;
  if (text == "fold") return NormPolicy::fold;
  if (text == "reestimate") return NormPolicy::reestimate;
  fail("unknown policy for batch norms \"{}\", expected freeze, absorb, fold or reestimate", text);
}

Graph prepare_training(const Graph& graph, NormPolicy policy) {
  Graph training = graph;
  for (const ValueId id : training.values())
    if (training.value(id).quant) fail("value \"{}\" is quantized already: tune the float network instead", training.value(id).name);
  transform::simplify(training, policy == NormPolicy::fold ? std::vector<std::string>{"fuse_maxpool"} : kKeepNorms);
  if (policy != NormPolicy::fold) move_signs(training);
  return training;
}

Scheme make_scheme(const Graph& base, const pipeline::TuneRecipe& recipe, int bits) { return Maker(base, recipe, bits).make(); }

}  // namespace galet::torch::tune
