// Functions of one element of one tensor: shape rules and references made from a function of one number.
#pragma once

#include "galet/ops/rules.h"

namespace galet::ops {

/// One result of the type and shape of src.
std::vector<TensorType> infer_same(const OpCall& call);
/// The same, for f32 and f64 only.
std::vector<TensorType> infer_floats(const OpCall& call);
/// The same, for everything but bool.
std::vector<TensorType> infer_numbers(const OpCall& call);

/// f applied to each element, all of type T.
template <typename T, typename F>
Tensor map(const Tensor& src_tensor, F f) {
  Tensor result(src_tensor.dtype(), src_tensor.shape());
  const T* src = src_tensor.data<T>();
  T* dst = result.mutable_data<T>();
  for (int64_t i = 0; i < result.size(); ++i) dst[i] = static_cast<T>(f(src[i]));
  return result;
}

/// f(x) of each element, x being float or double.
template <typename F>
std::vector<Tensor> map_floats(std::span<const Tensor> operands, F f) {
  return dispatch_floats(operands[0].dtype(), [&](auto zero) { return std::vector<Tensor>{map<decltype(zero)>(operands[0], f)}; });
}

/// f(x) of each element computed in double and rounded once: functions of libm then give the same floats on every machine (but for
/// the rarest of ties), which tables made from them need.
template <typename F>
std::vector<Tensor> map_double(std::span<const Tensor> operands, F f) {
  return map_floats(operands, [&](auto x) { return f(static_cast<double>(x)); });
}

/// f(x) of each element, x being any number.
template <typename F>
std::vector<Tensor> map_numbers(std::span<const Tensor> operands, F f) {
  return dispatch_numbers(operands[0].dtype(), [&](auto zero) { return std::vector<Tensor>{map<decltype(zero)>(operands[0], f)}; });
}

/// A whole operator from a function of one double.
template <auto f>
Op double_function(std::string_view name) {
  return {.name = name,
          .operands = {"src"},
          .attributes = {},
          .infer = infer_floats,
          .reference = [](const OpCall&, std::span<const Tensor> operands) { return map_double(operands, f); },
          .quant = QuantTrait::table};
}

/// A whole operator from a function of one number of any type but bool.
template <auto f>
Op number_function(std::string_view name) {
  return {.name = name,
          .operands = {"src"},
          .attributes = {},
          .infer = infer_numbers,
          .reference = [](const OpCall&, std::span<const Tensor> operands) { return map_numbers(operands, f); },
          .quant = QuantTrait::table};
}

}  // namespace galet::ops
