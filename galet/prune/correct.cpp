#include "galet/prune/correct.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "galet/calibrate/collect.h"
#include "galet/core/error.h"
#include "galet/data/feed.h"
#include "galet/data/loader.h"
#include "galet/ir/rewriter.h"
#include "galet/prune/coded_layer.h"
#include "galet/runtime/session.h"
#include "galet/transform/edit.h"
#include "galet/transform/weighted.h"

namespace galet::prune {
namespace {

constexpr double kMostScale = 8;  // a channel that has all but vanished is not blown up

enum class Role : uint8_t { none, norm, scaled, shifted };

/// One network walked node by node, with the values of all images that are still needed.
class Walk {
 public:
  Walk(const Graph& graph, int threads) : graph_(graph) {
    options_.threads = threads;
    options_.sparse = runtime::SparseKernels::never;  // the same bits every time
    for (const NodeId id : graph.order())
      for (const ValueId operand : graph.node(id).operands)
        if (operand.valid()) last_use_[operand.index] = id;
  }

  void set_input(std::vector<Tensor> images) { values_[graph_.inputs()[0].index] = std::move(images); }

  /// Results of the node for every image; `plain`: without its fused activation, and not rounded to codes.
  std::vector<std::vector<Tensor>> run(NodeId id, bool plain) const {
    std::vector<size_t> fed;  // operands
    const Graph one = alone(id, plain, fed);
    runtime::Session session(one, options_);
    const auto& operands = graph_.node(id).operands;
    std::vector<std::vector<Tensor>> results(graph_.node(id).results.size());
    for (size_t image = 0; image < images(); ++image) {
      std::vector<Tensor> inputs;
      for (const size_t i : fed) inputs.push_back(values_.at(operands[i].index)[image]);
      std::vector<Tensor> outputs = session.run(inputs);
      for (size_t r = 0; r < outputs.size(); ++r) results[r].push_back(std::move(outputs[r]));
    }
    return results;
  }

  void keep(NodeId id, std::vector<std::vector<Tensor>> results) {
    for (size_t r = 0; r < results.size(); ++r)
      if (const ValueId value = graph_.result(id, r); last_use_.contains(value.index)) values_[value.index] = std::move(results[r]);
    for (const ValueId operand : graph_.node(id).operands)
      if (operand.valid() && last_use_.at(operand.index) == id) values_.erase(operand.index);
  }
  const std::vector<Tensor>& of(ValueId value) const { return values_.at(value.index); }
  size_t images() const { return values_.begin()->second.size(); }

 private:
  /// The node as a network of its own; `fed` are the operands that are its inputs.
  Graph alone(NodeId id, bool plain, std::vector<size_t>& fed) const {
    const Node& node = graph_.node(id);
    Graph one;
    std::vector<ValueId> operands;
    for (size_t i = 0; i < node.operands.size(); ++i) {
      if (!node.operands[i].valid()) {
        operands.push_back({});
        continue;
      }
      const Value& value = graph_.value(node.operands[i]);
      if (value.is_constant()) {
        operands.push_back(value.quant ? one.add_constant(value.name, value.constant, *value.quant)
                                       : one.add_constant(value.name, value.constant));
      } else {
        const auto again = std::find_if(fed.begin(), fed.end(), [&](size_t f) { return node.operands[f] == node.operands[i]; });
        if (again != fed.end()) {
          operands.push_back(operands[*again]);
          continue;
        }
        operands.push_back(one.add_input(value.name, value.dtype, value.shape));
        if (value.quant) Rewriter(one).set_quant(operands.back(), value.quant);
        fed.push_back(i);
      }
    }
    Attributes attributes = node.attributes;
    if (plain) attributes.erase("activation"), attributes.erase("clip_min"), attributes.erase("clip_max");
    const NodeId made = one.add_node(*node.op, node.name, operands, attributes);
    for (size_t r = 0; r < node.results.size(); ++r) {
      const ValueId result = one.result(made, r);
      if (const auto& spec = graph_.value(node.results[r]).quant; spec && !plain) Rewriter(one).set_quant(result, spec);
      one.add_output(result);
    }
    return one;
  }

  const Graph& graph_;
  runtime::SessionOptions options_;
  std::map<uint32_t, NodeId> last_use_;
  std::map<uint32_t, std::vector<Tensor>> values_;
};

std::vector<calibrate::Moments> moments(const std::vector<Tensor>& images) {
  std::vector<calibrate::Moments> sum;
  for (const Tensor& image : images) {
    const auto one = calibrate::moments_by_channel(image.span<float>(), calibrate::channels_of(image.shape(), false));
    sum.resize(one.size());
    for (size_t c = 0; c < one.size(); ++c) sum[c].merge(one[c]);
  }
  return sum;
}

double variance(const calibrate::Moments& m) { return m.count > 0 ? m.m2 / static_cast<double>(m.count) : 0; }

bool read_by_norm(const Graph& graph, ValueId value) {
  for (const NodeId reader : graph.readers(value))
    if (graph.node(reader).op->name == "batch_norm") return true;
  return false;
}

/// What is corrected at each node. Where a network has batch norms, they are what holds its statistics, and nothing else is touched.
std::map<NodeId, Role> roles_of(const Graph& graph, Remarks& remarks) {
  std::map<NodeId, Role> roles;
  bool norms = false;
  for (const NodeId id : graph.order()) norms |= graph.node(id).op->name == "batch_norm";
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const bool weighted = node.op->name == "conv2d" || node.op->name == "conv_transpose2d" || node.op->name == "linear";
    if (node.op->name == "batch_norm") {
      bool constant = true;
      for (size_t i = 1; i < node.operands.size(); ++i) constant &= graph.value(node.operands[i]).is_constant();
      if (constant) roles[id] = Role::norm;
    } else if (weighted && !norms && !read_by_norm(graph, graph.result(id))) {
      const bool coded = has_coded_weight(graph, id);
      std::string why = coded ? why_no_coded_shift(graph, id) : transform::why_not_editable(graph, id);
      if (why.empty() && !coded && !transform::is_lone(graph, node.operands[1])) why = "its weight is another layer's too";
      if (!why.empty()) {
        remarks.push_back({"correct", node.name, "kept", why, {}});
        continue;
      }
      const Shape& shape = graph.value(graph.result(id)).shape;
      const bool scales = node.op->name != "linear" && count(shape, 2, shape.size()) > 1 && (!coded || scales_by_channel(graph, id));
      roles[id] = scales ? Role::scaled : Role::shifted;
    }
  }
  return roles;
}

/// Most bytes of one image's values that are alive at once.
int64_t live_bytes(const Graph& graph) {
  std::map<uint32_t, NodeId> last;
  const std::vector<NodeId> order = graph.order();
  for (const NodeId id : order)
    for (const ValueId operand : graph.node(id).operands)
      if (operand.valid()) last[operand.index] = id;
  auto bytes = [&](ValueId id) {
    return graph.value(id).is_constant() ? 0 : count(graph.value(id).shape) * static_cast<int64_t>(size_of(graph.value(id).dtype));
  };
  int64_t now = bytes(graph.inputs()[0]), most = now;
  for (const NodeId id : order) {
    for (const ValueId result : graph.node(id).results) now += bytes(result);
    most = std::max(most, now);
    std::vector<uint32_t> done;
    for (const ValueId operand : graph.node(id).operands)
      if (operand.valid() && last.at(operand.index) == id && std::find(done.begin(), done.end(), operand.index) == done.end()) {
        now -= bytes(operand);
        done.push_back(operand.index);
      }
    for (const ValueId result : graph.node(id).results)
      if (!last.contains(result.index)) now -= bytes(result);
  }
  return most;
}

void set_norm(Rewriter& rewriter, NodeId id, const std::vector<calibrate::Moments>& seen) {
  const auto channels = static_cast<int64_t>(seen.size());
  Tensor mean(DType::f32, {channels}), var(DType::f32, {channels});
  for (int64_t c = 0; c < channels; ++c) {
    mean.mutable_data<float>()[c] = static_cast<float>(seen[static_cast<size_t>(c)].mean);
    var.mutable_data<float>()[c] = static_cast<float>(variance(seen[static_cast<size_t>(c)]));
  }
  transform::change_constant(rewriter, id, 3, mean);
  transform::change_constant(rewriter, id, 4, var);
}

/// The layer's results get the means, and where `scales` the deviations, of `wanted`.
void set_layer(Rewriter& rewriter, NodeId id, bool scales, const std::vector<calibrate::Moments>& found,
               const std::vector<calibrate::Moments>& wanted, const std::vector<int64_t>* places) {
  std::vector<double> scale(found.size(), 1), shift(found.size());
  for (size_t c = 0; c < found.size(); ++c) {
    const calibrate::Moments& goal = wanted[places != nullptr ? static_cast<size_t>((*places)[c]) : c];
    const double now = std::sqrt(variance(found[c])), then = std::sqrt(variance(goal));
    if (scales && now > 1e-6 * then && then > 0) scale[c] = std::min(then / now, kMostScale);
    shift[c] = goal.mean - scale[c] * found[c].mean;
  }
  (has_coded_weight(rewriter.graph(), id) ? scale_and_shift_coded : transform::scale_and_shift_results)(rewriter, id, scale, shift);
}

}  // namespace

Remarks correct_statistics(Graph& graph, const Graph& before, const std::map<uint32_t, std::vector<int64_t>>& places,
                           const data::Dataset& dataset, const CorrectOptions& options, Progress& progress) {
  if (graph.inputs().size() != 1) fail("correcting statistics needs a network with one input, this one has {}", graph.inputs().size());
  if (options.samples < 1) fail("{} images for correcting statistics asked for, expected at least 1", options.samples);
  Remarks remarks;
  const std::map<NodeId, Role> roles = roles_of(graph, remarks);
  Rewriter rewriter(graph, "correct");
  if (roles.empty()) {
    rewriter.remark("", "kept", "no batch norm and no convolution whose statistics could be corrected");
    return rewriter.take_remarks();
  }
  const bool both = std::any_of(roles.begin(), roles.end(), [](const auto& one) { return one.second != Role::norm; });

  const data::Feed feed(dataset, graph.info.preprocessing, graph.value(graph.inputs()[0]).shape);
  const int64_t live = live_bytes(graph) + (both ? live_bytes(before) : 0);
  const int64_t samples =
      std::max<int64_t>(std::min(options.samples, options.memory / std::max<int64_t>(live, 1)), std::min<int64_t>(options.samples, 8));
  std::vector<Tensor> images;
  for (const int64_t i : data::random_indices(dataset, samples, options.seed)) images.push_back(feed(i));
  Walk now(graph, options.threads), then(before, options.threads);
  now.set_input(images);
  if (both) then.set_input(images);
  images.clear();

  const std::vector<NodeId> order = graph.order();
  progress.start("correct", static_cast<int64_t>(order.size()));
  int64_t done = 0;
  double most = 0;
  for (const NodeId id : order) {
    const auto found = roles.find(id);
    const Role role = found == roles.end() ? Role::none : found->second;
    if (role == Role::norm) set_norm(rewriter, id, moments(now.of(graph.node(id).operands[0])));
    if (role == Role::scaled || role == Role::shifted) {
      const auto seen = moments(now.run(id, true)[0]), wanted = moments(then.run(id, true)[0]);
      const auto place = places.find(graph.result(id).index);
      set_layer(rewriter, id, role == Role::scaled, seen, wanted, place == places.end() ? nullptr : &place->second);
      for (size_t c = 0; c < seen.size(); ++c)
        most = std::max(most, std::fabs(seen[c].mean - wanted[place == places.end() ? c : static_cast<size_t>(place->second[c])].mean));
    }
    now.keep(id, now.run(id, false));
    if (both) then.keep(id, then.run(id, false));
    progress.update(++done);
  }
  progress.finish();
  const auto norms = std::count_if(roles.begin(), roles.end(), [](const auto& one) { return one.second == Role::norm; });
  if (norms > 0) rewriter.remark("", "re-estimated", fmt::format("mean and variance of {} batch norms, from {} images", norms, samples));
  if (both)
    rewriter.remark(
        "", "corrected",
        fmt::format("mean and deviation of the results of {} layers, from {} images", roles.size() - static_cast<size_t>(norms), samples),
        {{"largest shift", most}});
  graph.info.metadata["pruned.corrected"] = fmt::format("{} images", samples);
  verify(graph);
  for (const Remark& remark : rewriter.take_remarks()) remarks.push_back(remark);
  return remarks;
}

}  // namespace galet::prune
