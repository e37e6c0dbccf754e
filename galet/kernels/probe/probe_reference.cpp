// Plain C++: what a machine without any known instruction set does; and the chain, which is the same everywhere.
#include "galet/kernels/probe/probe.h"

namespace galet::kernels {
namespace {

template <typename T>
void keep(T& value) {
  __asm__ volatile("" : "+r"(value));
}

}  // namespace

int64_t probe_chain__reference(const ProbeChainArgs& args) noexcept {
  uint64_t sum = 0, step = 1;
  keep(step);
  for (int64_t done = 0; done < args.adds; done += 64) {
#pragma GCC unroll 64  // rolled up, it would measure the branch
    for (int i = 0; i < 64; ++i) {
      sum += step;
      keep(sum);
    }
  }
  return args.adds;
}

int64_t probe_dot_u8i8i32__reference(const ProbeDotArgs& args) noexcept {
  int32_t sums[4] = {}, src = 1, weight = 1;
  for (int64_t round = 0; round < args.rounds; ++round) {
    for (int32_t& sum : sums) {
      keep(src);
      sum += src * weight;
      keep(sum);
    }
  }
  return args.rounds * 4;
}

int64_t probe_fma_f32__reference(const ProbeFmaArgs& args) noexcept {
  volatile float start = 0.5f;
  float sums[4] = {start, start, start, start};
  const float a = start;
  for (int64_t round = 0; round < args.rounds; ++round)
    for (float& sum : sums) sum = sum * a + a;
  start = sums[0] + sums[1] + sums[2] + sums[3];
  return args.rounds * 4;
}

int64_t probe_read__reference(const ProbeReadArgs& args) noexcept {
  const auto* words = reinterpret_cast<const uint64_t*>(args.src);
  uint64_t seen = 0;
  for (int64_t i = 0; i < args.bytes / 8; ++i) seen |= words[i];
  keep(seen);
  return args.bytes;
}

}  // namespace galet::kernels
