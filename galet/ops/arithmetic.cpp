// Binary arithmetic with numpy broadcasting on every numeric type: add (with a fused activation), sub, mul, div, mod, pow.
// Integers wrap around; their division truncates as in C++.
#include <algorithm>
#include <cmath>

#include "galet/ops/activation.h"
#include "galet/ops/broadcast.h"
#include "galet/ops/wrapping.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_same_types(call, Types::numbers);
  return {result_type(call, call.dtype(0), broadcast_shape(call))};
}

template <typename F>
std::vector<Tensor> binary(const OpCall& call, std::span<const Tensor> operands, F f) {
  return dispatch_numbers(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    return std::vector<Tensor>{map_broadcast<T, T>(operands[0], operands[1], broadcast_shape(call), f)};
  });
}

std::vector<TensorType> infer_add(const OpCall& call) {
  activation_range(call);
  if (call.get_string("activation") != "none" && !is_float(call.dtype(0)))
    call.fail("an activation on {}, expected f32 or f64", to_string(call.dtype(0)));
  return infer(call);
}

std::vector<Tensor> add(const OpCall& call, std::span<const Tensor> operands) {
  const ActivationRange range = activation_range(call);
  return binary(call, operands, [&](auto a, auto b) {
    if constexpr (std::is_same_v<decltype(a), float>)
      return apply(range, a + b);
    else if constexpr (std::is_same_v<decltype(a), double>)
      return std::isnan(a + b) ? a + b : std::min(std::max(a + b, double{range.min}), double{range.max});
    else
      return plus(a, b);
  });
}

std::vector<Tensor> sub(const OpCall& call, std::span<const Tensor> operands) {
  return binary(call, operands, [](auto a, auto b) { return minus(a, b); });
}

std::vector<Tensor> mul(const OpCall& call, std::span<const Tensor> operands) {
  return binary(call, operands, [](auto a, auto b) { return times(a, b); });
}

/// Integers have no infinity: a divisor of 0 is refused.
void expect_no_zero(const OpCall& call, const Tensor& divisor) {
  if (is_float(divisor.dtype())) return;
  dispatch(divisor.dtype(), [&](auto zero) {
    for (const auto value : divisor.span<decltype(zero)>())
      if (value == zero) call.fail("division of integers by zero");
  });
}

template <typename T>
T quotient(T a, T b) {
  if constexpr (std::is_signed_v<T> && std::is_integral_v<T>)
    if (b == T{-1}) return minus(T{0}, a);  // the one quotient that overflows
  return static_cast<T>(a / b);
}

std::vector<Tensor> div(const OpCall& call, std::span<const Tensor> operands) {
  expect_no_zero(call, operands[1]);
  return binary(call, operands, [](auto a, auto b) { return quotient(a, b); });
}

/// With `truncated` (fmod = 1) the sign of the dividend, else the sign of the divisor.
template <typename T>
T remainder(T a, T b, bool truncated) {
  if constexpr (std::is_floating_point_v<T>) {
    const T rest = std::fmod(a, b);
    if (truncated) return rest;
    if (rest == 0) return std::copysign(rest, b);
    return (rest < 0) != (b < 0) ? rest + b : rest;
  } else {
    if constexpr (std::is_signed_v<T>)
      if (b == T{-1}) return 0;  // the quotient might overflow
    const T rest = static_cast<T>(a % b);
    return !truncated && rest != 0 && (rest < 0) != (b < 0) ? plus(rest, b) : rest;
  }
}

std::vector<Tensor> mod(const OpCall& call, std::span<const Tensor> operands) {
  expect_no_zero(call, operands[1]);
  const bool truncated = call.get_int("fmod") != 0;
  return binary(call, operands, [=](auto a, auto b) { return remainder(a, b, truncated); });
}

std::vector<TensorType> infer_pow(const OpCall& call) {
  expect_types(call, 0, Types::numbers);
  expect_types(call, 1, Types::numbers);
  return {result_type(call, call.dtype(0), broadcast_shape(call))};
}

/// Exact modulo 2^bits for integers; a negative exponent gives the truncated fraction (0 where it would be infinite).
template <typename T, typename E>
T power(T base, E exponent) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  } else if constexpr (std::is_floating_point_v<E>) {
    return Tensor::scalar(std::pow(static_cast<double>(base), static_cast<double>(exponent))).cast(DTypeOf<T>::value).template data<T>()[0];
  } else {
    if (exponent < 0)
      return base == 1 ? T{1} : static_cast<T>(base + 1) == 0 && std::is_signed_v<T> ? static_cast<T>(exponent % 2 ? -1 : 1) : T{0};
    T result = 1;
    for (uint64_t bits = static_cast<uint64_t>(exponent); bits != 0; bits >>= 1, base = times(base, base))
      if (bits & 1) result = times(result, base);
    return result;
  }
}

std::vector<Tensor> pow(const OpCall& call, std::span<const Tensor> operands) {
  const Shape shape = broadcast_shape(call);
  Tensor result(call.dtype(0), shape);
  dispatch_numbers(call.dtype(0), [&](auto base_zero) {
    dispatch_numbers(call.dtype(1), [&](auto exponent_zero) {
      using T = decltype(base_zero);
      const T* base = operands[0].data<T>();
      const auto* exponent = operands[1].data<decltype(exponent_zero)>();
      T* dst = result.mutable_data<T>();
      for_each_broadcast<2>(shape, {&call.shape(0), &call.shape(1)},
                            [&](int64_t i, const std::array<int64_t, 2>& at) { dst[i] = power(base[at[0]], exponent[at[1]]); });
    });
  });
  return {result};
}

}  // namespace

Op add_op() {
  return {.name = "add",
          .operands = {"a", "b"},
          .attributes = with_activation({}),
          .infer = infer_add,
          .reference = add,
          .quant = QuantTrait::rescaled};
}
Op sub_op() {
  return {.name = "sub", .operands = {"a", "b"}, .attributes = {}, .infer = infer, .reference = sub, .quant = QuantTrait::rescaled};
}
Op mul_op() {
  return {.name = "mul", .operands = {"a", "b"}, .attributes = {}, .infer = infer, .reference = mul, .quant = QuantTrait::rescaled};
}
Op div_op() { return {.name = "div", .operands = {"a", "b"}, .attributes = {}, .infer = infer, .reference = div}; }
Op mod_op() { return {.name = "mod", .operands = {"a", "b"}, .attributes = {{"fmod", int64_t{0}}}, .infer = infer, .reference = mod}; }
Op pow_op() { return {.name = "pow", .operands = {"a", "b"}, .attributes = {}, .infer = infer_pow, .reference = pow}; }

}  // namespace galet::ops
