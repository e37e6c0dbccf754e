#include <smmintrin.h>

#include <cstdint>

namespace galet::kernels {
namespace {
struct Probe {
  static constexpr int kLanes = 4, kDotMacs = 8;
  using Int = __m128i;
  using Float = __m128;
  static Int zero_int() { return _mm_setzero_si128(); }
  static Float zero_float() { return _mm_setzero_ps(); }
  static void keep(Int& v) { __asm__ volatile("" : "+x"(v)); }
  static void keep(Float& v) { __asm__ volatile("" : "+x"(v)); }
  static Int dot(Int sum, Int& src, Int weight) {
    keep(src);
    return _mm_add_epi32(sum, _mm_madd_epi16(src, weight));
  }
  static Float fma(Float sum, Float& a, Float b) {
    keep(a);
    return _mm_add_ps(sum, _mm_mul_ps(a, b));
  }
  static Int load(const uint8_t* p) { return _mm_load_si128(reinterpret_cast<const __m128i*>(p)); }
  static Int combine(Int a, Int b) { return _mm_or_si128(a, b); }
};
}  // namespace
}  // namespace galet::kernels

#include "galet/kernels/probe/probe_loops.h"

namespace galet::kernels {

int64_t probe_dot_u8i8i32__sse41_8(const ProbeDotArgs& args) noexcept { return run_dot(args.rounds); }
int64_t probe_fma_f32__sse41_4(const ProbeFmaArgs& args) noexcept { return run_fma(args.rounds); }
int64_t probe_read__sse41_16(const ProbeReadArgs& args) noexcept { return run_read(args.src, args.bytes); }

}  // namespace galet::kernels
