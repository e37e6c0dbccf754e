// Sets the weights that matter least to zero and masks them.
#pragma once

#include <string>
#include <vector>

#include "galet/core/remark.h"
#include "galet/prune/criterion.h"
#include "galet/prune/structure.h"

namespace galet::prune {

enum class Scope : uint8_t {
  local,   // the same share of every layer
  global,  // one threshold over the model
};
Scope parse_scope(std::string_view text);
std::string_view to_string(Scope scope);

/// How scores of unequal layers are made comparable, for Scope::global.
enum class Normalize : uint8_t {
  automatic,  // lamp; of channels, mean
  none,
  mean,  // divided by the layer's mean score
  lamp,  // squared, divided by the sum of all that are not smaller (Lee et al. 2021, "Layer-adaptive sparsity for the magnitude-based
         // pruning")
};
Normalize parse_normalize(std::string_view text);
std::string_view to_string(Normalize normalize);
/// What `automatic` stands for.
Normalize chosen_normalize(Normalize normalize, const Structure& structure);

struct PruneOptions;
/// The limit that is given, else 1; but where one threshold takes a share of all channels, (1 + amount) / 2: each set of tied channels
/// keeps at least half of what equal shares would leave it. Scores compare layers badly enough that without it some are all but removed
/// while others lose nothing.
double chosen_layer_limit(const PruneOptions& options);

/// Of what the amount is a share. Where whole channels go, `weights` means channels.
enum class Budget : uint8_t { weights, macs };

struct PruneOptions {
  Structure structure;
  Scope scope = Scope::global;
  double amount = 0.5;              // share of the weights, or multiply-accumulates, to remove: 0 <= amount < 1. Unused by N:M
  Budget budget = Budget::weights;  // of what `amount` is a share
  std::string criterion = "l1";
  Normalize normalize = Normalize::automatic;
  std::optional<double> layer_limit;  // no layer loses more than this share of its weights, 0 < limit <= 1; none: chosen_layer_limit
  int64_t multiple = 1;               // channels that stay come in multiples of this, where there are as many
  std::vector<std::string> protect;   // patterns with * and ?, of layers or their weights
};

struct LayerPruned {
  std::string name, op;
  Shape weight;
  Shape left;                       // of the weight, when channels left the network; else as before
  int64_t weights = 0, gone = 0;    // masked, those of earlier prunings included, or removed with their channels
  int64_t macs = 0, macs_left = 0;  // with those skipped
  std::string kept;                 // why nothing of it went; may be empty
};

struct Pruned {
  std::vector<LayerPruned> layers;  // in order of computation
  int64_t weights = 0, gone = 0, macs = 0, macs_left = 0;
  std::map<uint32_t, std::vector<int64_t>> places;  // of values (by ValueId::index) that lost channels: which of the old ones are left
  Remarks remarks;
};

/// Throws Error for options that make no sense for this graph: an amount outside of [0, 1), a pattern that fits nothing, a criterion
/// without its evidence, nothing left to prune, a budget that the layers which are not protected cannot bring. Structure::channel is
/// remove_channels'. Quantized weights get the code of zero. Weights masked before stay masked and count as removed.
Pruned prune_weights(Graph& graph, const PruneOptions& options, const Evidence& evidence = {});

/// The decision of a remark of remove_channels that says why less went than was asked for.
inline constexpr std::string_view kLessThanAsked = "less than asked for";

/// Takes output channels out of the network, and whatever depends on them (channels/trace.h): an ordinary smaller network is left. Of
/// channels that are tied, by residual additions say, the scores of all layers that make them add up. Each set of tied channels keeps
/// at least one, or `multiple`. Throws Error as above, and where no channel can go or the criterion has nothing to say about any.
Pruned remove_channels(Graph& graph, const PruneOptions& options, const Evidence& evidence = {});

/// The table of a graph as it is, by its masks.
Pruned pruned_so_far(const Graph& graph, const std::vector<std::string>& protect = {});

/// "amount 1.5: expected ..." as Error.
void check(const PruneOptions& options);

}  // namespace galet::prune
