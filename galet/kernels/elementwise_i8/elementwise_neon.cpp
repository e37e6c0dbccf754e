#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/elementwise_i8/elementwise_simd.h"

namespace galet::kernels {
namespace {

/// min_max by comparisons, which pass over signalling NaN too (the minimum instruction returns those).
inline void min_max_lanes(const MinMaxArgs& args, int64_t begin, int64_t end) {
  Float min = Simd::set(0.0f), max = min;
  for (int64_t i = begin; i < end; i += kLanes) {  // lanes that do not exist read 0, which changes nothing
    const Float v = Simd::load(args.src + i, end - i);
    min = vbslq_f32(vcltq_f32(v, min), v, min);
    max = vbslq_f32(vcgtq_f32(v, max), v, max);
  }
  *args.min = vminvq_f32(min);
  *args.max = vmaxvq_f32(max);
}

}  // namespace

void quantize_f32u8__neon_4(const QuantizeArgs& args, int64_t begin, int64_t end) noexcept {
  quantize_span(args.src + begin, args.dst + begin, end - begin, args.scale, args.zero_point);
}
void dequantize_u8f32__neon_4(const DequantizeArgs& args, int64_t begin, int64_t end) noexcept {
  dequantize_span(args.src + begin, args.dst + begin, end - begin, args.scale, args.zero_point);
}
void lookup_u8u8__neon_16(const LookupArgs& args, int64_t begin, int64_t end) noexcept { lookup_rows(args, begin, end); }
void add_u8u8u8__neon_4(const AddArgs& args, int64_t begin, int64_t end) noexcept { add_rows(args, begin, end); }
void mul_u8u8u8__neon_4(const MulArgs& args, int64_t begin, int64_t end) noexcept { mul_rows(args, begin, end); }
void min_max_f32__neon_4(const MinMaxArgs& args, int64_t begin, int64_t end) noexcept { min_max_lanes(args, begin, end); }

}  // namespace galet::kernels
