#include "galet/kernels/probe/probe_neon.h"

namespace galet::kernels {
namespace {
struct Probe : ProbeNeon {
  static constexpr int kDotMacs = 4;
  /// smlal on values widened to 16 bits.
  static Int dot(Int sum, Int& src, Int weight) {
    return vmlal_s16(sum, vget_low_s16(vreinterpretq_s16_s32(src)), vget_low_s16(vreinterpretq_s16_s32(weight)));
  }
};
}  // namespace
}  // namespace galet::kernels

#include "galet/kernels/probe/probe_loops.h"

namespace galet::kernels {

int64_t probe_dot_u8i8i32__neon_4(const ProbeDotArgs& args) noexcept { return run_dot(args.rounds); }
int64_t probe_fma_f32__neon_4(const ProbeFmaArgs& args) noexcept { return run_fma(args.rounds); }
int64_t probe_read__neon_16(const ProbeReadArgs& args) noexcept { return run_read(args.src, args.bytes); }

}  // namespace galet::kernels
