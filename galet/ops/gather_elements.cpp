// gather_elements: dst[i, j, k] = src[i, indices[i, j, k], k] (axis 1 shown); indices have the rank of src and no larger extents but on the
// axis. scatter_elements: the inverse: dst = src, then dst[i, indices[i, j, k], k] = reduction(itself, updates[i, j, k]), in row-major
// order of the updates.
#include "galet/ops/scatter.h"
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

size_t check_indices(const OpCall& call) {
  expect_indices(call, 1);
  const Shape &src = call.shape(0), &indices = call.shape(1);
  const size_t axis = resolve_axis(call, call.get_int("axis"), src.size());
  call.expect_rank(1, src.size(), "the rank of src");
  for (size_t i = 0; i < src.size(); ++i)
    if (i != axis && indices[i] > src[i])
      call.fail("indices have shape {}, larger than src ({}) on axis {}", to_string(indices), to_string(src), i);
  return axis;
}

/// Calls f(element of src, element of indices) for all indices, in order.
template <typename F>
void for_each(const OpCall& call, size_t axis, const Tensor& src, const Tensor& indices, F f) {
  const Ints wanted = indices.to_ints();
  const Shape strides = strides_of(src.shape());
  Shape place(src.rank(), 0);
  for (int64_t n = 0; n < indices.size(); ++n) {
    int64_t at = resolve_index(call, wanted[static_cast<size_t>(n)], src.dim(axis)) * strides[axis];
    for (size_t i = 0; i < place.size(); ++i)
      if (i != axis) at += place[i] * strides[i];
    f(at, n);
    for (size_t i = place.size(); i-- > 0;) {
      if (++place[i] < indices.dim(i)) break;
      place[i] = 0;
    }
  }
}

std::vector<TensorType> infer_gather(const OpCall& call) {
  check_indices(call);
  return {{call.dtype(0), call.shape(1)}};
}

std::vector<Tensor> gather(const OpCall& call, std::span<const Tensor> operands) {
  const Tensor& src = operands[0];
  Tensor result(src.dtype(), call.shape(1));
  const size_t axis = check_indices(call), size = size_of(src.dtype());
  std::byte* dst = result.mutable_bytes();
  for_each(call, axis, src, operands[1], [&](int64_t from, int64_t to) {
    std::memcpy(dst + static_cast<size_t>(to) * size, src.bytes() + static_cast<size_t>(from) * size, size);
  });
  return {result};
}

std::vector<TensorType> infer_scatter(const OpCall& call) {
  check_indices(call);
  reduction_of(call);
  if (call.shape(2) != call.shape(1)) call.fail("updates have shape {}, indices {}", to_string(call.shape(2)), to_string(call.shape(1)));
  if (call.dtype(2) != call.dtype(0)) call.fail("updates are {}, src is {}", to_string(call.dtype(2)), to_string(call.dtype(0)));
  return {call.type(0)};
}

std::vector<Tensor> scatter(const OpCall& call, std::span<const Tensor> operands) {
  const Reduction reduction = reduction_of(call);
  Tensor result = operands[0];
  dispatch(result.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* updates = operands[2].data<T>();
    T* dst = result.mutable_data<T>();
    for_each(call, check_indices(call), operands[0], operands[1],
             [&](int64_t at, int64_t n) { dst[at] = combine(reduction, dst[at], updates[n]); });
  });
  return {result};
}

}  // namespace

Op gather_elements_op() {
  return {.name = "gather_elements",
          .operands = {"src", "indices"},
          .attributes = {{"axis", int64_t{0}}},
          .infer = infer_gather,
          .reference = gather,
          .quant = QuantTrait::same_spec};
}

Op scatter_elements_op() {
  return {.name = "scatter_elements",
          .operands = {"src", "indices", "updates"},
          .attributes = {{"axis", int64_t{0}}, {"reduction", std::string("none")}},
          .infer = infer_scatter,
          .reference = scatter,
          .quant = QuantTrait::none};
}

}  // namespace galet::ops
