// What this machine can do at most: loops of nothing but one instruction, or of nothing but loads. `galet bench --machine` times them; no
// network uses them.
#pragma once

#include <cstdint>

namespace galet::kernels {

struct ProbeChainArgs {
  int64_t adds;  // a multiple of 64
};
struct ProbeDotArgs {
  int64_t rounds;
};
struct ProbeFmaArgs {
  int64_t rounds;
};
struct ProbeReadArgs {
  const uint8_t* src;  // aligned to 64
  int64_t bytes;       // a multiple of 1024
};

/// Additions of which each waits for the one before it: one a cycle on every processor that galet knows, so their rate is the clock.
/// Returns adds.
using ProbeChainFn = int64_t(const ProbeChainArgs&) noexcept;
/// Products of 8-bit codes and weights summed exactly in int32, by the instructions of the integer kernels, on registers. Returns
/// multiply-accumulates.
using ProbeDotFn = int64_t(const ProbeDotArgs&) noexcept;
/// Fused multiply-adds of floats (multiply, then add, where there are none), on registers. Returns multiply-accumulates.
using ProbeFmaFn = int64_t(const ProbeFmaArgs&) noexcept;
/// Reads every byte of src once. Returns bytes.
using ProbeReadFn = int64_t(const ProbeReadArgs&) noexcept;

}  // namespace galet::kernels
