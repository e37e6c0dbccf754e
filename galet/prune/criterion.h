// Criteria: how much a weight matters. The list lies in criteria.inc; adding one is a file under criteria/ and a row.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "galet/calibrate/collect.h"
#include "galet/prune/layers.h"

namespace galet::prune {

enum class Needs : uint8_t {
  nothing,      // the weights alone
  activations,  // moments of what layers read, over images
  gradients,    // scores that galet-torch computes
};

/// What scores are made from besides the weights.
struct Evidence {
  const calibrate::Collection* seen = nullptr;      // by channel
  std::map<std::string, std::vector<float>> given;  // by the weight's name: scores from outside
};

struct Criterion {
  std::string_view name, about;
  Needs needs = Needs::nothing;
  bool channels_only = false;  // says nothing about single weights
  int power = 1;               // several weights together score (mean of score^power)^(1/power)
  /// One score of 0 or more for each weight, in the order of the constant; empty where it has nothing to say about this layer. Throws Error
  /// where the evidence is missing.
  std::vector<float> (*score)(const Graph& graph, const Layer& layer, const Evidence& evidence) = nullptr;
};

/// All of them in list order.
std::span<const Criterion> criteria();
/// Throws Error listing the names for an unknown one.
const Criterion& criterion(std::string_view name);

/// The score of some weights of a layer together.
double joint_score(const Criterion& criterion, std::span<const float> scores, std::span<const int64_t> indices);

}  // namespace galet::prune
