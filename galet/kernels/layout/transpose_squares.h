// Transposes in squares that fit registers. Included by instruction-set files, which bring the squares.
#pragma once

#include "galet/kernels/layout/transpose.h"

namespace galet::kernels {
namespace {

/// `rows` rows of n elements to n rows of `rows`, S x S at a time.
template <int S, typename T, typename Square>
inline void transpose_span(const T* src, int64_t src_stride, T* dst, int64_t dst_stride, int64_t rows, int64_t n, Square square) {
  int64_t r = 0;
  for (; r + S <= rows; r += S) {
    int64_t c = 0;
    for (; c + S <= n; c += S) square(src + r * src_stride + c, src_stride, dst + c * dst_stride + r, dst_stride);
    for (; c < n; ++c)
      for (int i = 0; i < S; ++i) dst[c * dst_stride + r + i] = src[(r + i) * src_stride + c];
  }
  for (int64_t c = 0; c < n; ++c)
    for (int64_t i = r; i < rows; ++i) dst[c * dst_stride + i] = src[i * src_stride + c];
}

/// Rows [begin, end) of the destinations of TransposeU8Args or TransposeF32Args, S x S elements at a time.
template <int S, typename Args, typename Square>
inline void transpose_matrices(const Args& args, int64_t begin, int64_t end, Square square) {
  for (int64_t item = begin; item < end;) {
    const int64_t image = item / args.cols, c0 = item % args.cols, first = image * args.rows * args.cols;
    const int64_t n = args.cols - c0 < end - item ? args.cols - c0 : end - item;
    transpose_span<S>(args.src + first + c0, args.cols, args.dst + first + c0 * args.rows, args.rows, args.rows, n, square);
    item += n;
  }
}

}  // namespace
}  // namespace galet::kernels
