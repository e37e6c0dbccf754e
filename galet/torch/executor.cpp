#include "galet/torch/executor.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "galet/ir/rewriter.h"
#include "galet/runtime/codes.h"
#include "galet/torch/fused/norm.h"
#include "galet/torch/tensors.h"

namespace galet::torch {
namespace {

Role role_of(std::string_view op, size_t operand) {
  if (op == "conv2d" || op == "conv_transpose2d" || op == "linear")
    return operand == 1 ? Role::weight : operand == 2 ? Role::bias : Role::fixed;
  if (op == "matmul") return Role::weight;
  if (op == "batch_norm") return operand <= 2 ? Role::norm : Role::running;
  if (op == "instance_norm" || op == "group_norm" || op == "layer_norm" || op == "prelu") return operand >= 1 ? Role::norm : Role::fixed;
  return Role::fixed;
}

/// A learned factor: PyTorch's nn.Parameter of one number called NAME.scale, as each level of FCOS's pyramid has one.
bool is_factor(const Value& value, std::string_view op) {
  return op == "mul" && value.shape == Shape{1} && std::string_view(value.name).ends_with(".scale");
}

/// The strongest claim of any reader: a constant that one node trains is trained for all of them.
std::map<uint32_t, Role> roles(const Graph& graph) {
  std::map<uint32_t, Role> result;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    for (size_t i = 0; i < node.operands.size(); ++i) {
      const ValueId value = node.operands[i];
      if (!value.valid() || !graph.value(value).is_constant()) continue;
      Role role = graph.value(value).dtype == DType::f32 ? role_of(node.op->name, i) : Role::fixed;
      if (role == Role::fixed && is_factor(graph.value(value), node.op->name)) role = Role::norm;
      const auto [at, added] = result.emplace(value.index, role);
      if (!added) at->second = std::min(at->second, role);
    }
  }
  return result;
}

void refuse_unknown(const Graph& graph) {
  std::set<std::string> unknown;
  for (const NodeId id : graph.order())
    if (find_torch_function(graph.node(id).op->name) == nullptr)
      unknown.insert(fmt::format("{} (\"{}\")", graph.node(id).op->name, graph.node(id).name));
  if (!unknown.empty()) fail("cannot be trained: no differentiable form of {}", fmt::join(unknown, ", "));
}

}  // namespace

Executor::Executor(Graph graph, const ExecutorOptions& options)
    : graph_(std::move(graph)), device_(options.device), channels_last_(options.channels_last), batching_(find_batching(graph_)) {
  refuse_unknown(graph_);
  for (const auto& [index, role] : roles(graph_)) {
    const ValueId id{index};
    const Value& value = graph_.value(id);
    at::Tensor tensor = to_torch(value.quant ? runtime::dequantize_tensor(value.constant, *value.quant) : value.constant).to(device());
    if (channels_last_ && tensor.dim() == 4 && role == Role::weight) tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
    const bool trained = role <= Role::norm && !value.quant;
    tensor.set_requires_grad(trained);
    constants_[index] = tensor;
    if (role != Role::fixed) parameters_.push_back({id, value.name, role, tensor});
  }
  std::set<uint32_t> seen;
  for (const ValueId id : graph_.outputs()) seen.insert(id.index);
  const std::vector<NodeId> order = graph_.order();
  std::map<NodeId, std::vector<ValueId>> last_uses;
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const Node& node = graph_.node(*it);
    for (const std::vector<ValueId>& values : {node.operands, node.results})
      for (const ValueId v : values)
        if (v.valid() && seen.insert(v.index).second) last_uses[*it].push_back(v);
  }
  for (const NodeId id : order) {
    const Node& node = graph_.node(id);
    std::vector<bool> batched;
    for (const ValueId v : node.operands) batched.push_back(v.valid() && batching_.batched[v.index]);
    steps_.push_back({id, graph_.call(id), find_torch_function(node.op->name), std::move(batched), std::move(last_uses[id])});
  }
  if (!options.fuse) return;
  groups_ = fused::find_norms(graph_);
  std::map<NodeId, size_t> group_of;
  for (size_t i = 0; i < groups_.size(); ++i)
    for (const NodeId id : groups_[i].nodes) group_of[id] = i;
  for (Step& step : steps_)
    if (const auto found = group_of.find(step.node); found != group_of.end()) {
      step.group = found->second;
      step.closes = groups_[step.group].nodes.back() == step.node;
      if (step.closes) continue;
      // What an earlier step of the group reads last is still needed when the last one computes them all.
      for (Step& last : steps_)
        if (last.node == groups_[step.group].nodes.back())
          last.last_uses.insert(last.last_uses.end(), step.last_uses.begin(), step.last_uses.end());
      step.last_uses.clear();
    }
}

at::Device Executor::device() const { return at::Device(device_); }

void Executor::check_inputs(std::span<const at::Tensor> inputs) const {
  if (inputs.size() != graph_.inputs().size()) fail("{} inputs given, the network has {}", inputs.size(), graph_.inputs().size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value& value = graph_.value(graph_.inputs()[i]);
    Shape found = inputs[i].sizes().vec(), wanted = value.shape;
    const bool same_batch = !found.empty() && inputs[0].dim() > 0 && found[0] == inputs[0].size(0);
    if (graph_.dynamic_batch && !wanted.empty() && same_batch) wanted[0] = found[0];
    if (found != wanted) fail("input \"{}\" has shape {}, the network expects {}", value.name, to_string(found), to_string(value.shape));
  }
}

std::vector<at::Tensor> Executor::forward(std::span<const at::Tensor> inputs, Intercept* intercept) {
  check_inputs(inputs);
  const int64_t images = graph_.dynamic_batch && !inputs.empty() ? inputs[0].size(0) : 1;
  if (images == 1 || batching_.obstacle.empty()) return run(inputs, images, intercept);
  std::vector<std::vector<at::Tensor>> per_output(graph_.outputs().size());
  for (int64_t n = 0; n < images; ++n) {
    std::vector<at::Tensor> one;
    for (const at::Tensor& x : inputs) one.push_back(x.narrow(0, n, 1));
    const auto results = run(one, 1, intercept);
    for (size_t i = 0; i < results.size(); ++i) per_output[i].push_back(results[i]);
  }
  std::vector<at::Tensor> results;
  for (const auto& parts : per_output) results.push_back(at::cat(parts));
  return results;
}

at::Tensor Executor::operand(ValueId value, const std::map<uint32_t, at::Tensor>& values, Intercept* intercept) const {
  if (!value.valid()) return {};
  if (!graph_.value(value).is_constant()) return values.at(value.index);
  const at::Tensor& x = constants_.at(value.index);
  return intercept != nullptr ? intercept->constant(value, x) : x;
}

at::Tensor Executor::run_group(const fused::NormGroup& group, const std::map<uint32_t, at::Tensor>& values, Intercept* intercept) const {
  const Node& node = graph_.node(group.nodes[0]);
  std::vector<at::Tensor> x;
  for (const ValueId v : node.operands) x.push_back(operand(v, values, intercept));
  const at::Tensor residual = group.residual.valid() ? values.at(group.residual.index) : at::Tensor();
  return fused::norm({x[0], x[1], x[2], x[3], x[4], residual, group.activation, training_ && !frozen_norm_, bn_momentum,
                      graph_.call(group.nodes[0]).get_float("epsilon")});
}

std::vector<at::Tensor> Executor::run(std::span<const at::Tensor> inputs, int64_t batch, Intercept* intercept) {
  std::map<uint32_t, at::Tensor> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ValueId id = graph_.inputs()[i];
    at::Tensor x = inputs[i].to(device());
    if (channels_last_ && x.dim() == 4) x = x.contiguous(at::MemoryFormat::ChannelsLast);
    values[id.index] = intercept != nullptr ? intercept->computed(id, x) : x;
  }
  std::vector<bool> joined(groups_.size());
  for (size_t i = 0; i < groups_.size(); ++i)
    joined[i] = intercept == nullptr ||
                std::none_of(groups_[i].inside.begin(), groups_[i].inside.end(), [&](ValueId v) { return intercept->sees(v); });
  for (const Step& step : steps_) {
    const Node& node = graph_.node(step.node);
    if (step.group != kAlone && joined[step.group]) {
      if (!step.closes) continue;
      const at::Tensor y = run_group(groups_[step.group], values, intercept);
      values[node.results[0].index] = intercept != nullptr ? intercept->computed(node.results[0], y) : y;
      for (const ValueId v : step.last_uses) values.erase(v.index);
      continue;
    }
    std::vector<at::Tensor> operands;
    for (const ValueId v : node.operands) operands.push_back(operand(v, values, intercept));
    const Application application{step.call,   graph_.value(node.results[0]).shape, batch, training_ && !frozen_norm_, bn_momentum,
                                  step.batched};
    std::vector<at::Tensor> results = step.function(application, operands);
    for (size_t i = 0; i < results.size() && i < node.results.size(); ++i)
      values[node.results[i].index] = intercept != nullptr ? intercept->computed(node.results[i], results[i]) : std::move(results[i]);
    for (const ValueId v : step.last_uses) values.erase(v.index);
  }
  std::vector<at::Tensor> outputs;
  for (const ValueId id : graph_.outputs()) outputs.push_back(values.contains(id.index) ? values.at(id.index) : constants_.at(id.index));
  return outputs;
}

Graph Executor::trained_graph() const {
  Graph result = graph_;
  Rewriter rewriter(result, "train");
  for (const Parameter& p : parameters_)
    if (!result.value(p.value).quant) rewriter.set_constant(p.value, from_torch(p.tensor));
  return result;
}

}  // namespace galet::torch
