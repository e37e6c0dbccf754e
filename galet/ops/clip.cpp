// min(max(x, attribute min), attribute max): the maximum wins where the range is empty, and NaN stays NaN, as in ONNX.
#include <limits>

#include "galet/ops/pointwise.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  if (call.get_float("min") != call.get_float("min") || call.get_float("max") != call.get_float("max")) call.fail("a limit is NaN");
  return infer_numbers(call);
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const auto limit = [&](std::string_view name, DType type) { return Tensor::scalar(call.get_float(name)).cast(type); };
  return dispatch_numbers(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    const T min = limit("min", call.dtype(0)).data<T>()[0], max = limit("max", call.dtype(0)).data<T>()[0];
    return std::vector<Tensor>{map<T>(operands[0], [=](T x) {
      const T raised = x < min ? min : x;
      return raised > max ? max : raised;
    })};
  });
}

}  // namespace

Op clip_op() {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return {.name = "clip",
          .operands = {"src"},
          .attributes = {{"min", -kInfinity}, {"max", kInfinity}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::table};
}

}  // namespace galet::ops
