#include "galet/kernels/probe/probe_avx2.h"

namespace galet::kernels {
namespace {
struct Probe : Probe256 {
  static constexpr int kDotMacs = 32;
  static Int dot(Int sum, Int& src, Int weight) { return _mm256_dpbusd_avx_epi32(sum, src, weight); }
};
}  // namespace
}  // namespace galet::kernels

#include "galet/kernels/probe/probe_loops.h"

namespace galet::kernels {

int64_t probe_dot_u8i8i32__avxvnni_32(const ProbeDotArgs& args) noexcept { return run_dot(args.rounds); }

}  // namespace galet::kernels
