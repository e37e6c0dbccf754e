#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/elementwise_i8/elementwise_simd.h"

namespace galet::kernels {

void quantize_f32u8__neon_4(const QuantizeArgs& args, int64_t begin, int64_t end) noexcept {
  quantize_span(args.src + begin, args.dst + begin, end - begin, args.scale, args.zero_point);
}
void dequantize_u8f32__neon_4(const DequantizeArgs& args, int64_t begin, int64_t end) noexcept {
  dequantize_span(args.src + begin, args.dst + begin, end - begin, args.scale, args.zero_point);
}
void lookup_u8u8__neon_4(const LookupArgs& args, int64_t begin, int64_t end) noexcept { lookup_rows(args, begin, end); }
void add_u8u8u8__neon_4(const AddArgs& args, int64_t begin, int64_t end) noexcept { add_rows(args, begin, end); }
void mul_u8u8u8__neon_4(const MulArgs& args, int64_t begin, int64_t end) noexcept { mul_rows(args, begin, end); }
void min_max_f32__neon_4(const MinMaxArgs& args, int64_t begin, int64_t end) noexcept { min_max(args, begin, end); }

}  // namespace galet::kernels
