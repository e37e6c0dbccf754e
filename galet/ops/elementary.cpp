// Elementary functions of one element. The transcendental ones are computed in double and rounded once (see map_double).
#include <cmath>
#include <limits>

#include "galet/ops/pointwise.h"
#include "galet/ops/wrapping.h"

namespace galet::ops {
namespace {

/// A function of one element that needs no table on integers: it gives bool, or takes it.
template <auto f>
Op logical_function(std::string_view name, std::vector<TensorType> (*infer)(const OpCall&), std::vector<AttributeSpec> attributes = {}) {
  return {.name = name, .operands = {"src"}, .attributes = std::move(attributes), .infer = infer, .reference = f};
}

std::vector<TensorType> infer_test(const OpCall& call) {
  expect_types(call, 0, Types::floats);
  return {{DType::boolean, call.shape(0)}};
}

std::vector<TensorType> infer_integers(const OpCall& call) {
  expect_types(call, 0, Types::integers);
  return {call.type(0)};
}

std::vector<TensorType> infer_booleans(const OpCall& call) {
  expect_types(call, 0, Types::booleans);
  return {call.type(0)};
}

/// A tensor of f(x), f giving bool for floats.
template <typename F>
std::vector<Tensor> test(const Tensor& src, F f) {
  Tensor result(DType::boolean, src.shape());
  bool* dst = result.mutable_data<bool>();
  dispatch_floats(src.dtype(), [&](auto zero) {
    const auto* x = src.data<decltype(zero)>();
    for (int64_t i = 0; i < result.size(); ++i) dst[i] = f(x[i]);
  });
  return {result};
}

std::vector<Tensor> is_nan(const OpCall&, std::span<const Tensor> operands) {
  return test(operands[0], [](auto x) { return x != x; });
}

std::vector<Tensor> is_inf(const OpCall& call, std::span<const Tensor> operands) {
  const bool negative = call.get_int("detect_negative") != 0, positive = call.get_int("detect_positive") != 0;
  return test(operands[0], [=](auto x) { return std::isinf(x) && (x < 0 ? negative : positive); });
}

std::vector<Tensor> logical_not(const OpCall&, std::span<const Tensor> operands) {
  return {map<bool>(operands[0], [](bool x) { return !x; })};
}

std::vector<Tensor> bitwise_not(const OpCall&, std::span<const Tensor> operands) {
  return dispatch_numbers(operands[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    return std::vector<Tensor>{map<T>(operands[0], [](T x) { return minus(minus(T{0}, x), T{1}); })};  // ~x, for any T
  });
}

template <typename T>
T sign(T x) {
  return x > 0 ? T{1} : x < 0 ? static_cast<T>(-1) : x;  // 0 and NaN stay
}

}  // namespace

Op exp_op() {
  return double_function<[](double x) { return std::exp(x); }>("exp");
}
Op log_op() {
  return double_function<[](double x) { return std::log(x); }>("log");
}
Op sqrt_op() {
  return double_function<[](double x) { return std::sqrt(x); }>("sqrt");
}
Op reciprocal_op() {
  return double_function<[](double x) { return 1 / x; }>("reciprocal");
}
Op floor_op() {
  return double_function<[](double x) { return std::floor(x); }>("floor");
}
Op ceil_op() {
  return double_function<[](double x) { return std::ceil(x); }>("ceil");
}
/// Halves go to the even neighbour.
Op round_op() {
  return double_function<[](double x) { return std::nearbyint(x); }>("round");
}
Op erf_op() {
  return double_function<[](double x) { return std::erf(x); }>("erf");
}
Op sin_op() {
  return double_function<[](double x) { return std::sin(x); }>("sin");
}
Op cos_op() {
  return double_function<[](double x) { return std::cos(x); }>("cos");
}
Op tan_op() {
  return double_function<[](double x) { return std::tan(x); }>("tan");
}
Op asin_op() {
  return double_function<[](double x) { return std::asin(x); }>("asin");
}
Op acos_op() {
  return double_function<[](double x) { return std::acos(x); }>("acos");
}
Op atan_op() {
  return double_function<[](double x) { return std::atan(x); }>("atan");
}
Op sinh_op() {
  return double_function<[](double x) { return std::sinh(x); }>("sinh");
}
Op cosh_op() {
  return double_function<[](double x) { return std::cosh(x); }>("cosh");
}
Op asinh_op() {
  return double_function<[](double x) { return std::asinh(x); }>("asinh");
}
Op acosh_op() {
  return double_function<[](double x) { return std::acosh(x); }>("acosh");
}
Op atanh_op() {
  return double_function<[](double x) { return std::atanh(x); }>("atanh");
}

Op abs_op() {
  return number_function<[](auto x) { return std::signbit(static_cast<double>(x)) ? minus(decltype(x){0}, x) : x; }>("abs");
}
Op neg_op() {
  return number_function<[](auto x) {
    if constexpr (std::is_floating_point_v<decltype(x)>)
      return -x;
    else
      return minus(decltype(x){0}, x);
  }>("neg");
}
Op sign_op() {
  return number_function<[](auto x) { return sign(x); }>("sign");
}

Op not_op() { return logical_function<logical_not>("not", infer_booleans); }
Op bitwise_not_op() { return logical_function<bitwise_not>("bitwise_not", infer_integers); }
Op is_nan_op() { return logical_function<is_nan>("is_nan", infer_test); }
Op is_inf_op() {
  return logical_function<is_inf>("is_inf", infer_test, {{"detect_negative", int64_t{1}}, {"detect_positive", int64_t{1}}});
}

}  // namespace galet::ops
