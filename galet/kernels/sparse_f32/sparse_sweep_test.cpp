// The sweep of the sparse float convolutions: every row bit by bit against the reference row, and against the dense rows of the same
// machine; the reference within rounding of the naive loops. Operands are fenced. GALET_SWEEP=full runs all of it.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "galet/kernels/conv_i8/random_conv.h"
#include "galet/kernels/reference/reference.h"
#include "galet/kernels/sparse_f32/sparse.h"
#include "galet/kernels/sweep.h"

namespace galet::kernels {
namespace {

ConvShape some_shape(Random& random) {
  if (random.below(5) != 0) return random_conv_shape(random, false);
  ConvShape s;
  s.batch = random.below(2) == 0 ? 1 : between(random, 2, 40);
  s.src_c = between(random, 1, 600);
  s.dst_c = between(random, 1, 130);
  return s;
}

struct Problem {
  ConvShape shape;
  ConvF32Args args;
  Fenced<float> src, weight, bias, other;

  Problem(Random& random, const ConvShape& s) : shape(s), src(src_extent(s)), weight(weight_count(s)), bias(s.dst_c), other(dst_extent(s)) {
    for (Fenced<float>* values : {&src, &weight, &bias, &other})
      for (int64_t i = 0; i < values->size(); ++i) (*values)[i] = static_cast<float>(random.uniform(-1.0, 1.0));
    if (random.below(3) == 0)
      for (int64_t i = 0; i < src.size(); ++i) src[i] = std::max(src[i], 0.0f);
    prune_weights(random, shape, weight.data());
    args.src = src.data();
    args.bias = random.below(4) == 0 ? nullptr : bias.data();
    if (random.below(3) == 0) {
      args.other = other.data();
      args.other_stride = shape.dst_stride;
    }
    if (random.below(2) == 0) args.lo = 0.0f;
    if (random.below(4) == 0) args.hi = 2.0f;
  }

  std::string describe() const {
    const ConvShape& s = shape;
    return std::to_string(s.batch) + "x" + std::to_string(s.src_h) + "x" + std::to_string(s.src_w) + "x" + std::to_string(s.src_c) +
           " -> " + std::to_string(s.dst_h) + "x" + std::to_string(s.dst_w) + "x" + std::to_string(s.dst_c) + " kernel " +
           std::to_string(s.kernel_h) + "x" + std::to_string(s.kernel_w) + " groups " + std::to_string(s.groups) + " transposed " +
           std::to_string(s.transposed);
  }
};

void run_row(Random& random, const Problem& p, const SparseF32Row& row, Fenced<float>& dst) {
  Fenced<uint8_t> packed(static_cast<int64_t>(sparse_f32_packed_bytes(row, p.shape, p.weight.data())), 64);
  sparse_f32_pack(row, p.shape, p.weight.data(), packed.data());
  ConvF32Args args = p.args;
  args.packed = packed.data();
  args.dst = dst.data();
  run_pieces(random, sparse_f32_items(row, p.shape), [&](int64_t begin, int64_t end) {
    Fenced<uint8_t> scratch(static_cast<int64_t>(sparse_f32_scratch_bytes(row, p.shape)), 64);
    sparse_f32_run(row, p.shape, args, begin, end, scratch.data());
    if (!scratch.intact()) fail("{} writes before its scratch", row.name);
  });
  CHECK((packed.intact() && dst.intact()));
}

/// conv_f32 on the same operands; its sums are fused where `isa` has more than the reference row.
void run_dense(const Problem& p, Isa isa, Fenced<float>& dst) {
  const GemmF32Row& row = select<GemmF32Fn>(isa);
  Fenced<uint8_t> packed(static_cast<int64_t>(conv_f32_packed_bytes(row, p.shape)), 64);
  Fenced<uint8_t> scratch(static_cast<int64_t>(conv_f32_scratch_bytes(row, p.shape)), 64);
  conv_f32_pack(row, p.shape, p.weight.data(), packed.data());
  ConvF32Args args = p.args;
  args.packed = packed.data();
  args.dst = dst.data();
  conv_f32_run(row, p.shape, args, 0, conv_f32_items(row, p.shape), scratch.data());
}

template <typename Same>
bool all_pixels(const ConvShape& s, const Same& same) {
  for (int64_t pixel = 0; pixel < s.batch * s.dst_h * s.dst_w; ++pixel)
    for (int64_t c = 0; c < s.dst_c; ++c)
      if (!same(pixel * dst_stride(s) + c)) return false;
  return true;
}

TEST_CASE("sweep: sparse float convolutions") {
  Random random(14);
  Tally tally;
  const int64_t wanted = wanted_cases(12000);
  int64_t dense_rows = 0;
  for (int64_t i = 0; i < wanted; i += row_count<SparseF32Fn>()) {
    Problem p(random, some_shape(random));
    Fenced<float> naive(dst_extent(p.shape)), expected(dst_extent(p.shape));
    p.args.dst = naive.data();
    reference_conv_f32(p.shape, p.args, p.weight.data());
    run_row(random, p, kernel_rows<SparseF32Fn>().back(), expected);
    INFO(p.describe());
    CHECK(all_pixels(p.shape, [&](int64_t at) { return std::fabs(naive[at] - expected[at]) < 1e-4f; }));
    for_rows<SparseF32Fn>([&](const SparseF32Row& row) {
      INFO(std::string(row.name));
      Fenced<float> dst(dst_extent(p.shape));
      run_row(random, p, row, dst);
      CHECK(dst.same_as(expected));
      tally.add(row.name);
      if (row.isa == Isa::reference) return;
      Fenced<float> dense(dst_extent(p.shape));
      run_dense(p, row.isa, dense);
      ++dense_rows;
      CHECK(all_pixels(p.shape, [&](int64_t at) { return dense[at] == dst[at]; }));
    });
  }
  CHECK(tally.report(wanted));
  CHECK((dense_rows > 0 || row_count<SparseF32Fn>() == 1));
}

TEST_CASE("sparse_f32_kept counts blocks of 16 x 4 at one tap") {
  ConvShape s;
  s.src_h = s.src_w = s.dst_h = s.dst_w = 4;
  s.kernel_h = s.kernel_w = 3;
  s.pad_top = s.pad_left = 1;
  s.src_c = 36, s.dst_c = 32;
  std::vector<float> weight(static_cast<size_t>(weight_count(s)));
  for_rows<SparseF32Fn>([&](const SparseF32Row& row) {
    std::fill(weight.begin(), weight.end(), 0.0f);
    CHECK(sparse_f32_kept(row, s, weight.data()) == 0.0);
    weight[static_cast<size_t>(weight_index(s, 17, 5, 1, 2))] = 1.0f;
    CHECK(sparse_f32_kept(row, s, weight.data()) == doctest::Approx(1.0 / (2 * 9 * 9)));
    weight[static_cast<size_t>(weight_index(s, 31, 7, 1, 2))] = -1.0f;  // the same block
    CHECK(sparse_f32_kept(row, s, weight.data()) == doctest::Approx(1.0 / (2 * 9 * 9)));
    weight[static_cast<size_t>(weight_index(s, 15, 5, 1, 2))] = 1.0f;
    CHECK(sparse_f32_kept(row, s, weight.data()) == doctest::Approx(2.0 / (2 * 9 * 9)));
  });
}

}  // namespace
}  // namespace galet::kernels
