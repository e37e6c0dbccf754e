// The integer operators of docs/arithmetic.md in plain loops over NCHW codes: what every kernel, every instruction set and every exported
// file must equal.
#pragma once

#include <span>
#include <vector>

#include "galet/runtime/codes.h"
#include "galet/runtime/computation.h"

namespace galet::runtime {

/// Results of one node from operands as they are stored (codes where the value carries a static spec, else real; absent ones undefined),
/// stored the same way. Follows choose_computation.
std::vector<Tensor> compute_reference(const Graph& graph, NodeId node, const Choice& choice, std::span<const Tensor> operands);

/// The node's call with operand types as stored and attributes that hold real values (a pad's value) turned into codes of `affine`.
/// The call refers to `attributes`.
OpCall call_on_codes(const Graph& graph, NodeId node, std::span<const Tensor> operands, Attributes& attributes);

/// Per-channel floats of a weighted node: s_src * s_weight[c], divided by s_dst where there is one.
std::vector<float> weighted_multipliers(const QuantSpec& weight, int64_t channels, float src_scale, const float* dst_scale);

namespace reference {

/// A sum's code, in the form of rounding that was chosen.
uint8_t requantize(const Choice& choice, int32_t acc, float m, const Affine& to);

/// One function a family; each for the Computation of its name.
Tensor weighted(const Graph& graph, NodeId node, const Choice& choice, std::span<const Tensor> operands);
Tensor add(const Graph& graph, NodeId node, const Choice& choice, std::span<const Tensor> operands);
Tensor mul(const Graph& graph, NodeId node, const Choice& choice, std::span<const Tensor> operands);
Tensor concat(const Graph& graph, NodeId node, std::span<const Tensor> operands);
Tensor average(const Graph& graph, NodeId node, const Choice& choice, std::span<const Tensor> operands);
Tensor linear_resize(const Graph& graph, NodeId node, std::span<const Tensor> operands);
Tensor table(const Graph& graph, NodeId node, std::span<const Tensor> operands);
std::vector<Tensor> movement(const Graph& graph, NodeId node, std::span<const Tensor> operands);

}  // namespace reference
}  // namespace galet::runtime
