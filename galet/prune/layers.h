// The weights that pruning may thin, each seen as (out, taps, in).
#pragma once

#include <string>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::prune {

/// A weight as the first node that reads it sees it.
struct Layer {
  NodeId node;
  ValueId weight;
  std::string name;                   // of the node
  int64_t out = 0, taps = 1, in = 0;  // `in` of one group
  int64_t groups = 1;
  int64_t positions = 1;           // products that each weight takes part in for one image
  std::string kept;                // not empty: why its weights stay as they are
  bool protected_by_user = false;  // that is the reason
  bool transposed = false;         // conv_transpose2d lies as (in, out, taps)
  int64_t stride_out = 0, stride_in = 0, stride_tap = 1;

  int64_t size() const { return out * taps * in; }
  /// Place of a weight in the constant.
  int64_t index(int64_t o, int64_t tap, int64_t i) const {
    if (!transposed) return o * stride_out + i * stride_in + tap * stride_tap;
    const int64_t per_group = out / groups;
    return (o / per_group * in + i) * stride_in + o % per_group * stride_out + tap;
  }
};

/// Convolutions, transposed ones, linear layers and products with a constant matrix, in order of computation, each weight once. `protect`:
/// patterns with * and ? that name layers or their weights; throws Error for one that fits nothing.
std::vector<Layer> find_layers(const Graph& graph, const std::vector<std::string>& protect);

/// The weights as real numbers, in the order of the constant.
std::vector<float> real_weights(const Value& weight);
/// Which weights were pruned before: 1 = kept; empty where there is no mask.
std::vector<uint8_t> mask_of(const Value& weight);

}  // namespace galet::prune
