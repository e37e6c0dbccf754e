// The loops of the probes, over a vocabulary `Probe` (kLanes, kDotMacs; Int, Float; zero, dot, fma, keep; load, combine) that each
// instruction set defines before it includes this file. `keep` makes a value opaque to the compiler, so that nothing is hoisted, merged or
// dropped.
#pragma once

#include "galet/kernels/probe/probe.h"

namespace galet::kernels {
namespace {

constexpr int64_t kChains = 12;  // enough for two instructions a cycle of latency 5; named one by one, for GCC keeps no array in registers

/// Twelve chains of step(sum, a, b), that many rounds of them.
template <typename Vector, typename Step>
inline void run_chains(int64_t rounds, const Vector zero, Step step) noexcept {
  Vector s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero, s7 = zero, s8 = zero, s9 = zero, s10 = zero,
         s11 = zero;
  Vector a = zero, b = zero;
  const auto keep_all = [&](auto&... kept) __attribute__((always_inline)) { (Probe::keep(kept), ...); };
  keep_all(a, b, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11);
  for (int64_t round = 0; round < rounds; ++round) {
    s0 = step(s0, a, b);
    s1 = step(s1, a, b);
    s2 = step(s2, a, b);
    s3 = step(s3, a, b);
    s4 = step(s4, a, b);
    s5 = step(s5, a, b);
    s6 = step(s6, a, b);
    s7 = step(s7, a, b);
    s8 = step(s8, a, b);
    s9 = step(s9, a, b);
    s10 = step(s10, a, b);
    s11 = step(s11, a, b);
  }
  keep_all(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11);
}

[[maybe_unused]] int64_t run_dot(int64_t rounds) noexcept {
  run_chains(
      rounds, Probe::zero_int(), [](auto sum, auto a, auto b) __attribute__((always_inline)) { return Probe::dot(sum, a, b); });
  return rounds * kChains * Probe::kDotMacs;
}

[[maybe_unused]] int64_t run_fma(int64_t rounds) noexcept {
  run_chains(
      rounds, Probe::zero_float(), [](auto sum, auto a, auto b) __attribute__((always_inline)) { return Probe::fma(sum, a, b); });
  return rounds * kChains * Probe::kLanes;
}

[[maybe_unused]] int64_t run_read(const uint8_t* src, int64_t bytes) noexcept {
  constexpr int kStreams = 8;
  constexpr int64_t kVector = Probe::kLanes * 4;
  Probe::Int seen[kStreams];
  for (auto& one : seen) one = Probe::zero_int();
  for (int64_t at = 0; at < bytes; at += kStreams * kVector)
    for (int i = 0; i < kStreams; ++i) seen[i] = Probe::combine(seen[i], Probe::load(src + at + i * kVector));
  for (auto& one : seen) Probe::keep(one);
  return bytes;
}

}  // namespace
}  // namespace galet::kernels
