// gather_nd: each row of indices (its last axis) names a place, or a whole slice, of src; the first batch_dims axes of both are walked
// together. scatter_nd: dst = src, then dst[row] = reduction(itself, updates of that row), in order.
#include <algorithm>

#include "galet/ops/scatter.h"
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

struct Rows {
  size_t batch = 0;    // leading axes in common
  int64_t length = 0;  // indices a row
  Shape slice;         // shape of what one row names
};

Rows rows_of(const OpCall& call, int64_t batch_dims) {
  expect_indices(call, 1);
  const Shape &src = call.shape(0), &indices = call.shape(1);
  if (src.empty() || indices.empty())
    call.fail("src has shape {}, indices {}: expected at least 1 dimension each", to_string(src), to_string(indices));
  const auto least = static_cast<int64_t>(std::min(src.size(), indices.size()));
  if (batch_dims < 0 || batch_dims >= least) call.fail("batch_dims {} is not within 0..{}", batch_dims, least - 1);
  Rows rows{static_cast<size_t>(batch_dims), indices.back(), {}};
  for (size_t i = 0; i < rows.batch; ++i)
    if (src[i] != indices[i]) call.fail("batch axis {} of src has extent {}, of indices {}", i, src[i], indices[i]);
  if (rows.length < 1 || rows.length > static_cast<int64_t>(src.size() - rows.batch))
    call.fail("rows of {} indices into {} dimensions", rows.length, src.size() - rows.batch);
  rows.slice.assign(src.begin() + batch_dims + rows.length, src.end());
  return rows;
}

/// Calls f(element of src at which the row's slice begins, number of the row).
template <typename F>
void for_each(const OpCall& call, const Rows& rows, const Shape& src, const Tensor& indices, F f) {
  const Ints wanted = indices.to_ints();
  const Shape strides = strides_of(src);
  const int64_t batches = count(src, 0, rows.batch), batch_size = count(src, rows.batch, src.size());
  const int64_t n = count(indices.shape(), 0, indices.rank() - 1);
  for (int64_t row = 0; row < n; ++row) {
    int64_t at = row / (n / batches) * batch_size;
    for (int64_t i = 0; i < rows.length; ++i) {
      const size_t axis = rows.batch + static_cast<size_t>(i);
      at += resolve_index(call, wanted[static_cast<size_t>(row * rows.length + i)], src[axis]) * strides[axis];
    }
    f(at, row);
  }
}

Shape result_shape(const OpCall& call, const Rows& rows) {
  Shape shape(call.shape(1).begin(), call.shape(1).end() - 1);
  shape.insert(shape.end(), rows.slice.begin(), rows.slice.end());
  return shape;
}

std::vector<TensorType> infer_gather(const OpCall& call) {
  return {result_type(call, call.dtype(0), result_shape(call, rows_of(call, call.get_int("batch_dims"))))};
}

std::vector<Tensor> gather(const OpCall& call, std::span<const Tensor> operands) {
  const Rows rows = rows_of(call, call.get_int("batch_dims"));
  const Tensor& src = operands[0];
  Tensor result(src.dtype(), result_shape(call, rows));
  if (result.size() == 0) return {result};
  const size_t element = size_of(src.dtype()), bytes = static_cast<size_t>(count(rows.slice)) * element;
  std::byte* dst = result.mutable_bytes();
  for_each(call, rows, src.shape(), operands[1], [&](int64_t from, int64_t row) {
    std::memcpy(dst + static_cast<size_t>(row) * bytes, src.bytes() + static_cast<size_t>(from) * element, bytes);
  });
  return {result};
}

std::vector<TensorType> infer_scatter(const OpCall& call) {
  const Rows rows = rows_of(call, 0);
  reduction_of(call);
  if (call.shape(2) != result_shape(call, rows))
    call.fail("updates have shape {}, expected {}", to_string(call.shape(2)), to_string(result_shape(call, rows)));
  if (call.dtype(2) != call.dtype(0)) call.fail("updates are {}, src is {}", to_string(call.dtype(2)), to_string(call.dtype(0)));
  return {call.type(0)};
}

std::vector<Tensor> scatter(const OpCall& call, std::span<const Tensor> operands) {
  const Rows rows = rows_of(call, 0);
  const Reduction reduction = reduction_of(call);
  const int64_t n = count(rows.slice);
  Tensor result = operands[0];
  if (operands[2].size() == 0) return {result};
  dispatch(result.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* dst = result.mutable_data<T>();
    for_each(call, rows, operands[0].shape(), operands[1], [&](int64_t at, int64_t row) {
      const T* update = operands[2].data<T>() + row * n;
      for (int64_t i = 0; i < n; ++i) dst[at + i] = combine(reduction, dst[at + i], update[i]);
    });
  });
  return {result};
}

}  // namespace

Op gather_nd_op() {
  return {.name = "gather_nd",
          .operands = {"src", "indices"},
          .attributes = {{"batch_dims", int64_t{0}}},
          .infer = infer_gather,
          .reference = gather,
          .quant = QuantTrait::same_spec};
}

Op scatter_nd_op() {
  return {.name = "scatter_nd",
          .operands = {"src", "indices", "updates"},
          .attributes = {{"reduction", std::string("none")}},
          .infer = infer_scatter,
          .reference = scatter,
          .quant = QuantTrait::none};
}

}  // namespace galet::ops
