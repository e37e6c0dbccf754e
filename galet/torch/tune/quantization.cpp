#include "galet/torch/tune/quantization.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "galet/runtime/computation.h"
#include "galet/torch/tune/functions.h"

namespace galet::torch::tune {
namespace {

constexpr int64_t kSample = 4096, kMostSampled = 1 << 16, kUpdateSample = 8192;
constexpr float kLeastScale = 1e-5f;  // of a batch norm

at::Tensor numbers(size_t count, bool learned) {
  at::Tensor tensor = at::zeros({static_cast<int64_t>(count)}, at::kFloat);
  return learned && count > 0 ? tensor.set_requires_grad(true) : tensor;
}
float* data(const at::Tensor& tensor) { return tensor.numel() > 0 ? tensor.data_ptr<float>() : nullptr; }

/// The weight with its output channels outermost, dense.
at::Tensor rows(const at::Tensor& weight, int axis) {
  const at::Tensor moved = axis == 0 ? weight.detach() : weight.detach().transpose(0, axis);
  return moved.dim() == 4 && moved.is_contiguous(at::MemoryFormat::ChannelsLast) ? moved : moved.contiguous();
}
quantizers::Weight view(const at::Tensor& rows) { return {data(rows), rows.size(0), rows.numel() / std::max<int64_t>(rows.size(0), 1)}; }

std::unique_ptr<ActivationSlot> make_slot(const std::string& name, const Method& method) {
  auto slot = std::make_unique<ActivationSlot>();
  slot->name = name, slot->method = method;
  slot->quantizer = quantizers::make_activations(method);
  slot->learned = numbers(slot->quantizer->learned(), true);
  slot->kept = numbers(slot->quantizer->kept(), false);
  return slot;
}

void start(ActivationSlot& slot) {
  const at::NoGradGuard guard;
  slot.quantizer->start(slot.seen, data(slot.learned), data(slot.kept));
}

}  // namespace

int32_t finer_codes(const QuantSpec& spec) { return std::max(127 / std::max({std::abs(spec.qmin), std::abs(spec.qmax), 1}), 1); }

int32_t WeightSlot::factor() const { return finer_codes(quantizer->codes_in_use(data(learned), data(kept))); }

QuantSpec ActivationSlot::spec() const { return quantizer->spec(data(learned), data(kept)); }

Quantization::Quantization(Executor& executor, const Scheme& scheme) : executor_(executor), scheme_(scheme) {
  if (!executor.device().is_cpu()) fail("quantizers run on the CPU only, not on {}", executor.device().str());
  const Graph& graph = executor.graph();
  const at::NoGradGuard guard;
  for (const LayerScheme& layer : scheme.layers) {
    if (layer.weights.is_float()) continue;
    const Node& node = graph.node(*graph.find_node(layer.node));
    auto& slot = weights_[node.operands[1].index];
    if (slot != nullptr) {
      if (slot->method != layer.weights)
        fail("\"{}\" shares its weight with another layer, which has the quantizer {}", layer.node, to_string(slot->method));
      continue;
    }
    slot = std::make_unique<WeightSlot>();
    slot->name = graph.value(node.operands[1]).name, slot->method = layer.weights;
    slot->axis = runtime::weight_channel_axis(node, graph.value(node.operands[1]).shape);
    slot->quantizer = quantizers::make_weights(layer.weights);
    slot->learned = numbers(slot->quantizer->learned(), true);
    slot->kept = numbers(slot->quantizer->kept(), false);
    const at::Tensor weight = rows(executor.constant(node.operands[1]), slot->axis);
    slot->quantizer->start(view(weight), data(slot->learned), data(slot->kept));
  }
  for (const SpecGroup& group : scheme.groups) {
    activations_.push_back(make_slot(group.values[0], group.method));
    for (const std::string& name : group.applied) {
      const auto id = graph.find_value(name);
      if (!id) continue;  // a constant that fusing made: quantized when facts are set
      applied_[id->index] = activations_.back().get();
      if (!graph.value(*id).is_constant()) continue;
      ActivationSlot& slot = *activations_.back();
      slot.seen = observe(executor.constant(*id), kMostSampled);
      start(slot);
    }
  }
  find_biases();
}

void Quantization::find_biases() {
  const Graph& graph = executor_.graph();
  std::map<std::string, size_t> group_of;
  for (size_t i = 0; i < scheme_.groups.size(); ++i)
    for (const std::string& name : scheme_.groups[i].values) group_of[name] = i;
  for (const LayerScheme& layer : scheme_.layers) {
    if (layer.weights.is_float()) continue;
    const NodeId id = *graph.find_node(layer.node);
    const Node& node = graph.node(id);
    const auto source = group_of.find(graph.value(node.operands[0]).name);
    if (source == group_of.end() || node.op->name == "matmul") continue;
    Bias bias{weights_.at(node.operands[1].index).get(), source->second, {}, {}, {}, {}, 0};
    if (node.operands.size() > 2) bias.bias = node.operands[2];
    const ValueId result = node.results[0];
    const auto readers = graph.readers(result);
    const Node* norm = readers.size() == 1 ? &graph.node(readers[0]) : nullptr;
    ValueId takes = bias.bias;
    if (norm != nullptr && norm->op->name == "batch_norm" && !scheme_.network.find_node(norm->name) &&
        !scheme_.network.find_value(graph.value(result).name)) {
      bias.norm_scale = norm->operands[1], bias.norm_mean = norm->operands[3], bias.norm_var = norm->operands[4];
      bias.epsilon = static_cast<double>(graph.call(readers[0]).get_float("epsilon"));
      takes = norm->operands[2];
    }
    if (takes.valid() && graph.value(takes).is_constant() && graph.readers(takes).size() == 1) biases_.emplace(takes.index, bias);
  }
}

void Quantization::keep_signs() {
  const at::NoGradGuard guard;
  for (const auto& [id, bias] : biases_) {
    if (!bias.norm_scale.valid()) continue;
    const QuantSpec spec = bias.weight->quantizer->codes_in_use(data(bias.weight->learned), data(bias.weight->kept));
    if (spec.qmin == -spec.qmax) continue;
    at::Tensor scale = executor_.constant(bias.norm_scale);
    if (scale.requires_grad() || !executor_.training()) scale.clamp_min_(kLeastScale);
  }
}

/// `x` and what the rounding of the integer bias will add to it.
at::Tensor Quantization::rounded_bias(const Bias& bias, const at::Tensor& x) const {
  const auto channels = static_cast<size_t>(x.numel());
  const double source = static_cast<double>(activations_[bias.source]->spec().scales[0]);
  const double factor = bias.weight->factor();
  const auto constant = [&](ValueId id) { return id.valid() ? data(executor_.constant(id)) : nullptr; };
  const float *scale = constant(bias.norm_scale), *mean = constant(bias.norm_mean), *var = constant(bias.norm_var),
              *own = constant(bias.bias);
  at::Tensor delta = at::empty(x.sizes(), x.options());
  for (size_t c = 0; c < channels; ++c) {
    const double k = scale == nullptr ? 1 : static_cast<double>(scale[c]) / std::sqrt(static_cast<double>(var[c]) + bias.epsilon);
    double b = static_cast<double>(data(x)[c]);
    if (scale != nullptr) b += ((own != nullptr ? static_cast<double>(own[c]) : 0) - static_cast<double>(mean[c])) * k;
    const double unit = source * static_cast<double>(bias.weight->scales[c % bias.weight->scales.size()]) / factor * std::fabs(k);
    data(delta)[c] = unit > 0 ? static_cast<float>(std::nearbyint(b / unit) * unit - b) : 0.0f;
  }
  return x + delta;
}

void Quantization::start_activations(Remarks& remarks) {
  for (size_t i = 0; i < activations_.size(); ++i) {
    auto& slot = activations_[i];
    if (scheme_.groups[i].constant) continue;
    if (slot->seen.sample.empty()) fail("value \"{}\" was never seen while warming up", slot->name);
    if (slot->seen.min < 0 && !slot->quantizer->takes_signs()) {
      auto other = make_slot(slot->name, {"lsq", slot->method.bits});
      remarks.push_back({"tune", slot->name, "lsq instead of " + slot->method.name, "it has values below zero", {}});
      other->seen = std::move(slot->seen);
      for (auto& [id, at] : applied_)
        if (at == slot.get()) at = other.get();
      slot = std::move(other);
    }
    start(*slot);
    slot->seen = {};
  }
  stage = Stage::on;
}

at::Tensor Quantization::constant(ValueId id, const at::Tensor& x) {
  if (const auto at = weights_.find(id.index); at != weights_.end()) {
    WeightSlot& slot = *at->second;
    if (executor_.training() && stage == Stage::on && at::GradMode::is_enabled()) {
      const at::Tensor weight = rows(x, slot.axis);
      slot.quantizer->update(view(weight), data(slot.kept));
    }
    return quantize_weight(x, slot);
  }
  if (const auto bias = biases_.find(id.index); bias != biases_.end() && stage == Stage::on) return rounded_bias(bias->second, x);
  const auto at = applied_.find(id.index);
  return at == applied_.end() ? x : quantize_activation(x, *at->second);
}

at::Tensor Quantization::computed(ValueId id, const at::Tensor& x) {
  at::Tensor y = x;
  if (const auto at = applied_.find(id.index); at != applied_.end()) {
    ActivationSlot& slot = *at->second;
    if (stage == Stage::observe) {
      const quantizers::Observed seen = observe(x, kSample);
      slot.seen.min = std::min(slot.seen.min, seen.min), slot.seen.max = std::max(slot.seen.max, seen.max);
      if (slot.seen.sample.size() < static_cast<size_t>(kMostSampled))
        slot.seen.sample.insert(slot.seen.sample.end(), seen.sample.begin(), seen.sample.end());
    } else {
      if (executor_.training() && slot.quantizer->updates() && at::GradMode::is_enabled())
        slot.quantizer->update(observe(x, kUpdateSample), data(slot.kept));
      y = quantize_activation(x, slot);
    }
  }
  if (tap) tap(id, y);
  return y;
}

std::vector<train::ParameterGroup> Quantization::parameter_groups() const {
  train::ParameterGroup plain, decaying;
  plain.name = "quantizers", decaying.name = "quantizers with decay";
  for (const auto& [id, slot] : weights_)
    if (slot->learned.numel() > 0) plain.tensors.push_back({"quantizer/" + slot->name, slot->learned});
  for (const auto& slot : activations_)
    if (slot->learned.numel() > 0) {
      const double decay = slot->quantizer->decay();
      if (decay > 0) decaying.weight_decay = decay;
      (decay > 0 ? decaying : plain).tensors.push_back({"quantizer/" + slot->name, slot->learned});
    }
  std::vector<train::ParameterGroup> groups;
  for (train::ParameterGroup* group : {&plain, &decaying})
    if (!group->tensors.empty()) groups.push_back(std::move(*group));
  return groups;
}

std::vector<train::NamedTensor> Quantization::buffers() const {
  std::vector<train::NamedTensor> buffers;
  for (const auto& [id, slot] : weights_)
    if (slot->kept.numel() > 0) buffers.push_back({"quantizer/" + slot->name + "/kept", slot->kept});
  for (const auto& slot : activations_)
    if (slot->kept.numel() > 0) buffers.push_back({"quantizer/" + slot->name + "/kept", slot->kept});
  return buffers;
}

WeightCodes Quantization::weight_codes(const std::string& constant) const {
  for (const auto& [id, slot] : weights_) {
    if (slot->name != constant) continue;
    const at::Tensor weight = rows(executor_.constant(ValueId{id}), slot->axis);
    WeightCodes result;
    const quantizers::Weight all = view(weight);
    at::Tensor codes = at::empty_like(weight);
    result.scales.resize(static_cast<size_t>(all.channels));
    slot->quantizer->quantize(all, data(slot->learned), data(slot->kept), data(codes), result.scales.data());
    // In the logical order of the graph's weight.
    const at::Tensor logical = (slot->axis == 0 ? codes : codes.transpose(0, slot->axis)).contiguous();
    result.codes.assign(data(logical), data(logical) + logical.numel());
    result.spec = slot->quantizer->codes_in_use(data(slot->learned), data(slot->kept));
    return result;
  }
  fail("weight \"{}\" has no quantizer", constant);
}

}  // namespace galet::torch::tune
