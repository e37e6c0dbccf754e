// The two kernels of depthwise_tile.h for any Simd. Included by instruction-set files after simd/*.h.
#pragma once

#include "galet/kernels/depthwise_i8/depthwise_tile.h"
#include "galet/kernels/gemm_i8/epilogue_simd.h"

namespace galet::kernels {
namespace {

inline void interleave_blocks(const InterleaveI8& args) {
  for (int64_t block = 0; block < args.blocks; ++block) {
    const int64_t at = block * args.src_step;
    uint8_t* dst = args.dst + block * args.dst_step;
    for (int64_t p = 0; p < args.n; p += Simd::kBytes, dst += 4 * Simd::kBytes) {
      Bytes taps[4];
      Int quads[4];
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) taps[i] = Simd::load_bytes(args.src[i] + at + p, args.n - p);
      Simd::interleave_in_order(taps[0], taps[1], taps[2], taps[3], quads);
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) Simd::store(reinterpret_cast<int32_t*>(dst + j * Simd::kBytes), quads[j]);
    }
  }
}

/// The compiler would rather load a shared operand once for each use.
template <typename T>
inline void keep_in_register(T& value) {
  (void)value;
}
#if defined(__AVX512VNNI__) && defined(__AVX512F__)
inline void keep_in_register(__m512i& value) { asm("" : "+v"(value)); }
#endif

/// Codes without residual addition. Operands are copied into locals: stores of codes could alias anything.
template <int S>
inline void depthwise_codes(const DepthwiseI8& args, int64_t phase, const Simd::Table& parts) {
  const Requantize requantize(args.epilogue);
  const int8_t* weights = args.weights + phase * args.set_count * 4 * Simd::kBytes;
  Simd::Quads held[S == 3 ? 12 : 1];  // the weights of a 3x3 kernel stay in registers
  const uint8_t* sets[S > 0 ? S : 1];
  Int init[4];
  Float m[4];
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    init[j] = Simd::load(args.init + phase * Simd::kBytes + j * Simd::kLanes);
    m[j] = Simd::load(args.m + phase * Simd::kBytes + j * Simd::kLanes);
  }
  if constexpr (S == 3)
#pragma GCC unroll 12
    for (int i = 0; i < 12; ++i) held[i] = Simd::weights(weights + i * Simd::kBytes);
#pragma GCC unroll 8
  for (int t = 0; t < S; ++t) sets[t] = args.sets[t];
  const bool table = args.epilogue.table != nullptr;
  uint8_t* const dst = static_cast<uint8_t*>(args.dst);
  const int64_t blocks = args.blocks, phases = args.phases, dst_step = args.dst_step, full = args.full, last = args.last,
                set_count = S > 0 ? S : args.set_count;
  const auto compute = [&]<int B>(int64_t block) __attribute__((always_inline)) {
    Int acc[B][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j)
#pragma GCC unroll 2
      for (int b = 0; b < B; ++b) acc[b][j] = init[j];
#pragma GCC unroll 8
    for (int64_t t = 0; t < set_count; ++t) {
      const uint8_t* quads = (S > 0 ? sets[t] : args.sets[t]) + block * 4 * Simd::kBytes;
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) {
        auto weight = S == 3 ? held[4 * t + j] : Simd::weights(weights + (t * 4 + j) * Simd::kBytes);
        if constexpr (B > 1) keep_in_register(weight);
#pragma GCC unroll 2
        for (int b = 0; b < B; ++b)
          acc[b][j] = Simd::dot(
              acc[b][j],
              Simd::source(Simd::load(reinterpret_cast<const int32_t*>(quads + b * phases * 4 * Simd::kBytes + j * Simd::kBytes))), weight);
      }
    }
#pragma GCC unroll 2
    for (int b = 0; b < B; ++b) {
      const int64_t at = block + b * phases;
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) acc[b][j] = requantize.scale(acc[b][j], m[j]);
      Bytes codes = Simd::in_order(requantize.codes(acc[b][0], acc[b][1], acc[b][2], acc[b][3]));
      if (table) codes = Simd::lookup(parts, codes);
      Simd::store_bytes(dst + at * dst_step, codes, at + 1 < blocks ? full : last);
    }
  };
  int64_t block = phase;
  if constexpr (S != 3 && Simd::kLanes == 16)  // two blocks share the loads of weights; more registers than AVX2 has
    for (; block + phases < blocks; block += 2 * phases) compute.template operator()<2>(block);
  for (; block < blocks; block += phases) compute.template operator()<1>(block);
}

inline void depthwise_general(const DepthwiseI8& args, int64_t phase, const Simd::Table& parts) {
  const bool codes = args.epilogue.output == ConvI8Output::u8;
  alignas(64) int32_t buffer[Simd::kBytes];
  for (int64_t block = phase; block < args.blocks; block += args.phases) {
    const int8_t* weights = args.weights + phase * args.set_count * 4 * Simd::kBytes;
    Int acc[4];
    for (int j = 0; j < 4; ++j) acc[j] = Simd::load(args.init + phase * Simd::kBytes + j * Simd::kLanes);
    for (int64_t t = 0; t < args.set_count; ++t)
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j, weights += Simd::kBytes) {
        const uint8_t* quads = args.sets[t] + (block * 4 + j) * Simd::kBytes;
        acc[j] = Simd::dot(acc[j], Simd::source(Simd::load(reinterpret_cast<const int32_t*>(quads))), Simd::weights(weights));
      }
    for (int j = 0; j < 4; ++j) Simd::store(buffer + j * Simd::kLanes, acc[j]);
    const uint8_t* other = args.epilogue.other == nullptr ? nullptr : args.epilogue.other + block * args.other_step;
    finish_rows(args.epilogue, buffer, Simd::kBytes, args.m + phase * Simd::kBytes, args.bias_f32 + phase * Simd::kBytes, 1,
                block + 1 < args.blocks ? args.full : args.last, static_cast<uint8_t*>(args.dst) + block * args.dst_step * (codes ? 1 : 4),
                0, other, parts);
  }
}

inline void depthwise_blocks(const DepthwiseI8& args) {
  Simd::Table parts;
  if (args.epilogue.table != nullptr) Simd::load_table(args.epilogue.table, parts);
  const bool codes = args.epilogue.output == ConvI8Output::u8 && args.epilogue.other == nullptr && args.epilogue.bounded;
  for (int64_t phase = 0; phase < args.phases; ++phase) {
    if (!codes)
      depthwise_general(args, phase, parts);
    else if (args.set_count == 3)  // 3x3
      depthwise_codes<3>(args, phase, parts);
    else if (args.set_count == 7)  // 5x5
      depthwise_codes<7>(args, phase, parts);
    else
      depthwise_codes<0>(args, phase, parts);
  }
}

}  // namespace
}  // namespace galet::kernels
