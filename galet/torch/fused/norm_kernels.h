// Batch norm of rows of channels (NHWC) in as few passes over memory as training allows; raw pointers, one build an instruction set.
#pragma once

#include <cstdint>

namespace galet::torch::fused {

enum class Activation : uint8_t { none, relu, relu6, hard_swish };

/// y = f(x * scale + shift [+ residual]); all of (rows, channels), scale and shift of (channels).
struct ApplyArgs {
  const float *x, *scale, *shift, *residual;  // residual: nullptr where there is none
  float* y;
  int64_t rows, channels;
  Activation activation;
};

/// g = dy * f'(x * scale + shift), or where there is a residual, whose f is none or relu, dy * (y > 0).
struct ReduceArgs {
  const float *dy, *x, *y, *scale, *shift, *mean;  // y: only with a residual and relu, else nullptr
  float* g;                                        // written where y is given
  float *sum_g, *sum_gx;                           // (channels): sums of g and of g * (x - mean)
  int64_t rows, channels;
  Activation activation;
};

/// dx = a * g + b * x + c
struct GradientArgs {
  const float *dy, *x, *scale, *shift, *a, *b, *c;
  float* dx;
  int64_t rows, channels;
  Activation activation;  // none: dy is g
};

struct NormKernels {
  /// sum[c] and square[c]: of x - x[0] and its square over the rows; at most a few thousand rows, so that floats hold them.
  void (*statistics)(const float* x, int64_t rows, int64_t channels, float* sum, float* square);
  void (*apply)(const ApplyArgs& args);
  void (*reduce)(const ReduceArgs& args);
  void (*gradient)(const GradientArgs& args);
};

/// The fastest of this machine.
const NormKernels& norm_kernels();

const NormKernels& norm_kernels_reference();
#if defined(__x86_64__)
const NormKernels& norm_kernels_avx2();
const NormKernels& norm_kernels_avx512();
#endif

}  // namespace galet::torch::fused
