#include "galet/kernels/probe/probe_neon.h"

namespace galet::kernels {
namespace {
struct Probe : ProbeNeon {
  static constexpr int kDotMacs = 32;
  static Int dot(Int sum, Int& src, Int weight) { return vusmmlaq_s32(sum, vreinterpretq_u8_s32(src), vreinterpretq_s8_s32(weight)); }
};
}  // namespace
}  // namespace galet::kernels

#include "galet/kernels/probe/probe_loops.h"

namespace galet::kernels {

int64_t probe_dot_u8i8i32__neoni8mm_32(const ProbeDotArgs& args) noexcept { return run_dot(args.rounds); }

}  // namespace galet::kernels
