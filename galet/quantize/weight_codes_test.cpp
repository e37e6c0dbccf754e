#include "galet/quantize/weight_codes.h"

#include <doctest/doctest.h>

#include <cmath>

#include "galet/core/random.h"

using namespace galet;
using namespace galet::quantize;

namespace {

double squared_error(const Tensor& weight, const QuantSpec& spec) {
  const Tensor codes = weight_codes(weight, spec);
  const ChannelView view(weight.shape(), spec.axis);
  double sum = 0;
  for (int64_t c = 0; c < view.channels; ++c)
    view.each(c, [&](int64_t at) {
      const double error = static_cast<double>(weight.data<float>()[at]) -
                           static_cast<double>(spec.scales[static_cast<size_t>(c)]) * codes.data<int8_t>()[at];
      sum += error * error;
    });
  return sum;
}

}  // namespace

TEST_CASE("weights: one scale per channel along any axis, largest weight at code 127") {
  const Tensor weight = Tensor::from<float>({2, 3}, std::vector<float>{1, -20, 0, 0.5f, 10, 0});
  CHECK(weight_scales(weight, 0, WeightRange::min_max) == std::vector<float>{20 / 127.0f, 10 / 127.0f});
  CHECK(weight_scales(weight, 1, WeightRange::min_max) == std::vector<float>{1 / 127.0f, 20 / 127.0f, 0});
  CHECK(weight_scales(weight, -1, WeightRange::min_max) == std::vector<float>{20 / 127.0f});
  const Tensor codes = weight_codes(weight, weight_spec({20 / 127.0f, 10 / 127.0f}, 0));
  CHECK(std::vector<int>(codes.span<int8_t>().begin(), codes.span<int8_t>().end()) == std::vector<int>{6, -127, 0, 6, 127, 0});
}

TEST_CASE("weights: mse never loses to min_max and wins on heavy tails") {
  Random random(1);
  Tensor weight(DType::f32, {4, 500});
  for (int64_t i = 0; i < weight.size(); ++i) weight.mutable_data<float>()[i] = static_cast<float>(std::pow(random.normal(), 5));
  const double plain = squared_error(weight, weight_spec(weight_scales(weight, 0, WeightRange::min_max), 0));
  const double best = squared_error(weight, weight_spec(weight_scales(weight, 0, WeightRange::mse), 0));
  CHECK(best <= plain);
  for (int64_t i = 0; i < weight.size(); ++i)
    weight.mutable_data<float>()[i] = static_cast<float>(random.normal()) + (i % 500 == 0 ? 9.0f : 0.0f);
  CHECK(squared_error(weight, weight_spec(weight_scales(weight, 0, WeightRange::mse), 0)) <
        squared_error(weight, weight_spec(weight_scales(weight, 0, WeightRange::min_max), 0)));
}

TEST_CASE("accumulators: scales grow until bias and worst case fit 32 bits") {
  const Tensor weight = Tensor::from<float>({3, 2}, std::vector<float>{1e-9f, 2e-9f, 1, 1, 0, 0});
  WeightUser user;
  user.src_scale = 0.01f;
  user.src_zero_point = 10;
  user.bias = Tensor::from<float>({3}, std::vector<float>{-5, 5, 0.25f});
  std::vector<float> scales = weight_scales(weight, 0, WeightRange::min_max);
  const std::vector<float> before = scales;
  CHECK(fit_accumulators(weight, 0, {user}, scales) == 1);
  CHECK(scales[0] > before[0]);
  CHECK(scales[1] == before[1]);
  CHECK(scales[2] > 0);
  const QuantSpec bias = bias_spec(user.src_scale, scales, 3);
  const Tensor bias_code = bias_codes(user.bias, bias), codes = weight_codes(weight, weight_spec(scales, 0));
  for (size_t c = 0; c < 3; ++c) {
    const double code = bias_code.data<int32_t>()[c];
    const double worst = std::fabs(code) + 245.0 * (std::abs(codes.data<int8_t>()[2 * c]) + std::abs(codes.data<int8_t>()[2 * c + 1]));
    CHECK(worst <= 2147483647.0);
    CHECK(code * static_cast<double>(bias.scales[c]) == doctest::Approx(static_cast<double>(user.bias.data<float>()[c])).epsilon(1e-6));
  }
}
