// Which channels of a network depend on one another. Every place along the channel axis of a value carries a label; what produces channels
// makes new labels, what moves or mixes values place by place passes or ties them. Labels that are tied leave the network together or not
// at all, wherever they stand: rows of a producer's weight, columns of its readers', entries of batch norms, extents in attributes.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "galet/ir/rewriter.h"

namespace galet::prune {

/// Labels along one axis of a value or constant; axis -1: it has none, nothing of it can leave.
struct Labels {
  int axis = -1;
  std::vector<uint32_t> of = {};
  explicit operator bool() const { return axis >= 0; }
};

/// Which labels stay, once that is decided.
class Kept {
 public:
  explicit Kept(std::vector<bool> stays) : stays_(std::move(stays)) {}
  bool operator()(uint32_t label) const { return stays_[label]; }
  int64_t count(const Labels& labels) const { return count(labels, 0, labels.of.size()); }
  int64_t count(const Labels& labels, size_t first, size_t last) const;
  std::vector<int64_t> places(const Labels& labels) const;

 private:
  std::vector<bool> stays_;  // by label
};

class Trace {
 public:
  explicit Trace(const Graph& graph);

  // For rules (channel_rules.inc): one call a node, in order of computation.
  const Graph& graph() const { return graph_; }
  /// Of a value that was computed; none for constants, inputs and what no rule knows.
  Labels labels(ValueId value) const;
  void set(ValueId result, Labels labels) { labels_[result.index] = std::move(labels); }
  /// New ones along an axis.
  Labels fresh(int axis, int64_t count);
  void tie(uint32_t a, uint32_t b);
  void tie(const Labels& a, const Labels& b);
  /// These never leave; `reason` is a sentence that names the node.
  void keep(const Labels& labels, const std::string& reason);
  /// The constant operand loses along `axis` what leaves.
  void slice(NodeId node, size_t operand, size_t axis, const Labels& labels);
  /// A layer whose rows (output channels) these are: what criteria score.
  void produces(NodeId node, const Labels& labels) { producers_.push_back({node, labels}); }
  /// Done when something left.
  void edit(std::function<void(Rewriter&, const Kept&)> f) { edits_.push_back(std::move(f)); }

  // For those who choose.
  struct Producer {
    NodeId node;
    Labels labels;  // class representatives once tracing is over
  };
  struct Slice {
    NodeId node;
    size_t operand, axis;
    Labels labels;
  };
  size_t label_count() const { return parents_.size(); }
  uint32_t find(uint32_t label) const;
  const std::vector<Producer>& producers() const { return producers_; }
  const std::vector<Slice>& slices() const { return slices_; }
  /// Why a class stays; empty where it may go.
  std::string kept_because(uint32_t label) const;
  /// Every list of labels along an axis: of each must something stay.
  const std::map<uint32_t, Labels>& of_values() const { return labels_; }

  /// Takes everything out of `graph` (a copy of the one traced, with its ids) that does not stay, by class representatives.
  void cut(Graph& graph, const std::vector<bool>& stays) const;

 private:
  void check_shared_weights();

  const Graph& graph_;
  mutable std::vector<uint32_t> parents_;
  std::map<uint32_t, std::string> kept_;  // by representative
  std::map<uint32_t, Labels> labels_;     // by ValueId::index
  std::vector<Producer> producers_;
  std::vector<Slice> slices_;
  std::map<std::pair<uint32_t, size_t>, Labels> weights_;  // labels of shared weights, by constant and axis
  std::vector<std::function<void(Rewriter&, const Kept&)>> edits_;
};

/// How one kind of operator treats labels.
using ChannelRule = void(Trace& trace, NodeId node);
/// nullptr: no rule; whatever it reads stays.
ChannelRule* channel_rule(std::string_view op);

/// Operators with a rule, in list order.
std::vector<std::string_view> traced_operators();

}  // namespace galet::prune
