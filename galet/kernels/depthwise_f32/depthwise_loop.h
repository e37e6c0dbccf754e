// The depthwise loop as plain C++ that compilers vectorise; each instruction set's file includes it into its anonymous namespace.
// Taps are summed in order ky, kx; taps in the padding are left out.
inline void depthwise_rows(const DepthwiseF32Args& args, int64_t begin, int64_t end) {
  constexpr int64_t kChunk = 64;
  const ConvShape& s = args.shape;
  const int64_t pixel = s.src_stride == 0 ? s.src_c : s.src_stride, dst_pixel = s.dst_stride == 0 ? s.dst_c : s.dst_stride;
  const int64_t other_pixel = args.conv.other_stride == 0 ? s.dst_c : args.conv.other_stride;
  const float lo = args.conv.lo, hi = args.conv.hi;
  for (int64_t item = begin; item < end; ++item) {
    const float* image = args.conv.src + item / s.dst_h * s.src_h * s.src_w * pixel;
    const int64_t top = item % s.dst_h * s.stride_h - s.pad_top;
    for (int64_t ox = 0; ox < s.dst_w; ++ox) {
      const int64_t left = ox * s.stride_w - s.pad_left;
      float* dst = args.conv.dst + (item * s.dst_w + ox) * dst_pixel;
      const float* other = args.conv.other == nullptr ? nullptr : args.conv.other + (item * s.dst_w + ox) * other_pixel;
      for (int64_t c0 = 0; c0 < s.src_c; c0 += kChunk) {
        const int64_t n = s.src_c - c0 < kChunk ? s.src_c - c0 : kChunk;
        float acc[kChunk];
        for (int64_t c = 0; c < n; ++c) acc[c] = args.conv.bias == nullptr ? 0.0f : args.conv.bias[c0 + c];
        for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
          const int64_t iy = top + ky * s.dilation_h;
          if (iy < 0 || iy >= s.src_h) continue;
          for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
            const int64_t ix = left + kx * s.dilation_w;
            if (ix < 0 || ix >= s.src_w) continue;
            const float* src = image + (iy * s.src_w + ix) * pixel + c0;
            const float* weight = static_cast<const float*>(args.conv.packed) + (ky * s.kernel_w + kx) * s.src_c + c0;
            for (int64_t c = 0; c < n; ++c) acc[c] += src[c] * weight[c];
          }
        }
        for (int64_t c = 0; c < n; ++c) {
          float y = acc[c] + (other == nullptr ? 0.0f : other[c0 + c]);
          y = y < lo ? lo : y;
          dst[c0 + c] = y > hi ? hi : y;
        }
      }
    }
  }
}
