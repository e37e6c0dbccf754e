// Real values to codes and back, as a QuantSpec says: quantize and dequantize of docs/arithmetic.md, per tensor or per channel.
#pragma once

#include "galet/core/tensor.h"
#include "galet/ir/facts.h"

namespace galet::ops {

/// f32 -> codes of spec.storage (u8, i8 or i32): clamp(round_half_even(x / s) + z, qmin, qmax); NaN gives z. Throws Error for a dynamic
/// spec.
Tensor to_codes(const Tensor& real, const QuantSpec& spec);
/// codes -> f32: s * float(q - z).
Tensor to_real(const Tensor& codes, const QuantSpec& spec);

}  // namespace galet::ops
