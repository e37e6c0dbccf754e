// The quantizers of a scheme at work in an executor: what nodes read are the values that the integer network will have.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "galet/torch/executor.h"
#include "galet/torch/train/optimizer.h"
#include "galet/torch/tune/scheme.h"

namespace galet::torch::tune {

/// A quantizer with its numbers. `learned` has gradients.
struct WeightSlot {
  std::string name;  // of the constant
  Method method;
  int axis = 0;  // of output channels
  std::unique_ptr<quantizers::WeightQuantizer> quantizer;
  at::Tensor learned, kept;
  std::vector<float> scales;  // when last quantized

  /// What finer_codes() multiplies codes by.
  int32_t factor() const;
};
struct ActivationSlot {
  std::string name;
  Method method;
  std::unique_ptr<quantizers::ActivationQuantizer> quantizer;
  at::Tensor learned, kept;
  quantizers::Observed seen;
  QuantSpec spec() const;
};

/// The codes of a weight as rows of channels.
struct WeightCodes {
  std::vector<float> codes, scales;
  QuantSpec spec;  // codes in use, no scales
};

/// Codes of weights are made as large as 8 bits allow and their scales as much finer: the bias of the integer network is rounded to units
/// of source scale times weight scale, which with codes of -2..1 would be coarser than the results.
int32_t finer_codes(const QuantSpec& spec);

class Quantization final : public Intercept {
 public:
  enum class Stage : uint8_t {
    observe,  // weights are quantized, activations watched
    on,
  };

  /// `executor` runs scheme.training; both outlive this. Starts the weights' quantizers from the weights as they are. Throws Error for a
  /// device other than the CPU.
  Quantization(Executor& executor, const Scheme& scheme);

  /// Ends Stage::observe: activations' quantizers start from what was seen. Methods that cannot code values below zero give way to lsq
  /// where there are such (a remark says so).
  void start_activations(Remarks& remarks);
  Stage stage = Stage::observe;

  at::Tensor constant(ValueId id, const at::Tensor& x) override;
  at::Tensor computed(ValueId id, const at::Tensor& x) override;
  bool sees(ValueId id) override { return tap != nullptr || applied_.contains(id.index); }
  /// After a step: scales of batch norms behind weights whose codes are not symmetric stay positive, for a negative one would turn the
  /// codes of its channel over, into others than the codebook has.
  void keep_signs();
  /// Sees every computed value after it was quantized.
  std::function<void(ValueId, const at::Tensor&)> tap;

  /// For the training loop. Valid for the stage at hand.
  std::vector<train::ParameterGroup> parameter_groups() const;
  std::vector<train::NamedTensor> buffers() const;

  WeightCodes weight_codes(const std::string& constant) const;
  size_t groups() const { return activations_.size(); }
  const ActivationSlot& group(size_t i) const { return *activations_.at(i); }

 private:
  /// A bias, or what becomes one when a batch norm is absorbed.
  struct Bias {
    const WeightSlot* weight;
    size_t source;                                  // group
    ValueId norm_scale, norm_mean, norm_var, bias;  // invalid where there is none
    double epsilon = 0;
  };
  void find_biases();
  at::Tensor rounded_bias(const Bias& bias, const at::Tensor& x) const;

  Executor& executor_;
  const Scheme& scheme_;
  std::map<uint32_t, Bias> biases_;                           // by the constant that takes the rounding
  std::map<uint32_t, std::unique_ptr<WeightSlot>> weights_;   // by constant
  std::vector<std::unique_ptr<ActivationSlot>> activations_;  // as scheme.groups
  std::map<uint32_t, ActivationSlot*> applied_;               // by value of the training graph
};

}  // namespace galet::torch::tune
