// numpy's matrix product of 8 bit codes with exact 32 bit sums: dst = sum of (a - a_zero_point) * (b - b_zero_point).
// Zero points: one number, or one for each row of a and each column of b.
#include <algorithm>

#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

struct Product {
  int64_t m, k, n;
  bool a_vector, b_vector;
  Shape a_batch, b_batch, batch;  // leading extents; batch is their broadcast
};

Product product_of(const OpCall& call) {
  const Shape &a = call.shape(0), &b = call.shape(1);
  if (a.empty() || b.empty()) call.fail("a has shape {}, b {}: scalars have no matrix product", to_string(a), to_string(b));
  Product p{};
  p.a_vector = a.size() == 1;
  p.b_vector = b.size() == 1;
  p.m = p.a_vector ? 1 : a[a.size() - 2];
  p.k = a.back();
  p.n = p.b_vector ? 1 : b.back();
  const int64_t b_rows = p.b_vector ? b[0] : b[b.size() - 2];
  if (p.k != b_rows) call.fail("a ({}) has {} columns, b ({}) {} rows", to_string(a), p.k, to_string(b), b_rows);
  if (!p.a_vector) p.a_batch.assign(a.begin(), a.end() - 2);
  if (!p.b_vector) p.b_batch.assign(b.begin(), b.end() - 2);
  const size_t rank = std::max(p.a_batch.size(), p.b_batch.size());
  p.a_batch.insert(p.a_batch.begin(), rank - p.a_batch.size(), 1);
  p.b_batch.insert(p.b_batch.begin(), rank - p.b_batch.size(), 1);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t x = p.a_batch[i], y = p.b_batch[i];
    if (x != y && x != 1 && y != 1) call.fail("a ({}) and b ({}) do not broadcast", to_string(a), to_string(b));
    p.batch.push_back(x == 1 ? y : x);
  }
  return p;
}

void check_zero_point(const OpCall& call, size_t i, int64_t rows) {
  if (!call.has(i)) return;
  if (call.dtype(i) != call.dtype(i - 2))
    call.fail("{} is {}, expected {}", call.operand_name(i), to_string(call.dtype(i)), to_string(call.dtype(i - 2)));
  const int64_t n = count(call.shape(i));
  if (n != 1 && n != rows) call.fail("{} has {} elements, expected 1 or {}", call.operand_name(i), n, rows);
}

std::vector<TensorType> infer(const OpCall& call) {
  for (const size_t i : {size_t{0}, size_t{1}})
    if (call.dtype(i) != DType::u8 && call.dtype(i) != DType::i8)
      call.fail("{} is {}, expected u8 or i8", call.operand_name(i), to_string(call.dtype(i)));
  const Product p = product_of(call);
  check_zero_point(call, 2, p.m);
  check_zero_point(call, 3, p.n);
  Shape shape = p.batch;
  if (!p.a_vector) shape.push_back(p.m);
  if (!p.b_vector) shape.push_back(p.n);
  return {result_type(call, DType::i32, shape)};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Product p = product_of(call);
  const auto zeros = [&](size_t i, int64_t n) {
    Ints list = call.has(i) ? operands[i].to_ints() : Ints{0};
    if (list.size() == 1) list.assign(static_cast<size_t>(n), list[0]);
    return list;
  };
  const Ints a = operands[0].to_ints(), b = operands[1].to_ints(), a_zero = zeros(2, p.m), b_zero = zeros(3, p.n);
  Tensor result(DType::i32, infer(call)[0].shape);
  int32_t* dst = result.mutable_data<int32_t>();
  const int64_t batches = count(p.batch);
  for (int64_t batch = 0; batch < batches; ++batch) {
    int64_t a_at = 0, b_at = 0, left = batch, a_step = 1, b_step = 1;
    for (size_t i = p.batch.size(); i-- > 0; left /= p.batch[i], a_step *= p.a_batch[i], b_step *= p.b_batch[i]) {
      if (p.a_batch[i] != 1) a_at += left % p.batch[i] * a_step;
      if (p.b_batch[i] != 1) b_at += left % p.batch[i] * b_step;
    }
    const int64_t* a_matrix = a.data() + a_at * p.m * p.k;
    const int64_t* b_matrix = b.data() + b_at * p.k * p.n;
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j) {
        int64_t sum = 0;
        for (int64_t k = 0; k < p.k; ++k)
          sum += (a_matrix[i * p.k + k] - a_zero[static_cast<size_t>(i)]) * (b_matrix[k * p.n + j] - b_zero[static_cast<size_t>(j)]);
        *dst++ = static_cast<int32_t>(sum);
      }
  }
  return {result};
}

int64_t macs(const OpCall& call) { return count(infer(call)[0].shape) * call.shape(0).back(); }

}  // namespace

Op matmul_integer_op() {
  return {.name = "matmul_integer",
          .operands = {"a", "b", "a_zero_point?", "b_zero_point?"},
          .attributes = {},
          .infer = infer,
          .reference = reference,
          .macs = macs};
}

}  // namespace galet::ops
