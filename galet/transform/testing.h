// Tests of passes: text before, text after, and the same numbers. For tests only.
#pragma once

#include <cmath>
#include <string>

#include "galet/core/random.h"
#include "galet/ir/text.h"
#include "galet/ops/evaluate.h"
#include "galet/ops/ops.h"
#include "galet/transform/passes.h"

namespace galet::transform::testing {

/// A graph from statements of the text form.
inline Graph graph_of(const std::string& statements) { return parse("graph \"\" {\n" + statements + "\n}", ops::find); }

/// Normally distributed f32, small integers for other types.
inline Tensor random_tensor(DType type, const Shape& shape, Random& random) {
  Tensor wide(DType::f32, shape);
  float* data = wide.mutable_data<float>();
  for (int64_t i = 0; i < wide.size(); ++i)
    data[i] = static_cast<float>(type == DType::f32 ? 2 * random.normal() : static_cast<double>(random.below(100)));
  return wide.cast(type);
}

/// Where the references of two graphs differ by more than `tolerance` (relative to 1 and to the value) on random inputs; empty when
/// nowhere.
inline std::string numeric_difference(const Graph& a, const Graph& b, double tolerance = 1e-4, ops::Specs specs = ops::Specs::rounded) {
  Random random(5);
  for (int round = 0; round < 3; ++round) {
    std::vector<Tensor> inputs;
    for (const ValueId id : a.inputs()) inputs.push_back(random_tensor(a.value(id).dtype, a.value(id).shape, random));
    const auto x = ops::evaluate_reference(a, inputs, specs), y = ops::evaluate_reference(b, inputs, specs);
    if (x.size() != y.size()) return "numbers of outputs differ";
    for (size_t i = 0; i < x.size(); ++i) {
      const std::string& name = a.value(a.outputs()[i]).name;
      if (b.value(b.outputs()[i]).name != name) return "output " + name + " lost its name";
      if (x[i].dtype() != y[i].dtype() || x[i].shape() != y[i].shape()) return "output " + name + " changed its type";
      const Tensor p = x[i].cast(DType::f64), q = y[i].cast(DType::f64);
      for (int64_t j = 0; j < p.size(); ++j) {
        const double u = p.data<double>()[j], v = q.data<double>()[j];
        if (u != v && !(std::abs(u - v) <= tolerance * (1 + std::abs(u))) && !(std::isnan(u) && std::isnan(v)))
          return fmt::format("output {}[{}]: {} became {}", name, j, u, v);
      }
    }
  }
  return {};
}

/// Runs the pass and says what is wrong: the text after is not the one wanted, the numbers changed, or a second run finds more to do. Empty
/// when all is well. `after` may leave out what the text form can.
inline std::string check(std::string_view pass, const std::string& before, const std::string& after, double tolerance = 1e-4) {
  const Graph original = graph_of(before);
  Graph graph = original;
  run_pass(graph, pass);
  const std::string found = print(graph), wanted = print(graph_of(after));
  if (found != wanted) return "found\n" + found + "wanted\n" + wanted;
  const std::string numbers = numeric_difference(original, graph, tolerance);
  if (!numbers.empty()) return numbers;
  run_pass(graph, pass);
  return print(graph) == found ? "" : "a second run gives\n" + print(graph);
}

/// The reasons of the Remarks that say `decision`, in order, joined by "; ".
inline std::string reasons(const Remarks& remarks, std::string_view decision = "kept") {
  std::string text;
  for (const Remark& remark : remarks)
    if (remark.decision == decision) text += (text.empty() ? "" : "; ") + remark.node + ": " + remark.reason;
  return text;
}

}  // namespace galet::transform::testing
