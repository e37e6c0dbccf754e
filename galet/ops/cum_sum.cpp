// dst[i] = src[0] + ... + src[i] along an axis; exclusive leaves src[i] out, reverse sums from the end.
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  if (call.dtype(0) == DType::boolean) call.fail("src is bool, expected numbers");
  resolve_axis(call, call.get_int("axis"), call.rank(0));
  return {call.type(0)};
}

template <typename T>
T add(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    return a + b;
  else
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Tensor& src = operands[0];
  const size_t axis = resolve_axis(call, call.get_int("axis"), src.rank());
  const bool exclusive = call.get_int("exclusive") != 0, reverse = call.get_int("reverse") != 0;
  const int64_t n = src.dim(axis), outer = count(src.shape(), 0, axis), inner = count(src.shape(), axis + 1, src.rank());
  Tensor result(src.dtype(), src.shape());
  dispatch(src.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t in = 0; in < inner; ++in) {
        const T* x = src.data<T>() + o * n * inner + in;
        T* y = result.mutable_data<T>() + o * n * inner + in;
        T sum{};
        for (int64_t i = 0; i < n; ++i) {
          const int64_t at = (reverse ? n - 1 - i : i) * inner;
          const T next = add(sum, x[at]);
          y[at] = exclusive ? sum : next;
          sum = next;
        }
      }
  });
  return {result};
}

}  // namespace

Op cum_sum_op() {
  return {.name = "cum_sum",
          .operands = {"src"},
          .attributes = {{"axis", int64_t{0}, true}, {"exclusive", int64_t{0}}, {"reverse", int64_t{0}}},
          .infer = infer,
          .reference = reference};
}

}  // namespace galet::ops
