// The loops of norm_kernels.h over blocks of channels. Included by one file an instruction set, which says kWidth, the floats of a vector,
// in a namespace without a name: the code must not be shared between them.
#include <cstring>

#include "galet/torch/fused/norm_kernels.h"

namespace galet::torch::fused {
namespace {

template <int n>
struct VectorOf {
  typedef float Type __attribute__((vector_size(4 * n)));
};
template <>
struct VectorOf<1> {
  using Type = float;
};
template <int n>
using Vector = typename VectorOf<n>::Type;

template <int n>
inline Vector<n> load(const float* p) {
  Vector<n> v;
  std::memcpy(&v, p, sizeof(v));
  return v;
}
template <int n>
inline void store(float* p, Vector<n> v) {
  std::memcpy(p, &v, sizeof(v));
}

template <Activation f, typename V>
inline V activated(V z) {
  const V zero = z - z;
  if constexpr (f == Activation::relu) return z > zero ? z : zero;
  if constexpr (f == Activation::relu6) {
    const V low = z > zero ? z : zero;
    return low < zero + 6.f ? low : zero + 6.f;
  }
  if constexpr (f == Activation::hard_swish) {
    const V t = z + 3.f, low = t > zero ? t : zero, both = low < zero + 6.f ? low : zero + 6.f;
    return z * both * (1.f / 6);
  }
  return z;
}

/// dy * f'(z)
template <Activation f, typename V>
inline V sloped(V dy, V z) {
  const V zero = z - z;
  if constexpr (f == Activation::relu) return z > zero ? dy : zero;
  if constexpr (f == Activation::relu6) {
    const V above = z >= zero ? dy : zero;
    return z <= zero + 6.f ? above : zero;
  }
  if constexpr (f == Activation::hard_swish) {
    const V inside = dy * (z * (1.f / 3) + 0.5f), right = z <= zero + 3.f ? inside : dy;
    return z < zero - 3.f ? zero : right;
  }
  return dy;
}

/// body.template operator()<n>(first channel) on blocks of the widest vectors (kWidth floats), narrower ones and single channels.
template <typename Body>
inline void over_channels(int64_t channels, Body body) {
  int64_t c = 0;
  if constexpr (kWidth >= 16)
    for (; c + 16 <= channels; c += 16) body.template operator()<16>(c);
  if constexpr (kWidth >= 8)
    for (; c + 8 <= channels; c += 8) body.template operator()<8>(c);
  for (; c + 4 <= channels; c += 4) body.template operator()<4>(c);
  for (; c < channels; ++c) body.template operator()<1>(c);
}

void statistics(const float* x, int64_t rows, int64_t channels, float* sum, float* square) {
  over_channels(channels, [=]<int n>(int64_t first) {
    const float* p = x + first;
    const Vector<n> origin = load<n>(p);
    Vector<n> s = origin - origin, q = s;
    for (int64_t r = 0; r < rows; ++r, p += channels) {
      const Vector<n> d = load<n>(p) - origin;
      s += d;
      q += d * d;
    }
    store<n>(sum + first, s);
    store<n>(square + first, q);
  });
}

template <Activation f, bool residual>
void apply_as(const ApplyArgs& a) {
  over_channels(a.channels, [&]<int n>(int64_t first) {
    const Vector<n> scale = load<n>(a.scale + first), shift = load<n>(a.shift + first);
    const float *x = a.x + first, *more = residual ? a.residual + first : nullptr;
    float* y = a.y + first;
    for (int64_t r = 0; r < a.rows; ++r, x += a.channels, y += a.channels) {
      Vector<n> z = load<n>(x) * scale + shift;
      if constexpr (residual) z += load<n>(more), more += a.channels;
      store<n>(y, activated<f>(z));
    }
  });
}

/// Calls what is made for the activation.
template <typename F>
inline void with_activation(Activation activation, F f) {
  switch (activation) {
    case Activation::none:
      return f.template operator()<Activation::none>();
    case Activation::relu:
      return f.template operator()<Activation::relu>();
    case Activation::relu6:
      return f.template operator()<Activation::relu6>();
    case Activation::hard_swish:
      return f.template operator()<Activation::hard_swish>();
  }
}

void apply(const ApplyArgs& args) {
  with_activation(args.activation, [&]<Activation f>() { args.residual != nullptr ? apply_as<f, true>(args) : apply_as<f, false>(args); });
}

template <Activation f, bool by_result>
void reduce_as(const ReduceArgs& a) {
  over_channels(a.channels, [&]<int n>(int64_t first) {
    const Vector<n> scale = load<n>(a.scale + first), shift = load<n>(a.shift + first), mean = load<n>(a.mean + first);
    const float *dy = a.dy + first, *x = a.x + first, *y = by_result ? a.y + first : nullptr;
    float* out = by_result ? a.g + first : nullptr;
    Vector<n> s = mean - mean, sx = s;
    for (int64_t r = 0; r < a.rows; ++r, dy += a.channels, x += a.channels) {
      const Vector<n> v = load<n>(x);
      Vector<n> g;
      if constexpr (by_result) {
        g = sloped<Activation::relu>(load<n>(dy), load<n>(y));
        store<n>(out, g);
        y += a.channels, out += a.channels;
      } else {
        g = sloped<f>(load<n>(dy), v * scale + shift);
      }
      s += g;
      sx += g * (v - mean);
    }
    store<n>(a.sum_g + first, s);
    store<n>(a.sum_gx + first, sx);
  });
}

void reduce(const ReduceArgs& args) {
  if (args.y != nullptr) return reduce_as<Activation::relu, true>(args);
  with_activation(args.activation, [&]<Activation f>() { reduce_as<f, false>(args); });
}

void gradient(const GradientArgs& args) {
  with_activation(args.activation, [&]<Activation f>() {
    over_channels(args.channels, [&]<int n>(int64_t first) {
      const Vector<n> scale = load<n>(args.scale + first), shift = load<n>(args.shift + first), a = load<n>(args.a + first),
                      b = load<n>(args.b + first), c = load<n>(args.c + first);
      const float *dy = args.dy + first, *x = args.x + first;
      float* dx = args.dx + first;
      for (int64_t r = 0; r < args.rows; ++r, dy += args.channels, x += args.channels, dx += args.channels) {
        const Vector<n> v = load<n>(x);
        store<n>(dx, a * sloped<f>(load<n>(dy), v * scale + shift) + (b * v + c));
      }
    });
  });
}

constexpr NormKernels kKernels{statistics, apply, reduce, gradient};

}  // namespace
}  // namespace galet::torch::fused
