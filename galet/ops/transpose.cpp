// dst axis i is src axis perm[i].
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

std::vector<size_t> permutation(const OpCall& call) {
  const Ints& perm = call.get_ints("perm");
  const size_t rank = call.rank(0);
  if (perm.size() != rank) call.fail("perm has {} entries, src has {} dimensions", perm.size(), rank);
  std::vector<size_t> axes;
  std::vector<bool> seen(rank, false);
  for (const int64_t axis : perm) {
    if (axis < 0 || axis >= static_cast<int64_t>(rank) || seen[static_cast<size_t>(axis)])
      call.fail("perm is not a permutation of 0..{}: {} is repeated or out of range", rank - 1, axis);
    seen[static_cast<size_t>(axis)] = true;
    axes.push_back(static_cast<size_t>(axis));
  }
  return axes;
}

std::vector<TensorType> infer(const OpCall& call) {
  Shape shape;
  for (const size_t axis : permutation(call)) shape.push_back(call.shape(0)[axis]);
  return {{call.dtype(0), shape}};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) { return {transposed(operands[0], permutation(call))}; }

}  // namespace

Op transpose_op() {
  return {.name = "transpose",
          .operands = {"src"},
          .attributes = {{"perm", Ints{}, true}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
