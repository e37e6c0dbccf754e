// Each quantizer: codes are those it announces, gradients are the paper's, starts make sense; the loops give the same bits everywhere.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "galet/core/error.h"
#include "galet/core/isa.h"
#include "galet/core/random.h"
#include "galet/torch/quantizers/loops.h"

using namespace galet;
using namespace galet::torch::quantizers;

namespace {

std::vector<float> normal(size_t n, uint64_t seed, float deviation = 0.1f) {
  Random random(seed);
  std::vector<float> x(n);
  for (float& v : x) v = deviation * static_cast<float>(random.normal());
  return x;
}

const char* const kWeights[] = {"int:8",    "int:4",    "int:2",   "lsq:8",   "lsq:4",   "lsq:3", "lsq:2", "dorefa:7",
                                "dorefa:4", "dorefa:2", "lqnet:4", "lqnet:3", "lqnet:2", "twn",   "ttq",   "binary"};
const char* const kActivations[] = {"int:8",    "int:4",  "int:2",  "lsq:8",   "lsq:3",   "lsq:2",  "dorefa:8",
                                    "dorefa:2", "pact:4", "pact:2", "lqnet:4", "lqnet:2", "ternary"};

struct Run {
  std::unique_ptr<WeightQuantizer> quantizer;
  std::vector<float> learned, kept, codes, scales, y;
  Run(const std::string& method, const std::vector<float>& w, int64_t channels) : quantizer(make_weights(parse_weights(method))) {
    learned.resize(quantizer->learned()), kept.resize(quantizer->kept());
    weight = {w.data(), channels, static_cast<int64_t>(w.size()) / channels};
    quantizer->start(weight, learned.data(), kept.data());
    run();
  }
  void run() {
    codes.assign(static_cast<size_t>(weight.size()), 0), scales.assign(static_cast<size_t>(weight.channels), 0);
    quantizer->quantize(weight, learned.data(), kept.data(), codes.data(), scales.data());
    y.resize(codes.size());
    for (size_t i = 0; i < y.size(); ++i) y[i] = scales[i / static_cast<size_t>(weight.elements)] * codes[i];
  }
  Weight weight;
};

double error_of(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0, whole = 0;
  for (size_t i = 0; i < a.size(); ++i)
    error += std::pow(static_cast<double>(a[i] - b[i]), 2), whole += std::pow(static_cast<double>(a[i]), 2);
  return error / whole;
}

}  // namespace

TEST_CASE("methods: words, bits, refusals") {
  CHECK(parse_weights("lsq:3") == Method{"lsq", 3});
  CHECK(parse_weights("int8") == Method{"int", 8});
  CHECK(parse_activations("pact4") == Method{"pact", 4});
  CHECK(to_string(parse_weights("twn")) == "twn");
  CHECK(to_string(parse_activations("lqnet:2")) == "lqnet:2");
  CHECK(parse_weights("float").is_float());
  for (const char* bad : {"", "lsq", "lsq:1", "lsq:9", "lsq:x", "lsq:2x", "pact:2", "dorefa:8", "int", "twn:3", "nonsense", ":2"})
    CHECK_THROWS_AS(parse_weights(bad), Error);
  for (const char* bad : {"twn", "lqnet:8", "binary", "int:16"}) CHECK_THROWS_AS(parse_activations(bad), Error);
  CHECK(with_bits({"twn", 2}, 4, true) == Method{"lsq", 4});
  CHECK(with_bits({"lqnet", 2}, 8, true) == Method{"lsq", 8});
  CHECK(with_bits({"lsq", 2}, 4, true) == Method{"lsq", 4});
}

TEST_CASE("weights: codes are those announced, and nearer with more bits") {
  const std::vector<float> w = normal(8 * 45, 3);
  for (const char* method : kWeights) {
    CAPTURE(method);
    Run run(method, w, 8);
    for (int step = 0; step < 3; ++step) {
      const QuantSpec spec = run.quantizer->codes_in_use(run.learned.data(), run.kept.data());
      CHECK(spec.storage == DType::i8);
      for (const float code : run.codes) {
        const auto whole = static_cast<int32_t>(code);
        CHECK(static_cast<float>(whole) == code);
        CHECK(whole >= spec.qmin);
        CHECK(whole <= spec.qmax);
        CHECK(nearest_level(spec.levels, whole) == whole);
      }
      CHECK(spec.qmin >= -128);
      CHECK(spec.qmax <= 127);
      for (const float scale : run.scales) CHECK(scale > 0);
      run.quantizer->update(run.weight, run.kept.data());
      run.run();
    }
  }
  CHECK(error_of(w, Run("lsq:4", w, 8).y) < error_of(w, Run("lsq:3", w, 8).y));
  CHECK(error_of(w, Run("lsq:3", w, 8).y) < error_of(w, Run("lsq:2", w, 8).y));
  CHECK(error_of(w, Run("lqnet:2", w, 8).y) < 0.125);  // the best four levels of a normal distribution lose 0.1175
  CHECK(error_of(w, Run("twn", w, 8).y) < 0.22);       // the best three: 0.19
  CHECK(error_of(w, Run("binary", w, 8).y) < 0.38);    // two: 0.363
}

TEST_CASE("weights of nothing but zeros give scales that are no zeros") {
  const std::vector<float> w(2 * 9, 0.0f);
  for (const char* method : kWeights) {
    CAPTURE(method);
    Run run(method, w, 2);
    for (const float scale : run.scales) CHECK(scale > 0);
    for (const float y : run.y) CHECK(std::fabs(y) < 1e-3f);
  }
}

TEST_CASE("lsq: gradients as in the paper") {
  const std::vector<float> w{-0.9f, -0.24f, 0.05f, 0.14f, 0.3f, 0.8f}, g{1, -2, 3, -4, 5, -6};
  Run run("lsq:3", w, 2);
  run.learned = {0.1f};
  run.run();
  CHECK(run.y == std::vector<float>{0.1f * -4, 0.1f * -2, 0, 0.1f, 0.1f * 3, 0.1f * 3});
  std::vector<float> weight_gradient(6), learned_gradient(1);
  run.quantizer->backward(run.weight, run.learned.data(), run.codes.data(), run.scales.data(), g.data(), weight_gradient.data(),
                          learned_gradient.data());
  CHECK(weight_gradient == std::vector<float>{0, -2, 3, -4, 5, 0});
  double expected = 1 * -4.0 + -6 * 3.0;
  for (const size_t i : {1, 2, 3, 4}) {
    const double t = static_cast<double>(w[i] / 0.1f);
    expected += static_cast<double>(g[i]) * (std::nearbyint(t) - t);
  }
  CHECK(learned_gradient[0] == doctest::Approx(expected / std::sqrt(6 * 3.0)).epsilon(1e-5));
}

TEST_CASE("ttq: gradients as in the paper") {
  const std::vector<float> w{-1, -0.04f, 0.02f, 0.5f}, g{2, 3, 5, 7};
  Run run("ttq", w, 1);
  run.learned = {0.6f, 0.3f};
  run.run();
  CHECK(run.y[0] == doctest::Approx(-0.3).epsilon(0.01));
  CHECK(run.y[1] == 0);
  CHECK(run.y[3] == doctest::Approx(0.6).epsilon(0.01));
  std::vector<float> weight_gradient(4), learned_gradient(2);
  run.quantizer->backward(run.weight, run.learned.data(), run.codes.data(), run.scales.data(), g.data(), weight_gradient.data(),
                          learned_gradient.data());
  CHECK(weight_gradient[0] == doctest::Approx(2 * 0.3).epsilon(0.01));
  CHECK(weight_gradient[1] == 3);
  CHECK(weight_gradient[3] == doctest::Approx(7 * 0.6).epsilon(0.01));
  CHECK(learned_gradient == std::vector<float>{7, -2});
}

TEST_CASE("dorefa: the gradient is that of the squashed weight, numerically") {
  const std::vector<float> w{-0.4f, 0.1f, 0.25f, 0.9f}, g{1, 1, 1, 1};
  Run run("dorefa:4", w, 1);
  std::vector<float> weight_gradient(4);
  run.quantizer->backward(run.weight, nullptr, run.codes.data(), run.scales.data(), g.data(), weight_gradient.data(), nullptr);
  for (size_t i = 0; i < 3; ++i) {
    const double step = 1e-4, most = std::tanh(0.9), at = static_cast<double>(w[i]);
    const double numeric = static_cast<double>(run.kept[0]) * (std::tanh(at + step) - std::tanh(at - step)) / (2 * step) / most;
    CHECK(weight_gradient[i] == doctest::Approx(numeric).epsilon(1e-3));
  }
}

TEST_CASE("activations: specs of all methods, and what the learned ones learn") {
  std::vector<float> x = normal(4000, 9, 1.0f);
  for (float& v : x) v = std::max(v, 0.0f);
  const Observed seen{0, *std::ranges::max_element(x), x};
  for (const char* method : kActivations) {
    CAPTURE(method);
    const auto quantizer = make_activations(parse_activations(method));
    std::vector<float> learned(quantizer->learned()), kept(quantizer->kept());
    quantizer->start(seen, learned.data(), kept.data());
    if (quantizer->updates()) quantizer->update(seen, kept.data());
    const QuantSpec spec = quantizer->spec(learned.data(), kept.data());
    const std::string name = method;
    const int64_t codes = name == "ternary" ? 3 : int64_t{1} << (name.back() - '0');
    CHECK(code_count(spec) <= codes);
    CHECK(code_count(spec) >= codes - 1);
    CHECK(spec.zero_points[0] == 0);
    std::vector<float> near(x.size());
    FakeQuant q{spec.scales[0], static_cast<float>(spec.qmin), static_cast<float>(spec.qmax), nullptr, 0};
    std::vector<float> levels(256);
    for (int32_t code = 0; code < 256; ++code)
      levels[static_cast<size_t>(code)] = q.scale * static_cast<float>(nearest_level(spec.levels, code));
    if (!spec.levels.empty()) q.levels = levels.data();
    loops().fake_quantize(x.data(), near.data(), static_cast<int64_t>(x.size()), q);
    CHECK(error_of(x, near) < (codes <= 4 ? 0.12 : codes <= 16 ? 0.015 : 2e-4));
  }
  const auto pact = make_activations({"pact", 4}), lsq = make_activations({"lsq", 2});
  std::vector<float> learned{1}, kept{0}, gradient{0};
  pact->learn(pact->spec(learned.data(), kept.data()), {5, 7, 11}, 100, gradient.data());
  CHECK(gradient[0] == 11);
  gradient = {0};
  lsq->learn(lsq->spec(learned.data(), kept.data()), {5, 7, 11}, 100, gradient.data());
  CHECK(gradient[0] == doctest::Approx((5 + 0 * 7 + 3 * 11) / std::sqrt(100 * 3.0)));
}

TEST_CASE("signed activations keep a zero point") {
  const std::vector<float> x = normal(4000, 9, 1.0f);
  const auto [low, high] = std::ranges::minmax(x);
  for (const char* method : {"int:8", "int:4", "lsq:8", "lsq:4"}) {
    const auto quantizer = make_activations(parse_activations(method));
    std::vector<float> learned(quantizer->learned()), kept(quantizer->kept());
    quantizer->start({low, high, x}, learned.data(), kept.data());
    const QuantSpec spec = quantizer->spec(learned.data(), kept.data());
    CHECK(spec.zero_points[0] > spec.qmax / 3);
    CHECK(spec.zero_points[0] < spec.qmax * 2 / 3 + 1);
  }
  for (const char* method : {"pact:4", "dorefa:4", "lqnet:2"}) CHECK_FALSE(make_activations(parse_activations(method))->takes_signs());
}

TEST_CASE("loops: every instruction set gives the same bits, as docs/arithmetic.md wants them") {
  std::vector<float> x = normal(1003, 5, 2.0f), g = normal(1003, 6, 1.0f);
  x[0] = 0, x[1] = 0.25f, x[2] = 0.75f, x[3] = -0.25f, x[4] = 1e30f, x[5] = -1e30f, x[6] = std::nanf("");
  std::vector<float> levels(256);
  for (size_t i = 0; i < levels.size(); ++i) levels[i] = static_cast<float>(i / 3);
  for (FakeQuant q :
       {FakeQuant{0.5f, -3, 4, nullptr, 0}, FakeQuant{0.03f, 0, 255, nullptr, 0}, FakeQuant{0.1f, -20, 30, levels.data(), 20}}) {
    const auto n = static_cast<int64_t>(x.size());
    std::vector<float> y(x.size()), back(x.size());
    ClipSums sums;
    kLoopsBaseline.fake_quantize(x.data(), y.data(), n, q);
    kLoopsBaseline.fake_quantize_backward(x.data(), g.data(), back.data(), n, q, &sums);
    for (size_t i = 0; i < x.size(); ++i) {
      if (std::isnan(x[i])) continue;
      const float code = std::clamp(std::nearbyint(std::clamp(x[i] / q.scale, -1e6f, 1e6f)), q.low, q.high);
      CHECK(y[i] == (q.levels != nullptr ? levels[static_cast<size_t>(static_cast<int32_t>(code) + q.offset)] : q.scale * code));
    }
#if defined(__x86_64__)
    if (!supported(Isa::avx2)) continue;
    std::vector<float> other(x.size());
    ClipSums other_sums;
    kLoopsAvx2.fake_quantize(x.data(), other.data(), n, q);
    CHECK(std::memcmp(other.data(), y.data(), y.size() * sizeof(float)) == 0);
    kLoopsAvx2.fake_quantize_backward(x.data(), g.data(), other.data(), n, q, &other_sums);
    CHECK(std::memcmp(other.data(), back.data(), back.size() * sizeof(float)) == 0);
    x[6] = 0;
    sums = {}, other_sums = {};
    kLoopsBaseline.fake_quantize_backward(x.data(), g.data(), back.data(), n, q, &sums);
    kLoopsAvx2.fake_quantize_backward(x.data(), g.data(), other.data(), n, q, &other_sums);
    CHECK(sums.inside == other_sums.inside);
    CHECK(sums.below == other_sums.below);
    CHECK(sums.above == other_sums.above);
#endif
  }
}
