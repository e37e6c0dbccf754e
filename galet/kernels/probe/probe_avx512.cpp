#include "galet/kernels/probe/probe_avx512.h"

namespace galet::kernels {
namespace {
struct Probe : Probe512 {
  static constexpr int kDotMacs = 32;
  /// vpmaddwd on values widened to 16 bits: the exact way without VNNI (vpmaddubsw saturates).
  static Int dot(Int sum, Int& src, Int weight) {
    keep(src);
    return _mm512_add_epi32(sum, _mm512_madd_epi16(src, weight));
  }
};
}  // namespace
}  // namespace galet::kernels

#include "galet/kernels/probe/probe_loops.h"

namespace galet::kernels {

int64_t probe_dot_u8i8i32__avx512_32(const ProbeDotArgs& args) noexcept { return run_dot(args.rounds); }
int64_t probe_fma_f32__avx512_16(const ProbeFmaArgs& args) noexcept { return run_fma(args.rounds); }
int64_t probe_read__avx512_64(const ProbeReadArgs& args) noexcept { return run_read(args.src, args.bytes); }

}  // namespace galet::kernels
