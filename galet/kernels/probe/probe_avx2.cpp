#include "galet/kernels/probe/probe_avx2.h"

namespace galet::kernels {
namespace {
struct Probe : Probe256 {
  static constexpr int kDotMacs = 16;
  /// vpmaddwd on values widened to 16 bits (vpmaddubsw saturates).
  static Int dot(Int sum, Int& src, Int weight) {
    keep(src);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(src, weight));
  }
};
}  // namespace
}  // namespace galet::kernels

#include "galet/kernels/probe/probe_loops.h"

namespace galet::kernels {

int64_t probe_dot_u8i8i32__avx2_16(const ProbeDotArgs& args) noexcept { return run_dot(args.rounds); }
int64_t probe_fma_f32__avx2_8(const ProbeFmaArgs& args) noexcept { return run_fma(args.rounds); }
int64_t probe_read__avx2_32(const ProbeReadArgs& args) noexcept { return run_read(args.src, args.bytes); }

}  // namespace galet::kernels
