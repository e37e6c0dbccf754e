// The depthwise product on NEON, for outputs of codes: two blocks at a time share the loads of weights, operands and limits. Without a dot
// product sums are kept in pairs of taps until the end. Included after simd/neon.h.
#pragma once

#include "galet/kernels/depthwise_i8/depthwise_simd.h"

namespace galet::kernels {
namespace {

#define GALET_INLINE inline __attribute__((always_inline))

/// The sum of one vector of positions.
struct Sum {
#if defined(__ARM_FEATURE_DOTPROD)
  Int value;
  GALET_INLINE void start(const int32_t* init) { value = vld1q_s32(init); }
  GALET_INLINE void add(Simd::Quads source, Simd::Quads weight) { value = Simd::dot(value, source, weight); }
  GALET_INLINE Int total(const int32_t*) const { return value; }
#else
  Int low, high;  // two partial sums a position
  GALET_INLINE void start(const int32_t*) { low = high = vdupq_n_s32(0); }
  GALET_INLINE void add(Simd::Quads source, Simd::Quads weight) {
    low = vpadalq_s16(low, vmull_s8(vget_low_s8(source), vget_low_s8(weight)));
    high = vpadalq_s16(high, vmull_high_s8(source, weight));
  }
  GALET_INLINE Int total(const int32_t* init) const { return vaddq_s32(vpaddq_s32(low, high), vld1q_s32(init)); }
#endif
};

/// B blocks, `phases` apart, of S sets (S = 0: args.set_count).
template <int S, int B>
GALET_INLINE void compute_blocks(const DepthwiseI8& args, int64_t block, int64_t phase, const Requantize& requantize,
                                 const Simd::Table& parts) {
  const int64_t sets = S > 0 ? S : args.set_count;
  const int8_t* weights = args.weights + phase * sets * 64;
  const int32_t* init = args.init + phase * 16;
  const float* m = args.m + phase * 16;
  Sum sums[B][4];
#pragma GCC unroll 2
  for (int b = 0; b < B; ++b)
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) sums[b][j].start(init + 4 * j);
#pragma GCC unroll 8
  for (int64_t t = 0; t < sets; ++t, weights += 64) {
    const uint8_t* quads = args.sets[t] + block * 64;
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const Simd::Quads weight = Simd::weights(weights + 16 * j);
#pragma GCC unroll 2
      for (int b = 0; b < B; ++b)
        sums[b][j].add(Simd::source(vreinterpretq_s32_u8(vld1q_u8(quads + b * args.phases * 64 + 16 * j))), weight);
    }
  }
#pragma GCC unroll 2
  for (int b = 0; b < B; ++b) {
    Int codes[4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) codes[j] = requantize.scale(sums[b][j].total(init + 4 * j), vld1q_f32(m + 4 * j));
    Bytes packed = requantize.codes(codes[0], codes[1], codes[2], codes[3]);
    if (args.epilogue.table != nullptr) packed = Simd::lookup(parts, packed);
    const int64_t at = block + b * args.phases;
    Simd::store_bytes(static_cast<uint8_t*>(args.dst) + at * args.dst_step, packed, at + 1 < args.blocks ? args.full : args.last);
  }
}

template <int S>
inline void depthwise_phases(const DepthwiseI8& call, const Simd::Table& parts) {
  const DepthwiseI8 args = call;  // a local: stores of codes could alias anything else
  const Requantize requantize(args.epilogue);
  for (int64_t phase = 0; phase < args.phases; ++phase) {
    int64_t block = phase;
    for (; block + args.phases < args.blocks; block += 2 * args.phases) compute_blocks<S, 2>(args, block, phase, requantize, parts);
    if (block < args.blocks) compute_blocks<S, 1>(args, block, phase, requantize, parts);
  }
}

inline void depthwise_codes_or_general(const DepthwiseI8& args) {
  if (args.epilogue.output != ConvI8Output::u8 || args.epilogue.other != nullptr || !args.epilogue.bounded) return depthwise_blocks(args);
  Simd::Table parts;
  if (args.epilogue.table != nullptr) Simd::load_table(args.epilogue.table, parts);
  if (args.set_count == 3) return depthwise_phases<3>(args, parts);  // 3x3
  return depthwise_phases<0>(args, parts);
}

}  // namespace
}  // namespace galet::kernels
