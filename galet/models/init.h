// First values of parameters, drawn as torch.nn.init does (other generator, same distributions).
#pragma once

#include <string>

#include "galet/core/tensor.h"

namespace galet::models {

struct Init {
  enum class Kind { constant, normal, uniform } kind = Kind::constant;
  double value = 0;  // the constant; the standard deviation; the bound of both sides
};

inline Init zeros() { return {Init::Kind::constant, 0}; }
inline Init ones() { return {Init::Kind::constant, 1}; }
inline Init normal(double sigma) { return {Init::Kind::normal, sigma}; }

/// Inputs of one output and outputs of one input of a weight (out, in/groups, kh, kw) or (out, in), as PyTorch counts them: groups are
/// ignored in fan_out.
int64_t fan_in(const Shape& weight);
int64_t fan_out(const Shape& weight);

/// He et al. 2015, "Delving deep into rectifiers": deviation sqrt(2 / fan), for layers before a rectifier.
Init kaiming_normal_in(const Shape& weight);
Init kaiming_normal_out(const Shape& weight);
Init kaiming_uniform_in(const Shape& weight);
/// What torch.nn.Conv2d and Linear do by themselves, to weight and bias: uniform in +-1/sqrt(fan_in).
Init torch_default(const Shape& weight);

/// Depends on seed and name alone, so that a layer's first values do not change when other layers do.
Tensor draw(const Init& init, const Shape& shape, uint64_t seed, const std::string& name);

}  // namespace galet::models
