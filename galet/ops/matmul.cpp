// Matrix product as numpy.matmul: the last two axes are matrices, the leading ones broadcast; a one-dimensional operand is a row (a) or a
// column (b) whose axis leaves the result.
#include "galet/ops/broadcast.h"
#include "galet/ops/wrapping.h"

namespace galet::ops {
namespace {

struct Product {
  Shape batch_a, batch_b, batch;  // leading axes of the operands and of the result
  int64_t rows, inner, columns;
  Shape dst;
};

Product product_of(const OpCall& call) {
  const Shape &a = call.shape(0), &b = call.shape(1);
  if (a.empty() || b.empty()) call.fail("{} is a scalar, expected at least one dimension", call.operand_name(a.empty() ? 0 : 1));
  Product p;
  p.rows = a.size() > 1 ? a[a.size() - 2] : 1;
  p.inner = a.back();
  p.columns = b.size() > 1 ? b.back() : 1;
  const int64_t inner_b = b.size() > 1 ? b[b.size() - 2] : b[0];
  if (p.inner != inner_b) call.fail("inner extents of {} and {} differ: {} against {}", to_string(a), to_string(b), p.inner, inner_b);
  if (a.size() > 2) p.batch_a.assign(a.begin(), a.end() - 2);
  if (b.size() > 2) p.batch_b.assign(b.begin(), b.end() - 2);
  p.batch = broadcast_shape(call, p.batch_a, p.batch_b);
  p.dst = p.batch;
  if (a.size() > 1) p.dst.push_back(p.rows);
  if (b.size() > 1) p.dst.push_back(p.columns);
  return p;
}

std::vector<TensorType> infer(const OpCall& call) {
  expect_same_types(call, Types::numbers);
  return {result_type(call, call.dtype(0), product_of(call).dst)};
}

template <typename T>
void multiply(const Product& p, const T* a, const T* b, T* dst) {
  for (int64_t r = 0; r < p.rows; ++r, dst += p.columns)
    for (int64_t k = 0; k < p.inner; ++k)
      for (int64_t c = 0; c < p.columns; ++c) dst[c] = plus(dst[c], times(a[r * p.inner + k], b[k * p.columns + c]));
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Product p = product_of(call);
  Tensor result(call.dtype(0), p.dst);
  dispatch_numbers(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    T* dst = result.mutable_data<T>();
    for_each_broadcast<2>(p.batch, {&p.batch_a, &p.batch_b}, [&](int64_t i, const std::array<int64_t, 2>& at) {
      multiply(p, operands[0].data<T>() + at[0] * p.rows * p.inner, operands[1].data<T>() + at[1] * p.inner * p.columns,
               dst + i * p.rows * p.columns);
    });
  });
  return {result};
}

int64_t macs(const OpCall& call) {
  const Product p = product_of(call);
  return product(count(p.dst), p.inner);
}

}  // namespace

Op matmul_op() {
  return {.name = "matmul",
          .operands = {"a", "b"},
          .attributes = {},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::weighted,
          .macs = macs};
}

}  // namespace galet::ops
