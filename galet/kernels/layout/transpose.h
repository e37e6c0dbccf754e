// Matrix transposes: NCHW to NHWC is (c, h*w) to (h*w, c) of each image, and back.
#pragma once

#include <cstdint>

namespace galet::kernels {

/// dst[i][c][r] = src[i][r][c] for `batch` matrices i of (rows, cols). Items: rows of dst, batch * cols of them.
struct TransposeU8Args {
  const uint8_t* src;
  uint8_t* dst;
  int64_t rows, cols;
};
using TransposeU8Fn = void(const TransposeU8Args& args, int64_t begin, int64_t end) noexcept;

struct TransposeF32Args {
  const float* src;
  float* dst;
  int64_t rows, cols;
};
using TransposeF32Fn = void(const TransposeF32Args& args, int64_t begin, int64_t end) noexcept;

/// Transposes and quantizes in one pass (a float NCHW network input to NHWC codes): the formula of QuantizeArgs.
struct QuantizeTransposeArgs {
  const float* src;
  uint8_t* dst;
  int64_t rows, cols;
  float scale;
  int32_t zero_point;
};
using QuantizeTransposeFn = void(const QuantizeTransposeArgs& args, int64_t begin, int64_t end) noexcept;

}  // namespace galet::kernels
