// Which value of a network is quantized by which method: decided from the graph and the recipe, before any training. Two graphs are made
// of the given one: the one that is trained, whose batch norms are nodes, and the fused one of the integer network. Both have the same
// names for the same values, so facts found in one are put on the other.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "galet/core/remark.h"
#include "galet/pipeline/tune_recipe.h"
#include "galet/quantize/regions.h"
#include "galet/torch/quantizers/quantizer.h"

namespace galet::torch::tune {

using quantizers::Method;

enum class NormPolicy : uint8_t {
  freeze,      // statistics stay; scale and shift are trained; absorbed at the end
  absorb,      // trained as in float; at the end its factor goes into the weights' scales, codes unchanged, its offset into the bias
  fold,        // folded into the weights before tuning (Jacob et al. 2018, without their batch statistics)
  reestimate,  // absorb, and the statistics are measured again at the end
};
NormPolicy parse_norm_policy(const std::string& text);

/// Values that share one spec, and so one quantizer.
struct SpecGroup {
  Method method;
  std::vector<std::string> values;   // in the graph's order
  std::vector<std::string> applied;  // those that do not get their codes from another member
  bool constant = false;
};

struct LayerScheme {
  std::string node;
  Method weights, source;  // "float": neither
};

struct Scheme {
  Graph training, network;  // both float; requantizing identities are in both
  quantize::QuantizeOptions options;
  quantize::Regions regions;  // of `network`
  std::vector<LayerScheme> layers;
  std::vector<SpecGroup> groups;
  Remarks remarks;
};

/// The form that is trained: simplified, but with batch norms (NormPolicy::fold: without). Signs of channels are moved out of batch norms'
/// scales into the weights before them, which changes nothing but lets codebooks without symmetry keep their codes.
Graph prepare_training(const Graph& graph, NormPolicy policy);

/// `base` comes from prepare_training, perhaps with other constants since. `bits` replaces the bits of low-bit methods (gradual
/// reduction); 0: as the recipe says. Throws Error for a recipe that names no quantizer, or whose patterns match no layer.
Scheme make_scheme(const Graph& base, const pipeline::TuneRecipe& recipe, int bits = 0);

}  // namespace galet::torch::tune
