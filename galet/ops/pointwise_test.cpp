#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;
using F = std::vector<float>;

namespace {
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
}  // namespace

TEST_CASE("relu and clip") {
  CHECK(close(run("relu", {f32({-1, 0, 2, kNan})}), f32({0, 0, 2, kNan})));
  CHECK(values<int32_t>(run("relu", {i32({-5, 5})})) == std::vector<int32_t>{0, 5});
  CHECK(close(run("clip", {f32({-kInf, 0.5f, kInf, kNan})}, {{"min", -1.0f}, {"max", 1.0f}}), f32({-1, 0.5f, 1, kNan})));
  CHECK(close(run("clip", {f32({-kInf, kInf})}), f32({-kInf, kInf})));
  CHECK(values<float>(run("clip", {f32({0, 5})}, {{"min", 3.0f}, {"max", 2.0f}})) == F{2, 2});
  CHECK(values<int32_t>(run("clip", {i32({INT32_MIN, 4, INT32_MAX})}, {{"min", 1.0f}})) == std::vector<int32_t>{1, 4, INT32_MAX});
  CHECK_REFUSED("a limit is NaN", "clip", {f32({0})}, {{"min", kNan}});
  CHECK_REFUSED("src is bool, expected a number", "relu", {tensor<int32_t>({1}, {1}).cast(DType::boolean)});
}

TEST_CASE("activation functions (values from numpy)") {
  const Tensor x = f32({-4, -1, -0.5f, 0, 0.5f, 1, 4});
  const auto is = [&](std::string_view op, const F& wanted, Attributes attributes = {}) {
    CAPTURE(op);
    CHECK(close(run(op, {x}, std::move(attributes)), f32(wanted)));
  };
  is("sigmoid", {0.01798621f, 0.26894142f, 0.37754067f, 0.5f, 0.62245933f, 0.73105858f, 0.98201379f});
  is("silu", {-0.07194484f, -0.26894142f, -0.18877033f, 0, 0.31122967f, 0.73105858f, 3.92805516f});
  is("tanh", {-0.99932930f, -0.76159416f, -0.46211716f, 0, 0.46211716f, 0.76159416f, 0.99932930f});
  is("hard_sigmoid", {0, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 1});
  is("hard_sigmoid", {0, 0.25f, 0.375f, 0.5f, 0.625f, 0.75f, 1}, {{"alpha", 0.25f}});
  is("hard_swish", {0, -1 / 3.0f, -0.20833333f, 0, 0.29166667f, 2 / 3.0f, 4});
  is("leaky_relu", {-0.4f, -0.1f, -0.05f, 0, 0.5f, 1, 4}, {{"alpha", 0.1f}});
  is("thresholded_relu", {0, 0, 0, 0, 0, 0, 4});
  is("elu", {-1.96336872f, -1.26424112f, -0.78693868f, 0, 0.5f, 1, 4}, {{"alpha", 2.0f}});
  is("celu", {-1.72932943f, -0.78693868f, -0.44239843f, 0, 0.5f, 1, 4}, {{"alpha", 2.0f}});
  is("selu", {-1.72589829f, -1.11133073f, -0.69175819f, 0, 0.52535049f, 1.05070098f, 4.20280394f});
  is("gelu", {-0.00012669f, -0.15865525f, -0.15426877f, 0, 0.34573123f, 0.84134475f, 3.99987331f});
  is("gelu", {-0.00007023f, -0.15880801f, -0.15428599f, 0, 0.34571401f, 0.84119199f, 3.99992977f}, {{"approximate", std::string("tanh")}});
  is("softplus", {0.01814993f, 0.31326169f, 0.47407698f, 0.69314718f, 0.97407698f, 1.31326169f, 4.01814993f});
  is("softsign", {-0.8f, -0.5f, -1 / 3.0f, 0, 1 / 3.0f, 0.5f, 0.8f});
  is("mish", {-0.07259174f, -0.30340146f, -0.22074377f, 0, 0.37524521f, 0.86509839f, 3.99741281f});
  CHECK(close(run("softplus", {f32({-1000, 1000})}), f32({0, 1000})));
  CHECK_REFUSED("approximate is \"erf\"", "gelu", {x}, {{"approximate", std::string("erf")}});
  CHECK_REFUSED("src is i32, expected f32 or f64", "sigmoid", {i32({1})});
}

TEST_CASE("softmax, log_softmax, hardmax along an axis") {
  const Tensor x = f32({2, 2}, {0, 1, std::log(3.0f), 1});
  CHECK(close(run("softmax", {x}, {{"axis", int64_t{0}}}), f32({2, 2}, {0.25f, 0.5f, 0.75f, 0.5f})));
  CHECK(close(run("log_softmax", {x}, {{"axis", int64_t{-2}}}), f32({2, 2}, {-1.38629436f, -0.69314718f, -0.28768207f, -0.69314718f})));
  CHECK(close(run("softmax", {f32({1000, 1000})}), f32({0.5f, 0.5f})));
  CHECK(values<float>(run("hardmax", {f32({2, 3}, {1, 5, 5, 2, 0, 1})})) == F{0, 1, 0, 1, 0, 0});
  CHECK_REFUSED("axis", "softmax", {x}, {{"axis", int64_t{2}}});
  CHECK_REFUSED("axis", "softmax", {f32({}, {1})});
}

TEST_CASE("elementary functions") {
  CHECK(values<float>(run("round", {f32({0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 2.4f})})) == F{0, 2, 2, -0.0f, -2, 2});
  CHECK(values<float>(run("floor", {f32({-1.5f, 1.5f})})) == F{-2, 1});
  CHECK(values<float>(run("ceil", {f32({-1.5f, 1.5f})})) == F{-1, 2});
  CHECK(close(run("sign", {f32({-3, 0, 7, kNan})}), f32({-1, 0, 1, kNan})));
  CHECK(values<int32_t>(run("abs", {i32({-3, 4, INT32_MIN})})) == std::vector<int32_t>{3, 4, INT32_MIN});
  CHECK(values<uint8_t>(run("abs", {tensor<uint8_t>({1}, {200})})) == std::vector<uint8_t>{200});
  CHECK(values<int32_t>(run("neg", {i32({-3, 4})})) == std::vector<int32_t>{3, -4});
  CHECK(std::signbit(values<float>(run("neg", {f32({0})}))[0]));
  CHECK(!std::signbit(values<float>(run("abs", {f32({-0.0f})}))[0]));
  CHECK(values<int32_t>(run("bitwise_not", {i32({0, -1, 5})})) == std::vector<int32_t>{-1, 0, -6});
  CHECK(values<uint8_t>(run("bitwise_not", {tensor<uint8_t>({1}, {5})})) == std::vector<uint8_t>{250});
  const Tensor special = f32({kNan, kInf, -kInf, 0});
  CHECK(values<bool>(run("is_nan", {special})) == std::vector<bool>{true, false, false, false});
  CHECK(values<bool>(run("is_inf", {special})) == std::vector<bool>{false, true, true, false});
  CHECK(values<bool>(run("is_inf", {special}, {{"detect_negative", int64_t{0}}})) == std::vector<bool>{false, true, false, false});
  CHECK(values<bool>(run("not", {run("is_nan", {special})})) == std::vector<bool>{false, true, true, true});
  CHECK_REFUSED("src is f32, expected bool", "not", {special});
  CHECK_REFUSED("src is f32, expected an integer", "bitwise_not", {special});
  const Tensor x = f32({0.5f});
  const std::vector<std::pair<std::string_view, float>> wanted{
      {"exp", 1.64872127f},  {"log", -0.69314718f}, {"sqrt", 0.70710678f}, {"reciprocal", 2},      {"erf", 0.52049988f},
      {"sin", 0.47942554f},  {"cos", 0.87758256f},  {"tan", 0.54630249f},  {"asin", 0.52359878f},  {"acos", 1.04719755f},
      {"atan", 0.46364761f}, {"sinh", 0.52109531f}, {"cosh", 1.12762597f}, {"asinh", 0.48121183f}, {"atanh", 0.54930614f}};
  for (const auto& [op, y] : wanted) {
    CAPTURE(op);
    CHECK(close(run(op, {x}), f32({y})));
  }
  CHECK(close(run("acosh", {f32({2})}), f32({1.31695790f})));
  CHECK(std::isnan(values<float>(run("sqrt", {f32({-1})}))[0]));
  CHECK(run("exp", {Tensor::scalar(1.0)}).dtype() == DType::f64);
}
