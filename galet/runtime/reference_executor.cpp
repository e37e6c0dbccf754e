// The oracle: every node through its reference, one after another, on whole tensors in logical layout.
#include <chrono>
#include <map>

#include "galet/runtime/codes.h"
#include "galet/runtime/executor.h"
#include "galet/runtime/integer_reference.h"

namespace galet::runtime {
namespace {

class ReferenceExecutor final : public Executor {
 public:
  ReferenceExecutor(const Graph& graph, const SessionOptions& options) : graph_(graph), profile_(options.profile), order_(graph.order()) {
    std::string missing;
    for (const NodeId id : order_) {
      const Node& node = graph.node(id);
      choices_.push_back(choose_computation(graph, id));
      choices_.back().fixed_point = options.fixed_point;
      if (node.op->reference == nullptr) missing += fmt::format("{}{} \"{}\"", missing.empty() ? "" : ", ", node.op->name, node.name);
      timings_.push_back({node.name, "reference", node.op->macs != nullptr ? node.op->macs(graph.call(id)) : 0, 0, 0});
      const Choice& choice = choices_.back();
      if (!choice.reason.empty()) remarks_.push_back({"plan", node.name, "computed in float", choice.reason, {}});
    }
    if (!missing.empty()) fail("these nodes have no implementation to run: {}", missing);
  }

  void run(std::span<const Feed> feeds) override {
    for (const Feed& feed : feeds) run_one(feed, nullptr);
  }
  void run_tapped(const Feed& feed, const Tap& tap) override { run_one(feed, &tap); }
  void run_viewed(const Feed& feed, const Viewer& viewer) override {
    run_tapped(feed, [&](ValueId id, const Tensor& stored) { viewer({id, stored.bytes(), stored.dtype(), false}); });
  }
  const Remarks& remarks() const override { return remarks_; }
  std::vector<StepTiming> timings() const override { return timings_; }
  void reset_timings() override {
    for (StepTiming& timing : timings_) timing.calls = 0, timing.seconds = 0;
  }
  size_t arena_bytes() const override {
    size_t bytes = 0;
    for (const ValueId id : graph_.values())
      if (const Value& value = graph_.value(id); !value.is_constant())
        bytes += static_cast<size_t>(count(value.shape)) * size_of(stored_dtype(value));
    return bytes;
  }
  size_t weight_bytes() const override {
    size_t bytes = 0;
    for (const ValueId id : graph_.values())
      if (graph_.value(id).is_constant()) bytes += graph_.value(id).constant.byte_size();
    return bytes;
  }

 private:
  void run_one(const Feed& feed, const Tap* tap) {
    std::map<ValueId, Tensor> stored;
    for (size_t i = 0; i < graph_.inputs().size(); ++i) {
      const Value& value = graph_.value(graph_.inputs()[i]);
      Tensor tensor(value.dtype, value.shape);
      std::memcpy(tensor.mutable_bytes(), feed.inputs[i], tensor.byte_size());
      if (is_coded(value)) tensor = quantize_tensor(tensor, *value.quant);
      stored[graph_.inputs()[i]] = tensor;
      if (tap != nullptr) (*tap)(graph_.inputs()[i], tensor);
    }
    auto find = [&](ValueId id) {
      return !id.valid() ? Tensor() : graph_.value(id).is_constant() ? graph_.value(id).constant : stored.at(id);
    };
    for (size_t step = 0; step < order_.size(); ++step) {
      const Node& node = graph_.node(order_[step]);
      std::vector<Tensor> operands;
      for (const ValueId id : node.operands) operands.push_back(find(id));
      const auto begin = std::chrono::steady_clock::now();
      const std::vector<Tensor> results = compute_reference(graph_, order_[step], choices_[step], operands);
      if (profile_) {
        timings_[step].seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        ++timings_[step].calls;
      }
      for (size_t i = 0; i < node.results.size(); ++i) {
        stored[node.results[i]] = results.at(i);
        if (tap != nullptr) (*tap)(node.results[i], results[i]);
      }
    }
    for (size_t i = 0; i < graph_.outputs().size(); ++i) {
      const Value& value = graph_.value(graph_.outputs()[i]);
      Tensor tensor = find(graph_.outputs()[i]);
      if (is_coded(value) && !feed.codes) tensor = dequantize_tensor(tensor, *value.quant);
      std::memcpy(feed.outputs[i], tensor.bytes(), tensor.byte_size());
    }
  }

  const Graph& graph_;
  bool profile_;
  std::vector<NodeId> order_;
  std::vector<Choice> choices_;
  std::vector<StepTiming> timings_;
  Remarks remarks_;
};

}  // namespace

std::unique_ptr<Executor> make_reference_executor(const Graph& graph, const SessionOptions& options) {
  return std::make_unique<ReferenceExecutor>(graph, options);
}

}  // namespace galet::runtime
