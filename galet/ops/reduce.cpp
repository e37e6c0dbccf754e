// Reductions over some axes: reduce_mean, _sum, _max, _min, _prod, _l1, _l2, _log_sum, _log_sum_exp, _sum_square.
// Each folds the elements of one place of the result into an accumulator, double for floats and 64 bit integers (wrapping) for integers,
// then finishes it. No axes reduce nothing, but the function is still applied (l1 of one element is its absolute value). Nothing to reduce
// gives the fold of the empty set.
#include <algorithm>
#include <cmath>
#include <limits>

#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

struct Axes {
  std::vector<size_t> kept, reduced;
};

Axes axes_of(const OpCall& call) {
  std::vector<bool> reduce(call.rank(0), false);
  for (const int64_t axis : call.get_ints("axes")) {
    const size_t i = resolve_axis(call, axis, call.rank(0));
    if (reduce[i]) call.fail("axis {} is listed twice", axis);
    reduce[i] = true;
  }
  Axes axes;
  for (size_t i = 0; i < reduce.size(); ++i) (reduce[i] ? axes.reduced : axes.kept).push_back(i);
  return axes;
}

std::vector<TensorType> infer_any(const OpCall& call) {
  const Axes axes = axes_of(call);
  Shape shape;
  if (call.get_int("keepdims") != 0) {
    shape = call.shape(0);
    for (const size_t axis : axes.reduced) shape[axis] = 1;
  } else {
    for (const size_t axis : axes.kept) shape.push_back(call.shape(0)[axis]);
  }
  return {{call.dtype(0), shape}};
}

std::vector<TensorType> infer_numbers(const OpCall& call) {
  if (call.dtype(0) == DType::boolean) call.fail("src is bool, expected numbers");
  return infer_any(call);
}

// Accumulator of a type: wide enough to be exact for integers up to 32 bits, modulo 2^64 beyond.
template <typename T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>;
template <typename W>
W add(W a, W b) {
  if constexpr (std::is_floating_point_v<W>)
    return a + b;
  else
    return static_cast<W>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
template <typename W>
W multiply(W a, W b) {
  if constexpr (std::is_floating_point_v<W>)
    return a * b;
  else
    return static_cast<W>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
template <typename W>
W magnitude(W a) {
  return a < W{} ? static_cast<W>(W{} - a) : a;
}
template <typename T>
T narrow(double x) {
  if constexpr (std::is_floating_point_v<T>) return static_cast<T>(x);
  if (std::isnan(x)) return T{};
  if (x <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
  if (x >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
  return static_cast<T>(x);
}

// The functions: what T* of n elements give.
template <typename T, typename F>
Wide<T> sum_of(const T* x, int64_t n, F f) {
  Wide<T> sum{};
  for (int64_t i = 0; i < n; ++i) sum = add<Wide<T>>(sum, f(static_cast<Wide<T>>(x[i])));
  return sum;
}
struct Sum {
  template <typename T>
  static T of(const T* x, int64_t n) {
    return static_cast<T>(sum_of(x, n, [](auto v) { return v; }));
  }
};
struct Mean {
  template <typename T>
  static T of(const T* x, int64_t n) {
    const auto sum = sum_of(x, n, [](auto v) { return v; });
    if constexpr (std::is_floating_point_v<T>)
      return static_cast<T>(sum / static_cast<double>(n));
    else
      return n == 0 ? T{} : static_cast<T>(sum / static_cast<Wide<T>>(n));
  }
};
struct SumSquare {
  template <typename T>
  static T of(const T* x, int64_t n) {
    return static_cast<T>(sum_of(x, n, [](auto v) { return multiply(v, v); }));
  }
};
struct L1 {
  template <typename T>
  static T of(const T* x, int64_t n) {
    return static_cast<T>(sum_of(x, n, [](auto v) { return magnitude(v); }));
  }
};
struct L2 {
  template <typename T>
  static T of(const T* x, int64_t n) {
    return narrow<T>(std::sqrt(static_cast<double>(sum_of(x, n, [](auto v) { return multiply(v, v); }))));
  }
};
struct LogSum {
  template <typename T>
  static T of(const T* x, int64_t n) {
    return narrow<T>(std::log(static_cast<double>(sum_of(x, n, [](auto v) { return v; }))));
  }
};
struct LogSumExp {
  template <typename T>
  static T of(const T* x, int64_t n) {
    double most = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t i = 0; i < n; ++i) most = std::max(most, static_cast<double>(x[i]));
    if (std::isinf(most)) return narrow<T>(most);
    for (int64_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(x[i]) - most);
    return narrow<T>(most + std::log(sum));
  }
};
struct Prod {
  template <typename T>
  static T of(const T* x, int64_t n) {
    Wide<T> product{1};
    for (int64_t i = 0; i < n; ++i) product = multiply<Wide<T>>(product, static_cast<Wide<T>>(x[i]));
    return static_cast<T>(product);
  }
};
// NaN wins over every number.
template <bool kGreatest>
struct Extreme {
  template <typename T>
  static T of(const T* x, int64_t n) {
    using Limits = std::numeric_limits<T>;
    T best = kGreatest ? Limits::lowest() : Limits::max();
    if constexpr (std::is_floating_point_v<T>) best = kGreatest ? -Limits::infinity() : Limits::infinity();
    for (int64_t i = 0; i < n; ++i)
      if (x[i] != x[i] || (kGreatest ? x[i] > best : x[i] < best)) best = x[i];
    return best;
  }
};

template <typename F>
std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Axes axes = axes_of(call);
  std::vector<size_t> perm = axes.kept;
  perm.insert(perm.end(), axes.reduced.begin(), axes.reduced.end());
  const Tensor src = std::is_sorted(perm.begin(), perm.end()) ? operands[0] : transposed(operands[0], perm);
  const int64_t n = count(src.shape(), axes.kept.size(), src.rank());
  Tensor result(src.dtype(), infer_any(call)[0].shape);
  dispatch(src.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* x = src.data<T>();
    T* dst = result.mutable_data<T>();
    for (int64_t i = 0; i < result.size(); ++i) dst[i] = F::template of<T>(x + i * n, n);
  });
  return {result};
}

template <typename F>
Op make(std::string_view name, std::vector<TensorType> (*infer)(const OpCall&) = infer_numbers, QuantTrait quant = QuantTrait::none) {
  return {.name = name,
          .operands = {"src"},
          .attributes = {{"axes", Ints{}, true}, {"keepdims", int64_t{1}}},
          .infer = infer,
          .reference = reference<F>,
          .quant = quant};
}

}  // namespace

Op reduce_mean_op() { return make<Mean>("reduce_mean", infer_numbers, QuantTrait::rescaled); }
Op reduce_sum_op() { return make<Sum>("reduce_sum"); }
Op reduce_max_op() { return make<Extreme<true>>("reduce_max", infer_any); }
Op reduce_min_op() { return make<Extreme<false>>("reduce_min", infer_any); }
Op reduce_prod_op() { return make<Prod>("reduce_prod"); }
Op reduce_l1_op() { return make<L1>("reduce_l1"); }
Op reduce_l2_op() { return make<L2>("reduce_l2"); }
Op reduce_log_sum_op() { return make<LogSum>("reduce_log_sum"); }
Op reduce_log_sum_exp_op() { return make<LogSumExp>("reduce_log_sum_exp"); }
Op reduce_sum_square_op() { return make<SumSquare>("reduce_sum_square"); }

}  // namespace galet::ops
