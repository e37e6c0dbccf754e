#include "galet/kernels/probe/probe_avx512.h"

namespace galet::kernels {
namespace {
struct Probe : Probe512 {
  static constexpr int kDotMacs = 64;
  static Int dot(Int sum, Int& src, Int weight) { return _mm512_dpbusd_epi32(sum, src, weight); }
};
}  // namespace
}  // namespace galet::kernels

#include "galet/kernels/probe/probe_loops.h"

namespace galet::kernels {

int64_t probe_dot_u8i8i32__avx512vnni_64(const ProbeDotArgs& args) noexcept { return run_dot(args.rounds); }

}  // namespace galet::kernels
