// Evens out the ranges of channels between two layers that follow each other, so that one scale fits them all.
// Nagel, van Baalen, Blankevoort, Welling, "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019), section 4.1.
//   before  y = W2 f(W1 x + b1)                                  f: nothing, relu, leaky_relu, pools: whatever has f(s x) = s f(x) for s >
//   0 after   y = (W2 S) f(S^-1 W1 x + S^-1 b1)                    S = diag(s), s_i = sqrt(r1_i r2_i) / r2_i
// r1_i is the largest |weight| that makes channel i, r2_i the largest that reads it; then both are sqrt(r1_i r2_i). Repeated over all pairs
// until no s is off 1 by more than 0.1 %. Applies to conv2d (depthwise too), conv_transpose2d and linear with float weights when nobody
// else reads what lies between. A clip (relu6) between them is not homogeneous: such a pair is kept. Not among the default passes: it
// changes no result, but it spoils weight scales per tensor that are already good, and per channel weights need it less.
#include <algorithm>
#include <cmath>

#include "galet/transform/edit.h"
#include "galet/transform/weighted.h"

namespace galet::transform {
namespace {

struct Pair {
  NodeId first, second;
  std::vector<ValueId> between;
};

bool is_layer(std::string_view op) { return op == "conv2d" || op == "conv_transpose2d" || op == "linear"; }

bool is_homogeneous(const OpCall& call, const Value& result) {
  for (const std::string_view op : {"relu", "leaky_relu", "max_pool", "average_pool", "global_average_pool", "global_max_pool", "identity"})
    if (call.op.name == op) return true;
  // (n, c, 1, 1) to (n, c): the axis of channels survives
  return call.op.name == "reshape" && result.shape.size() == 2 && call.rank(0) == 4 && call.shape(0)[1] == result.shape[1];
}

/// The layer that `first` feeds, and why there is none or the pair cannot be changed.
std::optional<Pair> pair_from(const Graph& g, NodeId first, std::string& why_not) {
  Pair pair{first, {}, {g.result(first)}};
  const OpCall call = g.call(first);
  while (true) {
    const Value& value = g.value(pair.between.back());
    if (!is_lone(g, pair.between.back())) return why_not = fmt::format("\"{}\" has several readers", value.name), std::nullopt;
    if (value.quant) return why_not = fmt::format("\"{}\" is quantized already", value.name), std::nullopt;
    const NodeId next = g.readers(pair.between.back())[0];
    const Node& node = g.node(next);
    if (is_layer(node.op->name) && node.operands[0] == pair.between.back()) {
      pair.second = next;
      break;
    }
    if (!is_homogeneous(g.call(next), g.value(node.results[0]))) return why_not = describe(g, next) + " stands behind it", std::nullopt;
    pair.between.push_back(node.results[0]);
  }
  if (call.get_string("activation") == "clip") return why_not = "its clip does not scale with its source", std::nullopt;
  for (const NodeId id : {pair.first, pair.second})
    if (why_not = why_not_editable(g, id); !why_not.empty()) return std::nullopt;
  if (channels_out(g, pair.first) != channels_in(g, pair.second)) return why_not = "the channels do not correspond", std::nullopt;
  return pair;
}

/// One application; returns the largest |log s|.
double equalize(Rewriter& rw, const Pair& pair) {
  const Graph& g = rw.graph();
  const auto channels = static_cast<size_t>(channels_out(g, pair.first));
  std::vector<double> made(channels), read(channels), down(channels, 1), up(channels, 1);
  const std::vector<double> no_shift(channels, 0);
  for_each_weight(g, pair.first, [&](float w, int64_t out, int64_t) {
    made[static_cast<size_t>(out)] = std::max(made[static_cast<size_t>(out)], std::abs(static_cast<double>(w)));
  });
  for_each_weight(g, pair.second, [&](float w, int64_t, int64_t in) {
    read[static_cast<size_t>(in)] = std::max(read[static_cast<size_t>(in)], std::abs(static_cast<double>(w)));
  });
  double most = 0;
  for (size_t c = 0; c < channels; ++c) {
    if (made[c] < 1e-12 || read[c] < 1e-12) continue;  // a dead channel
    up[c] = std::sqrt(made[c] / read[c]);
    down[c] = 1 / up[c];
    most = std::max(most, std::abs(std::log(up[c])));
  }
  if (most < 1e-3) return 0;
  scale_and_shift_results(rw, pair.first, down, no_shift);
  scale_sources(rw, pair.second, up);
  for (const ValueId value : pair.between) rw.set_stats(value, std::nullopt);
  return most;
}

void equalize_all(Rewriter& rw) {
  const Graph& g = rw.graph();
  std::vector<Pair> pairs;
  for (const NodeId id : g.order()) {
    if (!is_layer(g.node(id).op->name)) continue;
    std::string why_not;
    if (auto pair = pair_from(g, id, why_not))
      pairs.push_back(std::move(*pair));
    else
      rw.remark(g.node(id).name, "kept", why_not);
  }
  std::vector<double> first_change(pairs.size(), 0);
  constexpr int kMostSweeps = 50;
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    double most = 0;
    for (size_t i = 0; i < pairs.size(); ++i) {
      const double change = equalize(rw, pairs[i]);
      if (sweep == 0) first_change[i] = change;
      most = std::max(most, change);
    }
    if (most == 0) break;
  }
  for (size_t i = 0; i < pairs.size(); ++i)
    if (first_change[i] > 0)
      rw.remark(g.node(pairs[i].first).name, "equalized", "with " + describe(g, pairs[i].second),
                {{"largest_factor", std::exp(first_change[i])}});
}

}  // namespace

Pass equalize_channels() { return once(equalize_all); }

}  // namespace galet::transform
