// Zero below (upper) or above (lower) the k-th diagonal of the last two axes.
#include <algorithm>

#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  if (call.rank(0) < 2) call.fail("src has {} dimensions, expected at least 2", call.rank(0));
  return {call.type(0)};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  Tensor result = operands[0];
  const bool upper = call.get_int("upper") != 0;
  const int64_t h = result.dim(result.rank() - 2), w = result.dim(result.rank() - 1);
  const int64_t k = std::min(std::max(call.get_int("k"), -h - 1), w + 1);
  const size_t size = size_of(result.dtype());
  std::byte* dst = result.mutable_bytes();
  for (int64_t i = 0; i < result.size(); ++i) {
    const int64_t x = i % w, y = i / w % h;
    if (upper ? x - y < k : x - y > k) std::memset(dst + static_cast<size_t>(i) * size, 0, size);
  }
  return {result};
}

}  // namespace

Op trilu_op() {
  return {.name = "trilu",
          .operands = {"src"},
          .attributes = {{"upper", int64_t{1}}, {"k", int64_t{0}}},
          .infer = infer,
          .reference = reference};
}

}  // namespace galet::ops
