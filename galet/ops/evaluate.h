// Runs a graph by its operators' references, in float: slow, simple, the oracle of transforms and runtimes.
#pragma once

#include <functional>
#include <span>

#include "galet/ir/graph.h"

namespace galet::ops {

enum class Specs : uint8_t {
  ignored,  // activations stay as they are
  rounded,  // a value with a static QuantSpec is rounded to its codes and back ("fake quantization")
};

/// The graph's outputs in order. Quantized constants take part with their real values. Throws Error for inputs of the wrong number, type or
/// shape. `visit`, where given, sees every value as it is computed, the inputs first.
std::vector<Tensor> evaluate_reference(const Graph& graph, std::span<const Tensor> inputs, Specs specs = Specs::ignored,
                                       const std::function<void(ValueId, const Tensor&)>& visit = {});

}  // namespace galet::ops
