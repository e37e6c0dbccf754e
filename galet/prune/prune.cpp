#include "galet/prune/prune.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "galet/core/error.h"
#include "galet/ir/rewriter.h"
#include "galet/prune/scores.h"
#include "galet/prune/units.h"

namespace galet::prune {
namespace {

/// The units of one layer, by score.
struct Candidates {
  const Layer* layer;
  std::vector<float> scores;                // of each unit
  std::vector<std::vector<int64_t>> units;  // places; empty: unit u is the weight at place u
  std::vector<bool> gone;                   // masked whole by an earlier pruning
  int64_t unit_size(size_t u) const { return units.empty() ? 1 : static_cast<int64_t>(units[u].size()); }
};

Candidates candidates_of(const Graph& graph, const Layer& layer, const PruneOptions& options, const Evidence& evidence) {
  const Criterion& by = criterion(options.criterion);
  Candidates result{&layer, weight_scores(graph, layer, by, evidence), {}, {}};
  const std::vector<uint8_t> mask = mask_of(graph.value(layer.weight));
  for (const uint8_t kept : mask) result.gone.push_back(kept == 0);
  if (options.structure.grain != Grain::weight) {
    std::vector<float> joint;
    for_each_unit(layer, options.structure, [&](std::span<const int64_t> places) {
      joint.push_back(static_cast<float>(joint_score(by, result.scores, places)));
      result.units.emplace_back(places.begin(), places.end());
    });
    result.scores = std::move(joint);
    result.gone.clear();
    for (const auto& unit : mask.empty() ? std::vector<std::vector<int64_t>>() : result.units)
      result.gone.push_back(std::all_of(unit.begin(), unit.end(), [&](int64_t place) { return mask[static_cast<size_t>(place)] == 0; }));
  }
  if (options.scope == Scope::global) normalize(result.scores, chosen_normalize(options.normalize, options.structure));
  return result;
}

/// Which units go.
using Chosen = std::vector<std::vector<bool>>;

struct Ranked {
  float score;
  uint32_t layer;
  uint32_t unit;
};

/// Takes units in rising order of score, of equal ones the earlier, while they fit the goals. `goal` counts what `cost` counts.
void choose(std::vector<Ranked>& ranked, const std::vector<Candidates>& all, double goal, const PruneOptions& options, Chosen& chosen) {
  std::sort(ranked.begin(), ranked.end(),
            [](const Ranked& a, const Ranked& b) { return std::tie(a.score, a.layer, a.unit) < std::tie(b.score, b.layer, b.unit); });
  std::vector<int64_t> gone(all.size());
  double removed = 0;
  auto cost_of_unit = [&](const Ranked& one) {
    const Candidates& from = all[one.layer];
    const int64_t size = from.unit_size(one.unit);
    return std::pair(size, static_cast<double>(size) * (options.budget == Budget::macs ? static_cast<double>(from.layer->positions) : 1));
  };
  for (const Ranked& one : ranked)
    if (const Candidates& from = all[one.layer]; !from.gone.empty() && from.gone[one.unit]) {
      const auto [size, cost] = cost_of_unit(one);
      gone[one.layer] += size, removed += cost;
    }
  for (const Ranked& one : ranked) {
    const Candidates& from = all[one.layer];
    if (!from.gone.empty() && from.gone[one.unit]) continue;
    const auto [size, cost] = cost_of_unit(one);
    if (removed + cost > goal + 0.5) {
      if (options.structure.grain == Grain::weight && options.budget == Budget::weights) break;
      continue;  // a smaller unit may still fit
    }
    if (static_cast<double>(gone[one.layer] + size) > chosen_layer_limit(options) * static_cast<double>(from.layer->size())) continue;
    gone[one.layer] += size, removed += cost;
    chosen[one.layer][one.unit] = true;
  }
}

double cost_of(const Layer& layer, const PruneOptions& options) {
  return static_cast<double>(layer.size()) * (options.budget == Budget::macs ? static_cast<double>(layer.positions) : 1);
}

std::vector<Ranked> rank(const std::vector<Candidates>& all, size_t first, size_t last) {
  std::vector<Ranked> ranked;
  for (size_t l = first; l < last; ++l)
    for (size_t u = 0; u < all[l].scores.size(); ++u)
      ranked.push_back({all[l].scores[u], static_cast<uint32_t>(l), static_cast<uint32_t>(u)});
  return ranked;
}

/// Of each group of M weights all but the N best.
void choose_n_m(const Graph& graph, const Candidates& from, const PruneOptions& options, const Evidence& evidence,
                std::vector<uint8_t>& mask) {
  const std::vector<float> scores = weight_scores(graph, *from.layer, criterion(options.criterion), evidence);
  for (const std::vector<int64_t>& group : from.units) {
    std::vector<int64_t> order = group;
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t a, int64_t b) { return scores[static_cast<size_t>(a)] < scores[static_cast<size_t>(b)]; });
    for (int64_t i = 0; i < options.structure.m - options.structure.n; ++i) mask[static_cast<size_t>(order[static_cast<size_t>(i)])] = 0;
  }
}

/// Zeroes what the mask says.
void apply(Rewriter& rewriter, ValueId id, const std::vector<uint8_t>& mask) {
  const Value& value = rewriter.graph().value(id);
  Tensor data = value.constant;
  if (value.quant) {
    const QuantSpec& spec = *value.quant;
    const int64_t inner = spec.axis < 0 ? data.size() : count(data.shape(), static_cast<size_t>(spec.axis) + 1, data.rank());
    auto* codes = data.mutable_data<int8_t>();
    for (int64_t i = 0; i < data.size(); ++i)
      if (mask[static_cast<size_t>(i)] == 0)
        codes[i] = static_cast<int8_t>(spec.zero_points[static_cast<size_t>(i / inner) % spec.zero_points.size()]);
  } else {
    auto* weights = data.mutable_data<float>();
    for (int64_t i = 0; i < data.size(); ++i)
      if (mask[static_cast<size_t>(i)] == 0) weights[i] = 0;
  }
  const Shape shape = data.shape();
  rewriter.set_constant(id, std::move(data));
  rewriter.set_mask(id, Tensor::from<uint8_t>(shape, mask));
}

int64_t zeros_in(const std::vector<uint8_t>& mask) { return std::count(mask.begin(), mask.end(), uint8_t{0}); }

void check_choice(const PruneOptions& options, double wanted, double possible) {
  if (wanted > possible + 0.5)
    fail("{:.4g} {} are to go, but the layers that may be pruned have only {:.4g}: protect fewer, or ask for less", wanted,
         options.budget == Budget::macs ? "multiply-accumulates" : "weights", possible);
}

}  // namespace

Scope parse_scope(std::string_view text) {
  if (text == "local") return Scope::local;
  if (text == "global") return Scope::global;
  fail("unknown scope \"{}\", expected local or global", text);
}
std::string_view to_string(Scope scope) { return scope == Scope::local ? "local" : "global"; }

Normalize parse_normalize(std::string_view text) {
  for (const Normalize one : {Normalize::automatic, Normalize::none, Normalize::mean, Normalize::lamp})
    if (text == to_string(one)) return one;
  fail("unknown normalisation \"{}\", expected auto, none, mean or lamp", text);
}
std::string_view to_string(Normalize normalize) {
  constexpr std::string_view kNames[] = {"auto", "none", "mean", "lamp"};
  return kNames[static_cast<size_t>(normalize)];
}
Normalize chosen_normalize(Normalize normalize, const Structure& structure) {
  if (normalize != Normalize::automatic) return normalize;
  return structure.grain == Grain::channel ? Normalize::mean : Normalize::lamp;
}

double chosen_layer_limit(const PruneOptions& options) {
  if (options.layer_limit) return *options.layer_limit;
  const bool channels = options.structure.grain == Grain::channel && options.budget == Budget::weights;
  return channels && options.scope == Scope::global ? (1 + options.amount) / 2 : 1;
}

void check(const PruneOptions& options) {
  if (!(options.amount >= 0 && options.amount < 1)) fail("amount {}: expected a share from 0 to below 1, 0.3 for 30 %", options.amount);
  if (options.layer_limit && !(*options.layer_limit > 0 && *options.layer_limit <= 1))
    fail("layer limit {}: expected a share above 0, up to 1", *options.layer_limit);
  if (options.multiple < 1 || options.multiple > 1024) fail("multiple {}: expected 1 to 1024", options.multiple);
  if (options.multiple > 1 && options.structure.grain != Grain::channel)
    fail("--multiple rounds channels: use it with --structure channel");
  const Criterion& by = criterion(options.criterion);
  if (by.channels_only && options.structure.grain != Grain::channel)
    fail("criterion {} scores whole channels: use it with --structure channel, not {}", by.name, to_string(options.structure));
}

Pruned pruned_so_far(const Graph& graph, const std::vector<std::string>& protect) {
  Pruned result;
  for (const Layer& layer : find_layers(graph, protect)) {
    const Value& weight = graph.value(layer.weight);
    LayerPruned row{
        layer.name, std::string(graph.node(layer.node).op->name), weight.shape, weight.shape, layer.size(), zeros_in(mask_of(weight)), 0, 0,
        layer.kept};
    row.macs = layer.size() * layer.positions, row.macs_left = (layer.size() - row.gone) * layer.positions;
    result.weights += row.weights, result.gone += row.gone, result.macs += row.macs, result.macs_left += row.macs_left;
    result.layers.push_back(std::move(row));
  }
  return result;
}

Pruned prune_weights(Graph& graph, const PruneOptions& options, const Evidence& evidence) {
  check(options);
  if (options.structure.grain == Grain::channel) fail("channels leave the network by remove_channels, not by masks");
  std::vector<Layer> layers = find_layers(graph, options.protect);
  if (layers.empty()) fail("\"{}\" has no layer with constant weights", graph.info.name);
  double all_cost = 0, possible = 0;
  std::vector<Candidates> all;
  for (Layer& layer : layers) {
    all_cost += cost_of(layer, options);
    if (layer.kept.empty()) layer.kept = why_no_units(layer, options.structure);
    if (!layer.kept.empty()) continue;
    possible += cost_of(layer, options) * chosen_layer_limit(options);
    all.push_back(candidates_of(graph, layer, options, evidence));
  }
  if (all.empty())
    fail("no layer of \"{}\" may be pruned by {}: {}: {}", graph.info.name, to_string(options.structure), layers[0].name, layers[0].kept);

  Chosen chosen;
  for (const Candidates& one : all) chosen.emplace_back(one.scores.size(), false);
  if (options.structure.grain != Grain::n_m && options.scope == Scope::global) {
    check_choice(options, options.amount * all_cost, possible);
    std::vector<Ranked> ranked = rank(all, 0, all.size());
    choose(ranked, all, options.amount * all_cost, options, chosen);
  } else if (options.structure.grain != Grain::n_m) {
    for (size_t l = 0; l < all.size(); ++l) {
      std::vector<Ranked> ranked = rank(all, l, l + 1);
      choose(ranked, all, options.amount * cost_of(*all[l].layer, options), options, chosen);
    }
  }

  Rewriter rewriter(graph, "prune");
  for (size_t l = 0; l < all.size(); ++l) {
    const Candidates& from = all[l];
    const ValueId weight = from.layer->weight;
    std::vector<uint8_t> mask = mask_of(graph.value(weight));
    mask.resize(static_cast<size_t>(from.layer->size()), 1);
    if (options.structure.grain == Grain::n_m) choose_n_m(graph, from, options, evidence, mask);
    for (size_t u = 0; u < chosen[l].size(); ++u) {
      if (!chosen[l][u]) continue;
      if (from.units.empty()) mask[u] = 0;
      for (const int64_t place : from.units.empty() ? std::vector<int64_t>() : from.units[u]) mask[static_cast<size_t>(place)] = 0;
    }
    const int64_t zeros = zeros_in(mask);
    if (zeros == 0) continue;
    apply(rewriter, weight, mask);
    if (zeros == from.layer->size())
      rewriter.remark(from.layer->name, "emptied",
                      "every weight of it scored below the threshold: its result is its bias alone; protect it, or limit layers");
  }
  for (const Layer& layer : layers)
    if (!layer.kept.empty()) rewriter.remark(layer.name, "kept", layer.kept);
  verify(graph);
  Pruned result = pruned_so_far(graph);
  for (size_t i = 0; i < layers.size(); ++i) result.layers[i].kept = layers[i].kept;
  result.remarks = rewriter.take_remarks();
  return result;
}

}  // namespace galet::prune
