// conv2d, conv_transpose2d and linear with float constants for weight and bias: what their channels are and how to scale and shift them.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "galet/ir/rewriter.h"

namespace galet::transform {

/// Empty when the node is one whose weights may be changed in float; else why not: "its weight is no constant", "its weight is quantized
/// already", ...
std::string why_not_editable(const Graph& graph, NodeId node);
/// The same, and it must have no fused activation: what comes after the activation cannot move before it.
std::string why_no_affine_after(const Graph& graph, NodeId node);

int64_t channels_out(const Graph& graph, NodeId node);
int64_t channels_in(const Graph& graph, NodeId node);
/// The axis of its result (and src) that counts channels: 1, or the last one of a linear.
size_t channel_axis(const Graph& graph, NodeId node);

/// Calls f(weight, output channel, input channel) for every weight.
void for_each_weight(const Graph& graph, NodeId node, const std::function<void(float weight, int64_t out, int64_t in)>& f);

/// result[o] becomes scale[o] * result[o] + shift[o]: weight * scale, bias * scale + shift, in double, then rounded. A bias is made where
/// there was none.
void scale_and_shift_results(Rewriter& rewriter, NodeId node, std::span<const double> scale, std::span<const double> shift);
/// The node then computes from src what it computed from scale[i] * src[i].
void scale_sources(Rewriter& rewriter, NodeId node, std::span<const double> scale);
/// The node then computes from src what it computed from src[i] + shift[i]. Only where no padding comes in: padding is 0, not shift.
void shift_sources(Rewriter& rewriter, NodeId node, std::span<const double> shift);

/// The constant as one number a channel, where it broadcasts over a tensor of `rank` extents along all axes but `axis`.
std::optional<std::vector<double>> per_channel(const Value& constant, size_t rank, size_t axis, int64_t channels);

}  // namespace galet::transform
