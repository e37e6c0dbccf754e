#include "galet/models/init.h"

#include <algorithm>
#include <cmath>

#include "galet/core/random.h"

namespace galet::models {
namespace {

uint64_t fnv1a(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

double at_least_one(int64_t fan) { return static_cast<double>(std::max<int64_t>(fan, 1)); }

}  // namespace

int64_t fan_in(const Shape& weight) { return count(weight, 1, weight.size()); }
int64_t fan_out(const Shape& weight) { return weight.at(0) * count(weight, std::min<size_t>(2, weight.size()), weight.size()); }

Init kaiming_normal_in(const Shape& weight) { return normal(std::sqrt(2 / at_least_one(fan_in(weight)))); }
Init kaiming_normal_out(const Shape& weight) { return normal(std::sqrt(2 / at_least_one(fan_out(weight)))); }
Init kaiming_uniform_in(const Shape& weight) { return {Init::Kind::uniform, std::sqrt(6 / at_least_one(fan_in(weight)))}; }
Init torch_default(const Shape& weight) { return {Init::Kind::uniform, 1 / std::sqrt(at_least_one(fan_in(weight)))}; }

Tensor draw(const Init& init, const Shape& shape, uint64_t seed, const std::string& name) {
  Tensor tensor(DType::f32, shape);
  float* values = tensor.mutable_data<float>();
  Random random(Random(seed).next() ^ fnv1a(name));
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double value = init.value;
    if (init.kind == Init::Kind::normal) value *= random.normal();
    if (init.kind == Init::Kind::uniform) value = random.uniform(-value, value);
    values[i] = static_cast<float>(value);
  }
  return tensor;
}

}  // namespace galet::models
