#include "galet/evaluate/study.h"

#include <doctest/doctest.h>

#include <cmath>

#include "galet/core/error.h"

using namespace galet;
using namespace galet::evaluate;

TEST_CASE("divergence: by hand") {
  const Tensor a = Tensor::from<float>({2, 2}, std::vector<float>{0, 2, 2, 0}),
               b = Tensor::from<float>({2, 2}, std::vector<float>{0, 2, 0, 3});
  const Divergence same = divergence(a, a), other = divergence(a, b);
  CHECK(std::isinf(same.sqnr_db));
  CHECK(same.kl == 0);
  CHECK(same.agreement == 1);
  CHECK(other.sqnr_db == doctest::Approx(10 * std::log10(8.0 / 13.0)));
  CHECK(other.agreement == 0.5);
  const double p = 1 / (1 + std::exp(-2.0)), q = 1 / (1 + std::exp(3.0));
  CHECK(other.kl == doctest::Approx((p * std::log(p / q) + (1 - p) * std::log((1 - p) / (1 - q))) / 2));
  CHECK_THROWS_WITH_AS(divergence(a, Tensor(DType::f32, {2, 3})), doctest::Contains("cannot be compared"), Error);
}

TEST_CASE("divergence: outputs that are probabilities are taken as such") {
  const Tensor p = Tensor::from<float>({1, 2}, std::vector<float>{0.75f, 0.25f}),
               q = Tensor::from<float>({1, 2}, std::vector<float>{0.5f, 0.5f});
  CHECK(divergence(p, q).kl == doctest::Approx(0.75 * std::log(1.5) + 0.25 * std::log(0.5)));
}

TEST_CASE("study: JSON comes back as it went") {
  Sweep sweep;
  sweep.name = "n_sigma", sweep.axis = "n", sweep.about = "about", sweep.seconds = 2.5;
  sweep.settings = {"m<&>\".onnx", "12 bytes", "cal", "data", "recipe"};
  sweep.reference = {10, true, 7, 0.7, 0.9, {INFINITY, 0, 1}, 400, 0.5};
  sweep.points = {{"1 sigma", 1, false, {10, true, 3, 0.3, 0.5, {3.25, 0.5, 0.4}, 100, 0.25}}, {"mse", 0, true, {}}};
  const std::string json = to_json(sweep);
  CHECK(study_kind(json) == "sweep");
  const Sweep back = parse_sweep(json, "x.json");
  CHECK(to_json(back) == json);
  CHECK(back.settings == sweep.settings);
  CHECK(std::isinf(back.reference.from_float.sqnr_db));
  CHECK(back.points[0].measured.from_float.sqnr_db == 3.25);

  Sensitivity sensitivity;
  sensitivity.bits = {8, 4}, sensitivity.layers = {"a", "b\xff"};
  sensitivity.points = {{"a", "conv2d", 4, 12, {}}};
  CHECK(parse_sensitivity(to_json(sensitivity), "y.json").points[0].bits == 4);
}

TEST_CASE("study: damaged files are refused by name") {
  CHECK_THROWS_WITH_AS(parse_sweep("", "x.json"), doctest::Contains("x.json is no sweep of galet, or damaged"), Error);
  CHECK_THROWS_WITH_AS(parse_sweep("[1]", "x.json"), doctest::Contains("damaged"), Error);
  CHECK_THROWS_WITH_AS(parse_sweep(to_json(Sensitivity()), "x.json"), "x.json holds a sensitivity, expected a sweep", Error);
  CHECK(study_kind("{\"kind\": 3}").empty());
  CHECK(study_kind("nonsense").empty());
}
