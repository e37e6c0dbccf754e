// Mean and maximum over everything but batch and channel:  (n, c, d1, d2, ...) -> (n, c, 1, 1, ...)
#include <algorithm>

#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

Shape pooled(const OpCall& call) {
  Shape dst = call.shape(0);
  if (dst.size() < 3) call.fail("src has shape {}, expected at least 3 dimensions (NCHW)", to_string(dst));
  if (count(dst, 2, dst.size()) == 0) call.fail("src has shape {}: nothing to pool", to_string(dst));
  std::fill(dst.begin() + 2, dst.end(), 1);
  return dst;
}

template <Types types>
std::vector<TensorType> infer(const OpCall& call) {
  expect_types(call, 0, types);
  return {{call.dtype(0), pooled(call)}};
}

/// dst[i] = f(plane i of the source, its elements)
template <typename T, typename F>
Tensor reduce_planes(const OpCall& call, const Tensor& src, F f) {
  Tensor result(src.dtype(), pooled(call));
  const int64_t plane = result.size() == 0 ? 0 : src.size() / result.size();
  T* dst = result.mutable_data<T>();
  for (int64_t i = 0; i < result.size(); ++i) dst[i] = f(src.data<T>() + i * plane, plane);
  return result;
}

std::vector<Tensor> average(const OpCall& call, std::span<const Tensor> operands) {
  return dispatch_floats(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    return std::vector<Tensor>{reduce_planes<T>(call, operands[0], [](const T* plane, int64_t n) {
      T sum = 0;  // in this order, in this type: the kernels give the same bits, which dynamic quantization depends on
      for (int64_t i = 0; i < n; ++i) sum += plane[i];
      return sum / static_cast<T>(n);
    })};
  });
}

std::vector<Tensor> maximum(const OpCall& call, std::span<const Tensor> operands) {
  return dispatch_numbers(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    return std::vector<Tensor>{reduce_planes<T>(call, operands[0], [](const T* plane, int64_t n) {
      T max = plane[0];
      for (int64_t i = 1; i < n; ++i)
        if (plane[i] > max || plane[i] != plane[i]) max = plane[i];
      return max;
    })};
  });
}

}  // namespace

Op global_average_pool_op() {
  return {.name = "global_average_pool",
          .operands = {"src"},
          .attributes = {},
          .infer = infer<Types::floats>,
          .reference = average,
          .quant = QuantTrait::rescaled};
}

Op global_max_pool_op() {
  return {.name = "global_max_pool",
          .operands = {"src"},
          .attributes = {},
          .infer = infer<Types::numbers>,
          .reference = maximum,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
