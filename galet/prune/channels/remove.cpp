// Which channels go, and taking them out.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "galet/core/error.h"
#include "galet/prune/channels/trace.h"
#include "galet/prune/scores.h"

namespace galet::prune {
namespace {

/// Channels that the same layers make: each of them keeps some.
struct Family {
  std::vector<uint32_t> classes;  // representatives, by rising score
  int64_t least = 1;              // that stay
};

/// One class that may leave.
struct Candidate {
  double score = 0;
  int64_t places = 0;  // output channels of layers that are this class
  size_t family = 0;
};

class Selection {
 public:
  Selection(const Graph& graph, const Trace& trace, std::vector<Layer>& layers, const PruneOptions& options, const Evidence& evidence);

  /// Which classes stay when a share of the channels goes; by label.
  std::vector<bool> choose(double amount) const;
  /// The same, the smallest amount that takes this share of all multiply-accumulates.
  std::vector<bool> choose_by_macs(double share) const;
  int64_t macs_left(const std::vector<bool>& stays, const Layer& layer) const;
  size_t families() const { return families_.size(); }
  /// Why fewer channels go than the amount says; empty where they do not.
  std::string shortfall(const std::vector<bool>& stays) const;

 private:
  void protect_and_score(const Evidence& evidence);
  void make_families();
  void limit_families(double limit);
  void choose_limit();
  int64_t most_gone() const;
  int64_t stay(const Family& family, int64_t wanted) const;
  double share_left(const std::vector<bool>& stays) const;

  const Graph& graph_;
  const Trace& trace_;
  std::vector<Layer>& layers_;
  const PruneOptions& options_;
  std::map<uint32_t, Candidate> candidates_;
  std::map<uint32_t, std::vector<size_t>> makers_;  // producers of each candidate
  std::vector<Family> families_;
  int64_t channels_ = 0;  // of all producers
  int64_t most_places_ = 1;
  double limit_ = 1;
};

/// Mean score of the rows of each output channel.
std::vector<float> row_scores(const Graph& graph, const Layer& layer, const PruneOptions& options, const Evidence& evidence) {
  const Criterion& by = criterion(options.criterion);
  const std::vector<float> scores = weight_scores(graph, layer, by, evidence);
  if (scores.empty()) return {};
  std::vector<float> rows;
  std::vector<int64_t> places;
  for (int64_t o = 0; o < layer.out; ++o) {
    places.clear();
    for (int64_t tap = 0; tap < layer.taps; ++tap)
      for (int64_t i = 0; i < layer.in; ++i) places.push_back(layer.index(o, tap, i));
    rows.push_back(static_cast<float>(joint_score(by, scores, places)));
  }
  normalize(rows, chosen_normalize(options.normalize, options.structure));
  return rows;
}

Selection::Selection(const Graph& graph, const Trace& trace, std::vector<Layer>& layers, const PruneOptions& options,
                     const Evidence& evidence)
    : graph_(graph), trace_(trace), layers_(layers), options_(options) {
  protect_and_score(evidence);
  make_families();
  choose_limit();
}

void Selection::protect_and_score(const Evidence& evidence) {
  std::map<uint32_t, double> sums;  // over producers
  std::map<uint32_t, bool> barred;
  bool any = false;
  for (size_t p = 0; p < trace_.producers().size(); ++p) {
    const Trace::Producer& producer = trace_.producers()[p];
    channels_ += static_cast<int64_t>(producer.labels.of.size());
    const auto layer = std::find_if(layers_.begin(), layers_.end(),
                                    [&](const Layer& one) { return one.weight == graph_.node(producer.node).operands[1]; });
    std::string reason;
    for (const uint32_t label : producer.labels.of)
      if (reason.empty()) reason = trace_.kept_because(label);
    const bool all_kept = std::all_of(producer.labels.of.begin(), producer.labels.of.end(),
                                      [&](uint32_t label) { return !trace_.kept_because(label).empty(); });
    const bool fixed = layer == layers_.end() || layer->protected_by_user;
    if (layer != layers_.end() && layer->kept.empty() && all_kept) layer->kept = reason;
    if (fixed) {
      for (const uint32_t label : producer.labels.of) barred[label] = true;
      continue;
    }
    const std::vector<float> rows = row_scores(graph_, *layer, options_, evidence);
    any |= !rows.empty();
    for (size_t o = 0; o < producer.labels.of.size(); ++o) {
      const uint32_t label = producer.labels.of[o];
      if (!trace_.kept_because(label).empty()) continue;
      Candidate& candidate = candidates_[label];
      ++candidate.places;
      std::vector<size_t>& makers = makers_[label];
      if (makers.empty() || makers.back() != p) makers.push_back(p);
      if (!rows.empty()) sums[label] += static_cast<double>(rows[o]);
    }
  }
  if (!any && !candidates_.empty())
    fail("criterion {} says nothing about any layer of \"{}\": use another one, such as l2", options_.criterion, graph_.info.name);
  for (auto it = candidates_.begin(); it != candidates_.end();) {
    const auto sum = sums.find(it->first);
    if (barred.contains(it->first) || sum == sums.end()) {
      it = candidates_.erase(it);
      continue;
    }
    most_places_ = std::max(most_places_, it->second.places);
    it->second.score = sum->second;  // what goes out of several layers adds up: a residual stream is dearer than the inside of a block
    ++it;
  }
}

void Selection::make_families() {
  std::map<std::vector<size_t>, size_t> known;
  for (auto& [label, candidate] : candidates_) {
    const auto [place, added] = known.try_emplace(makers_.at(label), families_.size());
    if (added) families_.emplace_back();
    candidate.family = place->second;
    families_[place->second].classes.push_back(label);
  }
  for (Family& family : families_)
    std::stable_sort(family.classes.begin(), family.classes.end(),
                     [&](uint32_t a, uint32_t b) { return candidates_.at(a).score < candidates_.at(b).score; });
}

void Selection::limit_families(double limit) {
  for (Family& family : families_)
    family.least = std::max<int64_t>(1, static_cast<int64_t>(std::ceil((1 - limit) * static_cast<double>(family.classes.size()) - 1e-9)));
}

/// Places that all families together can lose, before what stays is rounded up to multiples.
int64_t Selection::most_gone() const {
  int64_t places = 0;
  for (const Family& family : families_) {
    const auto room = static_cast<int64_t>(family.classes.size()) - family.least;
    for (int64_t i = 0; i < room; ++i) places += candidates_.at(family.classes[static_cast<size_t>(i)]).places;
  }
  return places;
}

/// A limit that nobody gave rises as far as the amount wants: much may be protected, or be made by nodes that keep their channels.
void Selection::choose_limit() {
  double limit = chosen_layer_limit(options_);
  limit_families(limit);
  if (options_.scope == Scope::local || options_.budget == Budget::macs || families_.empty()) return;
  const double goal = options_.amount * static_cast<double>(channels_);
  while (!options_.layer_limit && limit < 1 && static_cast<double>(most_gone()) < goal) {
    limit = limit > 0.999 ? 1 : (1 + limit) / 2;
    limit_families(limit);
  }
  limit_ = limit;
}

std::string Selection::shortfall(const std::vector<bool>& stays) const {
  if (options_.scope == Scope::local || options_.budget == Budget::macs) return "";
  int64_t gone = 0;
  for (const auto& [label, candidate] : candidates_) gone += stays[label] ? 0 : candidate.places;
  if (static_cast<double>(gone + most_places_ * options_.multiple) >= options_.amount * static_cast<double>(channels_)) return "";
  return fmt::format("{} of {} channels went, {:.4g} of them were asked for: {} and what is protected stays", gone, channels_,
                     options_.amount,
                     limit_ < 1 ? fmt::format("no layer loses more than {:.4g}", limit_) : std::string("each layer keeps a channel"));
}

/// How many of a family stay, of which `wanted` are to.
int64_t Selection::stay(const Family& family, int64_t wanted) const {
  const auto size = static_cast<int64_t>(family.classes.size());
  wanted = std::max(wanted, family.least);
  const int64_t m = options_.multiple;
  return std::min(size, (wanted + m - 1) / m * m);
}

std::vector<bool> Selection::choose(double amount) const {
  std::vector<bool> stays(trace_.label_count(), true);
  std::vector<int64_t> go(families_.size());
  if (options_.scope == Scope::local) {
    for (size_t f = 0; f < families_.size(); ++f)
      go[f] = static_cast<int64_t>(std::floor(amount * static_cast<double>(families_[f].classes.size()) + 0.5));
  } else {
    std::vector<uint32_t> order;
    for (const auto& [label, candidate] : candidates_) order.push_back(label);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return candidates_.at(a).score < candidates_.at(b).score; });
    double left = amount * static_cast<double>(channels_) + 0.5;
    std::vector<int64_t> room;
    for (const Family& family : families_) room.push_back(static_cast<int64_t>(family.classes.size()) - stay(family, 0));
    for (const uint32_t label : order) {
      const Candidate& candidate = candidates_.at(label);
      if (go[candidate.family] == room[candidate.family]) continue;
      if (static_cast<double>(candidate.places) > left) continue;
      left -= static_cast<double>(candidate.places);
      ++go[candidate.family];
    }
  }
  for (size_t f = 0; f < families_.size(); ++f) {
    const auto size = static_cast<int64_t>(families_[f].classes.size());
    const int64_t gone = size - stay(families_[f], size - go[f]);
    for (int64_t i = 0; i < gone; ++i) stays[families_[f].classes[static_cast<size_t>(i)]] = false;
  }
  return stays;
}

int64_t Selection::macs_left(const std::vector<bool>& stays, const Layer& layer) const {
  const Shape shape = graph_.value(layer.weight).shape;
  int64_t left = layer.positions * layer.size();
  std::map<size_t, int64_t> axes;  // of the weight, and what is left along them
  for (const Trace::Slice& one : trace_.slices())
    if (one.operand == 1 && graph_.node(one.node).operands[1] == layer.weight)
      axes[one.axis] = std::count_if(one.labels.of.begin(), one.labels.of.end(), [&](uint32_t label) { return stays[trace_.find(label)]; });
  for (const auto& [axis, count] : axes) left = left / shape[axis] * count;
  return left;
}

double Selection::share_left(const std::vector<bool>& stays) const {
  double all = 0, left = 0;
  for (const Layer& layer : layers_)
    all += static_cast<double>(layer.positions * layer.size()), left += static_cast<double>(macs_left(stays, layer));
  return all > 0 ? left / all : 1;
}

std::vector<bool> Selection::choose_by_macs(double share) const {
  double low = 0, high = 1;
  if (const double most = 1 - share_left(choose(1)); most < share)
    fail("{:.4g} of the multiply-accumulates are to go, but at most {:.4g} can, as each layer keeps a channel and what is protected stays",
         share, most);
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    (share_left(choose(middle)) <= 1 - share ? high : low) = middle;
  }
  return choose(high);
}

std::string why_nothing(const PruneOptions& options, size_t families, const std::vector<Layer>& layers) {
  if (families > 0)
    return fmt::format("the amount of {} is below one channel of a layer{}", options.amount,
                       options.multiple > 1 ? fmt::format(", or below the {} that --multiple lets go at once", options.multiple) : "");
  for (const Layer& layer : layers)
    if (!layer.kept.empty()) return fmt::format("none may; \"{}\": {}", layer.name, layer.kept);
  return "none may";
}

}  // namespace

Pruned remove_channels(Graph& graph, const PruneOptions& options, const Evidence& evidence) {
  check(options);
  if (options.structure.grain != Grain::channel) fail("structure {} goes by masks, not by removing channels", to_string(options.structure));
  std::vector<Layer> layers = find_layers(graph, options.protect);
  const Graph before = graph;
  const Trace trace(before);
  const Selection selection(before, trace, layers, options, evidence);
  const std::vector<bool> stays =
      options.budget == Budget::macs ? selection.choose_by_macs(options.amount) : selection.choose(options.amount);

  Pruned result;
  Rewriter rewriter(graph, "prune");
  trace.cut(graph, stays);
  for (const Layer& layer : layers) {
    const Value& was = before.value(layer.weight);
    const Value& is = graph.value(graph.node(layer.node).operands[1]);
    LayerPruned row{layer.name,
                    std::string(graph.node(layer.node).op->name),
                    was.shape,
                    is.shape,
                    layer.size(),
                    layer.size() - is.constant.size(),
                    0,
                    0,
                    layer.kept};
    row.macs = layer.size() * layer.positions, row.macs_left = is.constant.size() * layer.positions;
    result.weights += row.weights, result.gone += row.gone, result.macs += row.macs, result.macs_left += row.macs_left;
    if (!layer.kept.empty()) rewriter.remark(layer.name, "kept", layer.kept);
    result.layers.push_back(std::move(row));
  }
  for (const auto& [value, labels] : trace.of_values()) {
    if (!labels) continue;
    std::vector<int64_t> places;
    for (size_t i = 0; i < labels.of.size(); ++i)
      if (stays[trace.find(labels.of[i])]) places.push_back(static_cast<int64_t>(i));
    if (places.size() < labels.of.size()) result.places[value] = std::move(places);
  }
  if (options.amount > 0 && result.gone == 0)
    fail("no channel of \"{}\" went: {}", graph.info.name, why_nothing(options, selection.families(), layers));
  if (const std::string why = selection.shortfall(stays); !why.empty()) rewriter.remark("", std::string(kLessThanAsked), why);
  result.remarks = rewriter.take_remarks();
  return result;
}

}  // namespace galet::prune
