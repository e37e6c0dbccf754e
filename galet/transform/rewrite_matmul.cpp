// A matrix product with a constant is a linear layer.
//   before  y = matmul(x, w)                after  y = linear(x, transpose(w))            w: constant (k, n), stored (n, k)
// Codes and masks are transposed with it. The addition of a bias is then folded by fold_affine.
#include "galet/ops/ops.h"
#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

Tensor transposed(const Tensor& matrix) {
  const int64_t rows = matrix.dim(0), columns = matrix.dim(1);
  Tensor result(matrix.dtype(), {columns, rows});
  const size_t size = size_of(matrix.dtype());
  std::byte* dst = result.mutable_bytes();
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t j = 0; j < rows; ++j, dst += size) std::memcpy(dst, matrix.bytes() + static_cast<size_t>(j * columns + i) * size, size);
  return result;
}

Decision to_linear(const Match& m, Rewriter& rw) {
  if (m.value("w").shape.size() != 2 || m.value("x").shape.size() < 2 || m.value("x").dtype != DType::f32 ||
      m.value("w").dtype != DType::f32)
    return no_match();
  const ValueId own = own_constant(rw, m.root, 1);
  const Value weight = m.graph->value(own);
  if (weight.quant) {
    QuantSpec spec = *weight.quant;
    if (spec.axis >= 0) spec.axis = 1 - spec.axis;
    rw.set_quant(own, spec);
  }
  rw.set_constant(own, transposed(weight.constant));
  if (weight.mask) rw.set_mask(own, transposed(weight.mask));
  rw.set_op(m.root, ops::get("linear"), {});
  return applied("to linear");
}

}  // namespace

Pass rewrite_matmul() { return rewrite("matmul(x, #w)", to_linear); }

}  // namespace galet::transform
