// The depthwise product for any Simd: four taps at a time are interleaved into quads and go through the same dot as the matrix product.
#pragma once

#include "galet/kernels/depthwise_i8/depthwise_run.h"
#include "galet/kernels/gemm_i8/epilogue_simd.h"

namespace galet::kernels {
namespace {

/// Accumulators of one pixel and one block (interleaved order).
inline void depthwise_accumulate(const DepthwiseI8Run& run, int64_t pixel, int64_t first, int64_t n, const int8_t* weights, Int acc[4]) {
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) acc[j] = Simd::load(run.init + first + j * Simd::kLanes);
  for (int64_t quad = 0; quad < run.tap_quads; ++quad, weights += 4 * Simd::kBytes) {
    const uint8_t* const* rows = run.rows + 4 * quad;
    const int64_t* steps = run.steps + 4 * quad;
    Bytes taps[4];
#pragma GCC unroll 4
    for (int t = 0; t < 4; ++t) taps[t] = Simd::load_bytes(rows[t] + pixel * steps[t] + first, n);
    Int quads[4];
    Simd::interleave(taps[0], taps[1], taps[2], taps[3], quads);
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) acc[j] = Simd::dot(acc[j], Simd::source(quads[j]), Simd::weights(weights + j * Simd::kBytes));
  }
}

inline void depthwise_codes(const DepthwiseI8Run& run, int64_t first, int64_t n, const int8_t* weights, const Simd::Table& parts) {
  const EpilogueI8& epilogue = run.epilogue;
  const Float lo = Simd::set(epilogue.lo), hi = Simd::set(epilogue.hi);
  const Int zero_point = Simd::set(epilogue.zero_point);
  for (int64_t pixel = 0; pixel < run.pixels; ++pixel) {
    Int acc[4];
    depthwise_accumulate(run, pixel, first, n, weights, acc);
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const Float scaled = Simd::mul(Simd::to_float(acc[j]), Simd::load(run.m + first + j * Simd::kLanes));
      acc[j] = Simd::add(Simd::round(clamp(scaled, lo, hi)), zero_point);
    }
    uint8_t* dst = static_cast<uint8_t*>(run.dst) + pixel * run.dst_stride + first;
    Bytes codes = Simd::pack(acc[0], acc[1], acc[2], acc[3]);
    if (epilogue.table != nullptr) codes = Simd::lookup(parts, codes);
    Simd::store_bytes(dst, codes, n);
    if (epilogue.other == nullptr) continue;
    EpilogueI8 addition = epilogue;
    addition.table = nullptr;
    finish_codes(addition, parts, dst, epilogue.other + pixel * epilogue.other_stride + first, n);
  }
}

/// Outputs other than codes: accumulators in plain order, then the common epilogue.
inline void depthwise_wide(const DepthwiseI8Run& run, int64_t first, int64_t n, const int8_t* weights, const Simd::Table& parts) {
  alignas(64) int32_t interleaved[Simd::kBytes], plain[Simd::kBytes];
  for (int64_t pixel = 0; pixel < run.pixels; ++pixel) {
    Int acc[4];
    depthwise_accumulate(run, pixel, first, n, weights, acc);
    for (int j = 0; j < 4; ++j) Simd::store(interleaved + j * Simd::kLanes, acc[j]);
    for (int l = 0; l < Simd::kLanes / 4; ++l)
      for (int j = 0; j < 4; ++j) std::memcpy(plain + 16 * l + 4 * j, interleaved + j * Simd::kLanes + 4 * l, 16);
    int32_t* dst = static_cast<int32_t*>(run.dst) + pixel * run.dst_stride + first;  // i32 and f32 have one size
    finish_rows(run.epilogue, plain, Simd::kBytes, run.m + first, run.bias_f32 + first, 1, n, dst, run.dst_stride, nullptr, parts);
  }
}

inline void depthwise(const DepthwiseI8Run& run) {
  Simd::Table parts;
  if (run.epilogue.table != nullptr) Simd::load_table(run.epilogue.table, parts);
  for (int64_t first = 0; first < run.channels; first += Simd::kBytes) {
    const int64_t n = run.channels - first < Simd::kBytes ? run.channels - first : Simd::kBytes;
    const int8_t* weights = run.weights + first * run.tap_quads * 4;
    if (run.epilogue.output == ConvI8Output::u8)
      depthwise_codes(run, first, n, weights, parts);
    else
      depthwise_wide(run, first, n, weights, parts);
  }
}

}  // namespace
}  // namespace galet::kernels
