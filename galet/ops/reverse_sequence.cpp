// The first lengths[b] steps of each sequence in reverse order, the rest as they are. The batch and time axes are 0 and 1 in either order.
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_indices(call, 1);
  const int64_t batch = call.get_int("batch_axis"), time = call.get_int("time_axis");
  if (!((batch == 0 && time == 1) || (batch == 1 && time == 0)))
    call.fail("batch_axis {} and time_axis {}, expected 0 and 1 or 1 and 0", batch, time);
  if (call.rank(0) < 2) call.fail("src has {} dimensions, expected at least 2", call.rank(0));
  if (call.shape(1) != Shape{call.shape(0)[static_cast<size_t>(batch)]})
    call.fail("lengths have shape {}, expected {}", to_string(call.shape(1)), call.shape(0)[static_cast<size_t>(batch)]);
  return {call.type(0)};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Tensor& src = operands[0];
  const auto batch_axis = static_cast<size_t>(call.get_int("batch_axis")), time_axis = 1 - batch_axis;
  const Ints lengths = operands[1].to_ints();
  const Shape strides = strides_of(src.shape());
  const size_t size = size_of(src.dtype()), row = static_cast<size_t>(count(src.shape(), 2, src.rank())) * size;
  Tensor result = src;
  std::byte* dst = result.mutable_bytes();
  for (int64_t b = 0; b < src.dim(batch_axis); ++b) {
    const int64_t length = lengths[static_cast<size_t>(b)];
    if (length < 0 || length > src.dim(time_axis)) call.fail("length {} of sequence {} is not within 0..{}", length, b, src.dim(time_axis));
    for (int64_t t = 0; t < length && row > 0; ++t) {
      const auto to = static_cast<size_t>(b * strides[batch_axis] + t * strides[time_axis]);
      const auto from = static_cast<size_t>(b * strides[batch_axis] + (length - 1 - t) * strides[time_axis]);
      std::memcpy(dst + to * size, src.bytes() + from * size, row);
    }
  }
  return {result};
}

}  // namespace

Op reverse_sequence_op() {
  return {.name = "reverse_sequence",
          .operands = {"src", "lengths"},
          .attributes = {{"batch_axis", int64_t{1}}, {"time_axis", int64_t{0}}},
          .infer = infer,
          .reference = reference};
}

}  // namespace galet::ops
