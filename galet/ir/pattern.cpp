// Fitting is a search with backtracking over a list of (term, value) pairs still to be fitted: the first complete assignment in the order
// of the pattern wins.
#include "galet/ir/pattern.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "galet/ir/pattern_term.h"

namespace galet {

using Term = Pattern::Term;

namespace {

bool close(double found, double wanted) { return found == wanted || std::abs(found - wanted) <= 1e-5 * std::abs(wanted); }

bool all_equal(const Value& value, double wanted) {
  if (!value.is_constant() || value.quant || value.constant.size() == 0 || value.dtype == DType::boolean) return false;
  return dispatch(value.constant.dtype(), [&](auto zero) {
    const auto elements = value.constant.span<decltype(zero)>();
    return std::all_of(elements.begin(), elements.end(), [&](auto x) { return close(static_cast<double>(x), wanted); });
  });
}

template <typename T>
bool list_equal(const std::vector<T>& found, const std::vector<double>& wanted) {
  return std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(),
                    [](T a, double b) { return close(static_cast<double>(a), b); });
}

bool holds(const Node& node, const Term::Condition& condition) {
  if (std::holds_alternative<Term::Any>(condition.wanted)) return true;
  const Attribute* found = nullptr;
  if (const auto it = node.attributes.find(condition.attribute); it != node.attributes.end()) found = &it->second;
  for (const AttributeSpec& spec : node.op->attributes)
    if (found == nullptr && spec.name == condition.attribute && !spec.required && !spec.optional) found = &spec.example;
  if (found == nullptr) return false;
  if (const auto* text = std::get_if<std::string>(&condition.wanted)) {
    const auto* s = std::get_if<std::string>(found);
    return s != nullptr && *s == *text;
  }
  if (const auto* list = std::get_if<std::vector<double>>(&condition.wanted)) {
    if (const auto* ints = std::get_if<Ints>(found)) return list_equal(*ints, *list);
    if (const auto* floats = std::get_if<Floats>(found)) return list_equal(*floats, *list);
    return false;
  }
  const double wanted = std::get<double>(condition.wanted);
  if (const auto* i = std::get_if<int64_t>(found)) return static_cast<double>(*i) == wanted;
  const auto* f = std::get_if<float>(found);
  return f != nullptr && close(*f, wanted);
}

/// A fused activation that the pattern does not speak of would be lost in what it is rewritten to.
bool has_unmentioned_activation(const Node& node, const Term& term) {
  const auto it = node.attributes.find("activation");
  if (it == node.attributes.end() || equal(it->second, std::string("none"))) return false;
  return std::none_of(term.conditions.begin(), term.conditions.end(), [](const Term::Condition& c) { return c.attribute == "activation"; });
}

bool commutes(std::string_view op) { return op == "add" || op == "mul" || op == "min" || op == "max"; }

}  // namespace

class Matcher {
 public:
  Matcher(const Graph& graph, Match& match) : graph_(graph), match_(match) {}

  bool root(const Term& term, NodeId node) {
    if (term.kind == Term::Kind::any_node) return true;
    return call(term, node, {});
  }

 private:
  struct Goal {
    const Term* term;
    ValueId value;
  };
  using Goals = std::vector<Goal>;  // last one first

  bool solve(Goals goals) {
    if (goals.empty()) return true;
    const auto [term, value] = goals.back();
    goals.pop_back();
    if (!value.valid()) return term->optional && bind(term->name, value) && solve(std::move(goals));
    if (term->lone && (graph_.is_output(value) || graph_.readers(value).size() != 1)) return false;
    switch (term->kind) {
      case Term::Kind::any_node:
        return false;
      case Term::Kind::value:
        return bound(term->name, value, goals);
      case Term::Kind::constant:
        return graph_.value(value).is_constant() && bound(term->name, value, goals);
      case Term::Kind::number:
        return all_equal(graph_.value(value), term->number) && solve(std::move(goals));
      case Term::Kind::call: {
        const NodeId node = graph_.value(value).producer;
        return node.valid() && graph_.result(node) == value && call(*term, node, goals);
      }
      case Term::Kind::alternatives:
        break;
    }
    for (const Term& choice : term->terms) {
      Goals next = goals;
      next.push_back({&choice, value});
      if (attempt(std::move(next))) return true;
    }
    return false;
  }

  /// Fits the node itself, then its operands and everything else in `rest`.
  bool call(const Term& term, NodeId id, const Goals& rest) {
    const Node& node = graph_.node(id);
    if (std::find(term.ops.begin(), term.ops.end(), node.op->name) == term.ops.end()) return false;
    if (!std::all_of(term.conditions.begin(), term.conditions.end(), [&](const Term::Condition& c) { return holds(node, c); }))
      return false;
    if (has_unmentioned_activation(node, term)) return false;
    for (size_t i = term.terms.size(); i < node.operands.size(); ++i)
      if (node.operands[i].valid()) return false;
    const size_t values = match_.values_.size(), nodes = match_.nodes_.size();
    match_.nodes_.push_back({node.op->name, id});
    if (!term.name.empty()) {
      match_.nodes_.push_back({term.name, id});
      if (!bind(term.name, node.results[0])) return restore(values, nodes);
    }
    Goals goals = rest;
    for (size_t i = term.terms.size(); i-- > 0;) goals.push_back({&term.terms[i], i < node.operands.size() ? node.operands[i] : ValueId{}});
    if (attempt(goals)) return true;
    if (commutes(node.op->name) && term.terms.size() == 2) {
      std::swap(goals[goals.size() - 1].value, goals[goals.size() - 2].value);
      if (attempt(std::move(goals))) return true;
    }
    return restore(values, nodes);
  }

  bool attempt(Goals goals) {
    const size_t values = match_.values_.size(), nodes = match_.nodes_.size();
    return solve(std::move(goals)) || restore(values, nodes);
  }
  bool bound(const std::string& name, ValueId value, Goals& goals) { return bind(name, value) && solve(std::move(goals)); }
  bool bind(const std::string& name, ValueId value) {
    if (name.empty()) return true;
    for (const auto& binding : match_.values_)
      if (binding.name == name) return binding.id == value;
    match_.values_.push_back({name, value});
    return true;
  }
  bool restore(size_t values, size_t nodes) {
    match_.values_.resize(values);
    match_.nodes_.resize(nodes);
    return false;
  }

  const Graph& graph_;
  Match& match_;
};

bool Pattern::fits(const Graph& graph, NodeId node, Match& match) const {
  match = Match{};
  match.graph = &graph;
  match.root = node;
  return Matcher(graph, match).root(*term_, node);
}

bool Match::has(std::string_view name) const {
  return std::any_of(values_.begin(), values_.end(), [&](const auto& b) { return b.name == name && b.id.valid(); });
}

ValueId Match::operator[](std::string_view name) const {
  for (const auto& binding : values_)
    if (binding.name == name) return binding.id;
  throw std::logic_error("the pattern binds no value \"" + std::string(name) + "\"");
}

bool Match::has_node(std::string_view name_or_op) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& b) { return b.name == name_or_op; });
}

NodeId Match::node(std::string_view name_or_op) const {
  for (const auto& binding : nodes_)
    if (binding.name == name_or_op) return binding.id;
  throw std::logic_error("the pattern binds no node \"" + std::string(name_or_op) + "\"");
}

std::vector<NodeId> Match::nodes() const {
  std::vector<NodeId> ids;
  for (const auto& binding : nodes_)
    if (std::find(ids.begin(), ids.end(), binding.id) == ids.end()) ids.push_back(binding.id);
  return ids;
}

}  // namespace galet
