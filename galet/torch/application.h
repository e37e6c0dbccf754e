// One application of an operator to libtorch tensors, and the list of operators that have such a form.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "galet/ir/op.h"

namespace galet::torch {

struct Application {
  const OpCall& call;        // attributes, and the graph's shapes, whose batch is 1
  const Shape& result;       // of the first result, in the graph
  int64_t batch = 1;         // images at once: the first extent of operands that depend on an input is this many times the graph's
  bool training = false;     // batch norm uses the batch's statistics and updates the running ones
  double bn_momentum = 0.1;  // weight of the new statistics
  bool batched(size_t operand) const { return operand < is_batched.size() && is_batched[operand]; }
  std::vector<bool> is_batched;  // per operand
  /// A shape of the graph with its first extent multiplied.
  Shape with_batch(Shape shape) const {
    if (batch != 1 && !shape.empty()) shape[0] *= batch;
    return shape;
  }
};

using Operands = std::span<const at::Tensor>;  // undefined where an optional operand is absent
using TorchFunction = std::vector<at::Tensor> (*)(const Application&, Operands);

/// The differentiable form of an operator; nullptr where it has none (torch_ops.inc lists those that do).
TorchFunction find_torch_function(std::string_view op);

/// The fused `activation` attribute of convolutions, linear layers and additions.
at::Tensor activate(const Application& a, at::Tensor x);

}  // namespace galet::torch
