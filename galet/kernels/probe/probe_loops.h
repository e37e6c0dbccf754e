// The loops of the probes, over a vocabulary `Probe` (kLanes, kDotMacs; Int, Float; zero, dot, fma, keep; load, combine) that each
// instruction set defines before it includes this file. `keep` makes a value opaque to the compiler, so that nothing is hoisted, merged or
// dropped.
#pragma once

#include "galet/kernels/probe/probe.h"

namespace galet::kernels {
namespace {

constexpr int64_t kChains = 12;  // enough for two instructions a cycle of latency 5; named one by one, for GCC keeps no array in registers

[[maybe_unused]] int64_t run_dot(int64_t rounds) noexcept {
  Probe::Int s0 = Probe::zero_int(), s1 = Probe::zero_int(), s2 = Probe::zero_int(), s3 = Probe::zero_int(), s4 = Probe::zero_int(),
             s5 = Probe::zero_int(), s6 = Probe::zero_int(), s7 = Probe::zero_int(), s8 = Probe::zero_int(), s9 = Probe::zero_int(),
             s10 = Probe::zero_int(), s11 = Probe::zero_int();
  Probe::Int a = s0, b = s0;
  Probe::keep(a);
  Probe::keep(b);
  Probe::keep(s0);
  Probe::keep(s1);
  Probe::keep(s2);
  Probe::keep(s3);
  Probe::keep(s4);
  Probe::keep(s5);
  Probe::keep(s6);
  Probe::keep(s7);
  Probe::keep(s8);
  Probe::keep(s9);
  Probe::keep(s10);
  Probe::keep(s11);
  for (int64_t round = 0; round < rounds; ++round) {
    s0 = Probe::dot(s0, a, b);
    s1 = Probe::dot(s1, a, b);
    s2 = Probe::dot(s2, a, b);
    s3 = Probe::dot(s3, a, b);
    s4 = Probe::dot(s4, a, b);
    s5 = Probe::dot(s5, a, b);
    s6 = Probe::dot(s6, a, b);
    s7 = Probe::dot(s7, a, b);
    s8 = Probe::dot(s8, a, b);
    s9 = Probe::dot(s9, a, b);
    s10 = Probe::dot(s10, a, b);
    s11 = Probe::dot(s11, a, b);
  }
  Probe::keep(s0);
  Probe::keep(s1);
  Probe::keep(s2);
  Probe::keep(s3);
  Probe::keep(s4);
  Probe::keep(s5);
  Probe::keep(s6);
  Probe::keep(s7);
  Probe::keep(s8);
  Probe::keep(s9);
  Probe::keep(s10);
  Probe::keep(s11);
  return rounds * kChains * Probe::kDotMacs;
}

[[maybe_unused]] int64_t run_fma(int64_t rounds) noexcept {
  Probe::Float s0 = Probe::zero_float(), s1 = Probe::zero_float(), s2 = Probe::zero_float(), s3 = Probe::zero_float(),
               s4 = Probe::zero_float(), s5 = Probe::zero_float(), s6 = Probe::zero_float(), s7 = Probe::zero_float(),
               s8 = Probe::zero_float(), s9 = Probe::zero_float(), s10 = Probe::zero_float(), s11 = Probe::zero_float();
  Probe::Float a = s0, b = s0;
  Probe::keep(a);
  Probe::keep(b);
  Probe::keep(s0);
  Probe::keep(s1);
  Probe::keep(s2);
  Probe::keep(s3);
  Probe::keep(s4);
  Probe::keep(s5);
  Probe::keep(s6);
  Probe::keep(s7);
  Probe::keep(s8);
  Probe::keep(s9);
  Probe::keep(s10);
  Probe::keep(s11);
  for (int64_t round = 0; round < rounds; ++round) {
    s0 = Probe::fma(s0, a, b);
    s1 = Probe::fma(s1, a, b);
    s2 = Probe::fma(s2, a, b);
    s3 = Probe::fma(s3, a, b);
    s4 = Probe::fma(s4, a, b);
    s5 = Probe::fma(s5, a, b);
    s6 = Probe::fma(s6, a, b);
    s7 = Probe::fma(s7, a, b);
    s8 = Probe::fma(s8, a, b);
    s9 = Probe::fma(s9, a, b);
    s10 = Probe::fma(s10, a, b);
    s11 = Probe::fma(s11, a, b);
  }
  Probe::keep(s0);
  Probe::keep(s1);
  Probe::keep(s2);
  Probe::keep(s3);
  Probe::keep(s4);
  Probe::keep(s5);
  Probe::keep(s6);
  Probe::keep(s7);
  Probe::keep(s8);
  Probe::keep(s9);
  Probe::keep(s10);
  Probe::keep(s11);
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
