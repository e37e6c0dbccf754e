#include "galet/torch/quantizers/quantizer.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "galet/core/error.h"
#include "galet/torch/quantizers/loops.h"
#include "galet/torch/quantizers/quantizers.h"

namespace galet::torch::quantizers {
namespace {

struct Row {
  std::string name;
  int least, most;
};

const std::vector<Row>& rows(bool weights) {
  static const std::vector<Row> of_weights{
#define WEIGHTS(name, least, most) {#name, least, most},
#define ACTIVATIONS(name, least, most)
#include "galet/torch/quantizers/quantizers.inc"
#undef WEIGHTS
#undef ACTIVATIONS
  };
  static const std::vector<Row> of_activations{
#define WEIGHTS(name, least, most)
#define ACTIVATIONS(name, least, most) {#name, least, most},
#include "galet/torch/quantizers/quantizers.inc"
#undef WEIGHTS
#undef ACTIVATIONS
  };
  return weights ? of_weights : of_activations;
}

const Row* find_row(const std::string& name, bool weights) {
  for (const Row& row : rows(weights))
    if (row.name == name) return &row;
  return nullptr;
}

std::string listed(bool weights) {
  std::string text = "float";
  for (const Row& row : rows(weights))
    text += row.least == row.most ? fmt::format(", {}", row.name) : fmt::format(", {}:{}..{}", row.name, row.least, row.most);
  return text;
}

Method parse(const std::string& text, bool weights) {
  const char* kind = weights ? "weights" : "activations";
  if (text == "float") return {"float", 32};
  const size_t colon = text.find(':');
  Method method{text.substr(0, colon), 0};
  std::string digits = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (colon == std::string::npos && find_row(text, weights) == nullptr) {  // "int8"
    const size_t first = text.find_first_of("0123456789");
    if (first != std::string::npos) method.name = text.substr(0, first), digits = text.substr(first);
  }
  const Row* row = find_row(method.name, weights);
  if (row == nullptr) fail("no quantizer of {} is called \"{}\", expected one of {}", kind, text, listed(weights));
  method.bits = row->least;
  if (digits.empty() && row->least != row->most)
    fail("\"{}\" wants bits, {}..{}: \"{}:{}\"", text, row->least, row->most, row->name, row->most);
  if (digits.empty()) return method;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), method.bits);
  if (error != std::errc() || end != digits.data() + digits.size() || method.bits < row->least || method.bits > row->most)
    fail("\"{}\": {} of {} takes {}..{} bits", text, row->name, kind, row->least, row->most);
  return method;
}

}  // namespace

std::string to_string(const Method& method) {
  if (method.is_float()) return method.name;
  for (const bool weights : {true, false})
    if (const Row* row = find_row(method.name, weights); row != nullptr && row->least == row->most) return method.name;
  return fmt::format("{}:{}", method.name, method.bits);
}

Method parse_weights(const std::string& text) { return parse(text, true); }
Method parse_activations(const std::string& text) { return parse(text, false); }

Method with_bits(const Method& method, int bits, bool weights) {
  const Row* row = find_row(method.name, weights);
  if (row == nullptr) return method;
  if (row->least == row->most) return bits > row->most ? Method{"lsq", bits} : method;  // on the way to three or two values
  return bits >= row->least && bits <= row->most ? Method{method.name, bits} : Method{"lsq", bits};
}

void WeightQuantizer::backward(const Weight& weight, const float*, const float*, const float*, const float* dst_gradient,
                               float* weight_gradient, float*) const {
  std::memcpy(weight_gradient, dst_gradient, static_cast<size_t>(weight.size()) * sizeof(float));
}

std::unique_ptr<WeightQuantizer> make_weights(const Method& method) {
  const std::string& wanted = method.name;
#define WEIGHTS(name, least, most) \
  if (wanted == #name) return make_weights_##name(method.bits);
#define ACTIVATIONS(name, least, most)
#include "galet/torch/quantizers/quantizers.inc"
#undef WEIGHTS
#undef ACTIVATIONS
  fail("no quantizer of weights is called \"{}\"", method.name);
}

std::unique_ptr<ActivationQuantizer> make_activations(const Method& method) {
  const std::string& wanted = method.name;
#define WEIGHTS(name, least, most)
#define ACTIVATIONS(name, least, most) \
  if (wanted == #name) return make_activations_##name(method.bits);
#include "galet/torch/quantizers/quantizers.inc"
#undef WEIGHTS
#undef ACTIVATIONS
  fail("no quantizer of activations is called \"{}\"", method.name);
}

float best_scale(const float* x, int64_t n, float low, float high) {
  float full = 0;
  for (int64_t i = 0; i < n; ++i) full = std::max(full, x[i] >= 0 ? (high > 0 ? x[i] / high : 0.0f) : (low < 0 ? x[i] / low : 0.0f));
  if (!(full > 0)) return 1e-6f;
  constexpr int kSteps = 60;
  std::vector<float> near(static_cast<size_t>(n));
  float best = full;
  double least = -1;
  for (int step = kSteps; step > 0; --step) {
    const float scale = full * static_cast<float>(step) / kSteps;
    loops().codes(x, near.data(), n, scale, low, high);
    double error = 0;
    for (int64_t i = 0; i < n; ++i) {
      const double difference = static_cast<double>(x[i] - scale * near[static_cast<size_t>(i)]);
      error += difference * difference;
    }
    if (least < 0 || error < least) least = error, best = scale;
  }
  return best;
}

QuantSpec activation_spec(float scale, int32_t zero_point, int32_t lo, int32_t hi) {
  QuantSpec spec;
  spec.qmin = lo, spec.qmax = hi;
  spec.scales = {std::max(scale, 1e-12f)};
  spec.zero_points = {zero_point};
  return spec;
}

QuantSpec weight_codes_spec(int32_t lo, int32_t hi, std::vector<int32_t> levels) {
  QuantSpec spec;
  spec.storage = DType::i8;
  spec.qmin = lo, spec.qmax = hi;
  spec.levels = std::move(levels);
  return spec;
}

}  // namespace galet::torch::quantizers
