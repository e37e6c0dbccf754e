// Interprets a graph with libtorch tensors, so that autograd, its optimizers and its devices work on it. The graph stays the only
// definition of the network: whatever can be imported can be trained.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "galet/ir/graph.h"
#include "galet/torch/application.h"
#include "galet/torch/batching.h"
#include "galet/torch/fused/find_norms.h"

namespace galet::torch {

/// What a constant is to the nodes that read it: decides whether it is trained and with which weight decay.
enum class Role : uint8_t {
  weight,   // of conv2d, conv_transpose2d, linear, matmul
  bias,     // of these
  norm,     // scale and shift of a normalisation, slope of prelu
  running,  // mean and variance of batch_norm: updated while training, never by gradients
  fixed,    // everything else
};

struct Parameter {
  ValueId value;
  std::string name;
  Role role;
  at::Tensor tensor;  // a leaf; requires_grad for weight, bias and norm
};

/// Sees values while a network runs and may replace them: quantizers, masks, observers. Called in order of computation.
class Intercept {
 public:
  virtual ~Intercept() = default;
  /// A constant, each time a node is about to read it.
  virtual at::Tensor constant(ValueId, const at::Tensor& x) { return x; }
  /// An input or a result.
  virtual at::Tensor computed(ValueId, const at::Tensor& x) { return x; }
  /// False: computed() does nothing for this value, which then may never exist, inside of several nodes done as one.
  virtual bool sees(ValueId) { return true; }
};

struct ExecutorOptions {
  std::string device = "cpu";  // "cuda", "cuda:1"
  bool channels_last = true;   // 4-D weights and images in NHWC memory order: the faster one on CPUs and on tensor cores
  bool fuse = true;            // a batch norm, an addition and an activation in a row are computed as one (torch/fused)
};

class Executor {
 public:
  /// Throws Error naming every operator without a differentiable form. Quantized constants take part with their real values.
  explicit Executor(Graph graph, const ExecutorOptions& options = {});
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  const Graph& graph() const { return graph_; }
  at::Device device() const;
  std::vector<Parameter>& parameters() { return parameters_; }
  /// The tensor of a constant that some node reads.
  const at::Tensor& constant(ValueId value) const { return constants_.at(value.index); }

  /// Training: batch norms use the statistics of the batch and move their running ones by `bn_momentum`; frozen ones do not.
  void set_training(bool training) { training_ = training; }
  bool training() const { return training_; }
  double bn_momentum = 0.1;
  void freeze_batch_norm(bool frozen) { frozen_norm_ = frozen; }

  /// The outputs in order. `inputs`: one tensor per graph input, any number of images (the same for all). Runs image by image where
  /// the graph mixes images (batching().obstacle). Throws Error for inputs of the wrong shape.
  std::vector<at::Tensor> forward(std::span<const at::Tensor> inputs, Intercept* intercept = nullptr);
  const Batching& batching() const { return batching_; }

  /// The graph with the constants as they are now; quantized constants are left as they were.
  Graph trained_graph() const;

 private:
  struct Step {
    NodeId node;
    OpCall call;
    TorchFunction function;
    std::vector<bool> batched;
    std::vector<ValueId> last_uses;  // values that nobody reads after this step
    size_t group = kAlone;           // in groups_; its last step computes all of it
    bool closes = false;
  };
  static constexpr size_t kAlone = SIZE_MAX;
  at::Tensor operand(ValueId value, const std::map<uint32_t, at::Tensor>& values, Intercept* intercept) const;
  at::Tensor run_group(const fused::NormGroup& group, const std::map<uint32_t, at::Tensor>& values, Intercept* intercept) const;
  std::vector<at::Tensor> run(std::span<const at::Tensor> inputs, int64_t batch, Intercept* intercept);
  void check_inputs(std::span<const at::Tensor> inputs) const;

  Graph graph_;
  std::string device_;
  bool channels_last_, training_ = false, frozen_norm_ = false;
  Batching batching_;
  std::map<uint32_t, at::Tensor> constants_;  // by ValueId::index
  std::vector<Parameter> parameters_;
  std::vector<Step> steps_;
  std::vector<fused::NormGroup> groups_;
};

}  // namespace galet::torch
