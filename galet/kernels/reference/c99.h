// The integer kernels in the language that C99 and C++ share: c99/*.h are the reference here and, word for word, the functions of the C
// that `galet export --to c` writes. Included twice, since requantization exists in two forms (docs/arithmetic.md): float, and fixed point.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "galet/kernels/conv_shape.h"
#include "galet/kernels/elementwise_i8/elementwise.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"

namespace galet::kernels::c99 {
// An empty comment keeps what needs another file behind it.
#include "galet/kernels/reference/c99/round.h"
//
#include "galet/kernels/reference/c99/round_float.h"
#include "galet/kernels/reference/c99/scale.h"
//
#include "galet/kernels/reference/c99/add_codes.h"
#include "galet/kernels/reference/c99/add_codes_float.h"
#include "galet/kernels/reference/c99/mul_codes_float.h"
#include "galet/kernels/reference/c99/requantize_float.h"
//
#include "galet/kernels/reference/c99/finish.h"
#include "galet/kernels/reference/c99/window.h"
//
#include "galet/kernels/reference/c99/conv_layer.h"
//
#include "galet/kernels/reference/c99/conv.h"
//
#include "galet/kernels/reference/c99/conv_transpose.h"
#include "galet/kernels/reference/c99/depthwise.h"
#include "galet/kernels/reference/c99/packed_conv.h"
//
#include "galet/kernels/reference/c99/broadcast.h"
//
#include "galet/kernels/reference/c99/add.h"
#include "galet/kernels/reference/c99/average_pool.h"
#include "galet/kernels/reference/c99/gather.h"
#include "galet/kernels/reference/c99/lookup.h"
#include "galet/kernels/reference/c99/max_pool.h"
#include "galet/kernels/reference/c99/move.h"
#include "galet/kernels/reference/c99/mul.h"
#include "galet/kernels/reference/c99/pixels.h"
#include "galet/kernels/reference/c99/resample.h"
#include "galet/kernels/reference/c99/to_real.h"
//
#include "galet/kernels/reference/c99/argmax.h"
#include "galet/kernels/reference/c99/argmax_real.h"
#include "galet/kernels/reference/c99/peaks.h"
#include "galet/kernels/reference/c99/softmax.h"
#include "galet/kernels/reference/c99/top_k.h"
#include "galet/kernels/reference/c99/top_k_real.h"
}  // namespace galet::kernels::c99

/// The same names with fixed-point rounding, as far as the reference executor needs them.
namespace galet::kernels::c99_fixed {
using c99::galet_clamp_wide;
using c99::galet_mantissa;
using c99::galet_shift;
using c99::galet_sum;
#include "galet/kernels/reference/c99/round_fixed.h"
//
#include "galet/kernels/reference/c99/requantize_fixed.h"
//
#include "galet/kernels/reference/c99/add_codes_fixed.h"
#include "galet/kernels/reference/c99/mul_codes_fixed.h"
}  // namespace galet::kernels::c99_fixed

#pragma GCC diagnostic pop

namespace galet::kernels {

/// A multiplier as galet_requantize takes it: mantissa << 8 | shift, equal to m in every use; m >= 0. Multipliers so small that every
/// product rounds to 0, or so large that every product but 0 saturates, become such ones.
uint32_t c99_scale(float m);
/// The same for galet_mul_codes.
uint32_t c99_mul_scale(float m);
/// The coefficients on one grid. False where they are too far apart for 64 bits (a factor of more than 2^28): then there is no such form.
bool c99_sum(const AddCoefficients& add, c99::galet_sum& sum);
/// The fixed-point form of ra * (a - a_zero_point) + rb * (b - b_zero_point) + dst_zero_point.
bool c99_fixed_sum(float ra, int32_t a_zero_point, float rb, int32_t b_zero_point, int32_t dst_zero_point, int32_t lo, int32_t hi,
                   c99::galet_sum& sum);

/// Weights as galet_run_conv and galet_run_conv_transpose read them, or, where the convolution is depthwise, galet_run_depthwise. weight:
/// as the graph has them (ConvShape).
std::vector<int8_t> c99_pack(const ConvShape& shape, const int8_t* weight);
/// Weights of c99_pack as galet_run_packed_conv reads them.
struct C99PackedWeights {
  int bits = 0;                // 1, 2, 4: indices into levels; 8: zeros are left out
  std::vector<int8_t> levels;  // empty for 8
  std::vector<int8_t> bytes;
};
/// The smallest of the packed forms; empty (bits 0) where it would not save a quarter of the bytes: unpacking costs time. Not for depthwise
/// convolutions.
C99PackedWeights c99_squeeze(const ConvShape& shape, const std::vector<int8_t>& packed);
/// Each channel by itself, as many out as in.
bool c99_depthwise(const ConvShape& shape);
/// bias[c] as these functions want it: less src_zero_point times the sum of the channel's weights, unless transposed. bias: null for none.
std::vector<int32_t> c99_bias(const ConvShape& shape, const int8_t* weight, const int32_t* bias, int32_t src_zero_point);

}  // namespace galet::kernels
