// top_k: the k largest (or smallest) elements along an axis and where they were. arg_max, arg_min: where the first (or last) extreme is.
// Equal elements keep the order of their indices; NaN counts as larger than every number.
#include <algorithm>
#include <numeric>

#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

template <typename T>
bool less(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (b != b) return a == a;
  }
  return a < b;
}

void expect_numbers(const OpCall& call) {
  if (call.dtype(0) == DType::boolean) call.fail("src is bool, expected numbers");
}

std::vector<TensorType> infer_top_k(const OpCall& call) {
  expect_numbers(call);
  const size_t axis = resolve_axis(call, call.get_int("axis"), call.rank(0));
  const int64_t k = call.get_int("k");
  Shape shape = call.shape(0);
  if (k < 0 || k > shape[axis]) call.fail("k {} is not within 0..{}, the extent of axis {}", k, shape[axis], axis);
  shape[axis] = k;
  return {{call.dtype(0), shape}, {DType::i64, shape}};
}

std::vector<Tensor> top_k(const OpCall& call, std::span<const Tensor> operands) {
  const size_t axis = resolve_axis(call, call.get_int("axis"), call.rank(0));
  const int64_t k = call.get_int("k"), n = call.shape(0)[axis];
  const int64_t outer = count(call.shape(0), 0, axis), inner = count(call.shape(0), axis + 1, call.rank(0));
  const bool largest = call.get_int("largest") != 0;
  const auto types = infer_top_k(call);
  Tensor values(types[0].dtype, types[0].shape), indices(DType::i64, types[1].shape);
  std::vector<int64_t> order(static_cast<size_t>(n));
  dispatch(values.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* value = values.mutable_data<T>();
    int64_t* index = indices.mutable_data<int64_t>();
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t in = 0; in < inner; ++in) {
        const T* src = operands[0].data<T>() + o * n * inner + in;
        std::iota(order.begin(), order.end(), int64_t{0});
        std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t a, int64_t b) {
          const T x = src[a * inner], y = src[b * inner];
          if (largest ? less(y, x) : less(x, y)) return true;
          return !(largest ? less(x, y) : less(y, x)) && a < b;
        });
        for (int64_t i = 0; i < k; ++i) {
          const int64_t from = order[static_cast<size_t>(i)], to = (o * k + i) * inner + in;
          value[to] = src[from * inner];
          index[to] = from;
        }
      }
  });
  return {values, indices};
}

std::vector<TensorType> infer_arg(const OpCall& call) {
  expect_numbers(call);
  const size_t axis = resolve_axis(call, call.get_int("axis"), call.rank(0));
  Shape shape = call.shape(0);
  if (shape[axis] == 0) call.fail("axis {} is empty", axis);
  if (call.get_int("keepdims") != 0)
    shape[axis] = 1;
  else
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return {{DType::i64, shape}};
}

template <bool kMax>
std::vector<Tensor> arg(const OpCall& call, std::span<const Tensor> operands) {
  const size_t axis = resolve_axis(call, call.get_int("axis"), call.rank(0));
  const int64_t n = call.shape(0)[axis];
  const int64_t outer = count(call.shape(0), 0, axis), inner = count(call.shape(0), axis + 1, call.rank(0));
  const bool last = call.get_int("select_last") != 0;
  Tensor result(DType::i64, infer_arg(call)[0].shape);
  int64_t* dst = result.mutable_data<int64_t>();
  dispatch(operands[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t in = 0; in < inner; ++in) {
        const T* src = operands[0].data<T>() + o * n * inner + in;
        int64_t best = 0;
        for (int64_t i = 1; i < n; ++i) {
          const T x = src[i * inner], y = src[best * inner];
          const bool better = kMax ? less(y, x) : less(x, y), worse = kMax ? less(x, y) : less(y, x);
          if (better || (last && !worse)) best = i;
        }
        dst[o * inner + in] = best;
      }
  });
  return {result};
}

Op arg_op(std::string_view name, std::vector<Tensor> (*reference)(const OpCall&, std::span<const Tensor>)) {
  return {.name = name,
          .operands = {"src"},
          .attributes = {{"axis", int64_t{0}}, {"keepdims", int64_t{1}}, {"select_last", int64_t{0}}},
          .infer = infer_arg,
          .reference = reference};
}

}  // namespace

Op top_k_op() {
  return {.name = "top_k",
          .operands = {"src"},
          .attributes = {{"k", int64_t{1}, true}, {"axis", int64_t{-1}}, {"largest", int64_t{1}}, {"sorted", int64_t{1}}},
          .infer = infer_top_k,
          .reference = top_k};
}
Op arg_max_op() { return arg_op("arg_max", arg<true>); }
Op arg_min_op() { return arg_op("arg_min", arg<false>); }

}  // namespace galet::ops
