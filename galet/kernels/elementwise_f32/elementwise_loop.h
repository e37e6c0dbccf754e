// The float elementwise loops as plain C++ that compilers vectorise; each instruction set's file includes them into its anonymous
// namespace.
inline float clamp_to(float x, float lo, float hi) {
  x = x < lo ? lo : x;
  return x > hi ? hi : x;
}

template <typename Op>
inline void binary_span(const BinaryF32Args& args, const float* src, const float* other, float* dst, int64_t n, bool scalar, Op op) {
  const float lo = args.lo, hi = args.hi;
  if (scalar) {
    const float value = *other;
    if (args.swap)
      for (int64_t i = 0; i < n; ++i) dst[i] = clamp_to(op(value, src[i]), lo, hi);
    else
      for (int64_t i = 0; i < n; ++i) dst[i] = clamp_to(op(src[i], value), lo, hi);
  } else if (args.swap) {
    for (int64_t i = 0; i < n; ++i) dst[i] = clamp_to(op(other[i], src[i]), lo, hi);
  } else {
    for (int64_t i = 0; i < n; ++i) dst[i] = clamp_to(op(src[i], other[i]), lo, hi);
  }
}

template <typename Op>
inline void binary_op(const BinaryF32Args& args, int64_t begin, int64_t end, Op op) {
  if (!args.broadcast.scalar && args.broadcast.repeat == 1)
    return binary_span(args, args.src + begin * args.cols, args.other + begin * args.cols, args.dst + begin * args.cols,
                       (end - begin) * args.cols, false, op);
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = row / args.broadcast.repeat * (args.broadcast.scalar ? 1 : args.cols);
    binary_span(args, args.src + row * args.cols, args.other + at, args.dst + row * args.cols, args.cols, args.broadcast.scalar, op);
  }
}

inline void binary_rows(const BinaryF32Args& args, int64_t begin, int64_t end) {
  switch (args.op) {
    case BinaryF32::add:
      return binary_op(args, begin, end, [](float a, float b) { return a + b; });
    case BinaryF32::sub:
      return binary_op(args, begin, end, [](float a, float b) { return a - b; });
    case BinaryF32::mul:
      return binary_op(args, begin, end, [](float a, float b) { return a * b; });
    case BinaryF32::div:
      return binary_op(args, begin, end, [](float a, float b) { return a / b; });
    case BinaryF32::min:
      return binary_op(args, begin, end, [](float a, float b) { return b < a ? b : a; });
    case BinaryF32::max:
      return binary_op(args, begin, end, [](float a, float b) { return b > a ? b : a; });
  }
}

inline void unary_elements(const UnaryF32Args& args, int64_t begin, int64_t end) {
  const float* src = args.src;
  float* dst = args.dst;
  const float a = args.a, b = args.b;
  switch (args.op) {
    case UnaryF32::clip:
      for (int64_t i = begin; i < end; ++i) dst[i] = clamp_to(src[i], a, b);
      return;
    case UnaryF32::hard_sigmoid:
      for (int64_t i = begin; i < end; ++i) dst[i] = clamp_to(a * src[i] + b, 0.0f, 1.0f);
      return;
    case UnaryF32::hard_swish:
      for (int64_t i = begin; i < end; ++i) dst[i] = src[i] * clamp_to(src[i] * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f);
      return;
    case UnaryF32::leaky_relu:
      for (int64_t i = begin; i < end; ++i) dst[i] = src[i] < 0.0f ? a * src[i] : src[i];
      return;
  }
}
