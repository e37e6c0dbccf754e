// The plain C++ rows of elementwise_i8.
#include <cstring>

#include "galet/kernels/elementwise_i8/elementwise.h"
#include "galet/kernels/reference/arithmetic.h"

namespace galet::kernels {
namespace {

/// Element (row, c) of a broadcast operand.
int64_t broadcast_index(const Broadcast& broadcast, int64_t cols, int64_t row, int64_t c) {
  return broadcast.scalar ? row / broadcast.repeat : row / broadcast.repeat * cols + c;
}

}  // namespace

void quantize_f32u8__reference(const QuantizeArgs& args, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; ++i) args.dst[i] = quantize(args.src[i], args.scale, args.zero_point);
}

void dequantize_u8f32__reference(const DequantizeArgs& args, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; ++i) args.dst[i] = dequantize(args.src[i], args.scale, args.zero_point);
}

void lookup_u8u8__reference(const LookupArgs& args, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) {
    const uint8_t* src = args.src + row * args.src_stride;
    uint8_t* dst = args.dst + row * args.dst_stride;
    if (args.table == nullptr) {
      std::memmove(dst, src, static_cast<size_t>(args.cols));
      continue;
    }
    for (int64_t c = 0; c < args.cols; ++c) dst[c] = args.table[src[c]];
  }
}

void add_u8u8u8__reference(const AddArgs& args, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row)
    for (int64_t c = 0; c < args.cols; ++c) {
      const uint8_t src = args.src[row * args.cols + c], other = args.other[broadcast_index(args.broadcast, args.cols, row, c)];
      args.dst[row * args.cols + c] = args.other_is_a ? add_codes(other, src, args.add) : add_codes(src, other, args.add);
    }
}

void mul_u8u8u8__reference(const MulArgs& args, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row)
    for (int64_t c = 0; c < args.cols; ++c) {
      const int32_t src = args.src[row * args.cols + c] - args.src_zero_point;
      const int32_t other = args.other[broadcast_index(args.broadcast, args.cols, row, c)] - args.other_zero_point;
      args.dst[row * args.cols + c] = mul_codes(src, other, args.m, args.dst_zero_point, args.lo, args.hi);
    }
}

void min_max_f32__reference(const MinMaxArgs& args, int64_t begin, int64_t end) noexcept {
  float min = 0.0f, max = 0.0f;
  for (int64_t i = begin; i < end; ++i) {
    min = args.src[i] < min ? args.src[i] : min;
    max = args.src[i] > max ? args.src[i] : max;
  }
  *args.min = min;
  *args.max = max;
}

}  // namespace galet::kernels
