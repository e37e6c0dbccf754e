// A convolution or linear layer of integers: scaling and shifting its results by the scales of its weight and by its bias, codes of the
// weight staying as they are.
#pragma once

#include <span>
#include <string>

#include "galet/ir/rewriter.h"

namespace galet::prune {

/// Whether the node's weight is quantized.
bool has_coded_weight(const Graph& graph, NodeId node);
/// Empty where the results can be shifted: codes of a weight that is no other layer's, a bias of codes, of floats, or none; else why not.
std::string why_no_coded_shift(const Graph& graph, NodeId node);
/// Whether the weight has a scale for each output channel, so that results can be scaled, too.
bool scales_by_channel(const Graph& graph, NodeId node);
/// result[o] becomes scale[o] * result[o] + shift[o], a bias of codes rounded to them and kept within int32. A bias is made where there was
/// none. scale: all 1 without scales_by_channel.
void scale_and_shift_coded(Rewriter& rewriter, NodeId node, std::span<const double> scale, std::span<const double> shift);

}  // namespace galet::prune
