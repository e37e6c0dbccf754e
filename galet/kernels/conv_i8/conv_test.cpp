// Every row of gemm_i8 and depthwise_i8 on this machine against the naive loops, over random shapes, zero points, epilogues and splits.
#include "galet/kernels/conv_i8/conv.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "galet/kernels/conv_i8/random_conv.h"
#include "galet/kernels/depthwise_i8/depthwise.h"
#include "galet/kernels/reference/arithmetic.h"
#include "galet/kernels/reference/reference.h"

namespace galet::kernels {
namespace {

/// Operands of one problem; weights and accumulators reach their extremes in some of them.
struct Problem {
  ConvShape shape;
  ConvI8Args args;
  std::vector<uint8_t> src, other, table;
  std::vector<int8_t> weight;
  std::vector<int32_t> bias;
  std::vector<float> m, bias_f32;

  Problem(Random& random, const ConvShape& s)
      : shape(s),
        src(static_cast<size_t>(src_extent(s))),
        other(static_cast<size_t>(s.batch * s.dst_h * s.dst_w * (s.dst_c + 3))),
        table(256),
        weight(static_cast<size_t>(weight_count(s))),
        bias(static_cast<size_t>(s.dst_c)),
        m(static_cast<size_t>(s.dst_c)),
        bias_f32(static_cast<size_t>(s.dst_c)) {
    const bool extreme = random.below(4) == 0;
    const int64_t only = random.below(2) == 0 ? 255 : 0;
    fill(src, random, extreme ? only : 0, extreme ? only : 255);
    fill(weight, random, extreme ? (random.below(2) == 0 ? -128 : 127) : -128, extreme ? 127 : 127);
    fill(other, random, 0, 255);
    fill(table, random, 0, 255);
    fill(bias, random, extreme ? -2000000000 : -20000, extreme ? 2000000000 : 20000);
    fill(m, random, 0.00001, extreme ? 3.0 : 0.01);
    fill(bias_f32, random, -10.0, 10.0);
    args.src = src.data();
    args.bias = random.below(5) == 0 ? nullptr : bias.data();
    args.src_zero_point = pick<int32_t>(random, {0, 255, 128, 3});
    args.output = pick(random, {ConvI8Output::u8, ConvI8Output::u8, ConvI8Output::u8, ConvI8Output::i32, ConvI8Output::f32});
    args.m = m.data();
    args.bias_f32 = random.below(3) == 0 ? nullptr : bias_f32.data();
    args.dst_zero_point = pick<int32_t>(random, {0, 255, 128, 77});
    args.lo = random.below(2) == 0 ? 0 : args.dst_zero_point;
    args.hi = random.below(3) == 0 ? std::max(args.lo, 200) : 255;
    if (random.below(3) == 0) args.table = table.data();
    if (random.below(3) == 0) {
      args.other = other.data();
      if (random.below(2) == 0) args.other_stride = s.dst_c + 3;
      args.other_is_a = random.below(2) == 0;
    }
    args.add = add_coefficients(0.02f, 12, 0.031f, 200, 0.04f, 55, 55, 255);
    if (args.output == ConvI8Output::f32 && random.below(2) == 0) args.lo_f32 = 0.0f, args.hi_f32 = 6.0f;
  }
  int64_t dst_bytes() const { return dst_extent(shape) * (args.output == ConvI8Output::u8 ? 1 : 4); }
};

/// Runs all items, in pieces and out of order.
template <typename Run>
void run_split(Random& random, int64_t items, Run&& run) {
  const int64_t cut = between(random, 0, items), cut2 = between(random, cut, items);
  if (cut2 < items) run(cut2, items);
  if (cut > 0) run(0, cut);
  if (cut < cut2) run(cut, cut2);
}

void check(const Problem& p, const char* name, const Guarded<uint8_t>& dst, const Guarded<uint8_t>& expected, bool guards) {
  const ConvShape& s = p.shape;
  INFO(std::string(name), " ", s.batch, "x", s.src_h, "x", s.src_w, "x", s.src_c, " -> ", s.dst_h, "x", s.dst_w, "x", s.dst_c, " kernel ",
       s.kernel_h, "x", s.kernel_w, " stride ", s.stride_h, ",", s.stride_w, " dilation ", s.dilation_h, ",", s.dilation_w, " pad ",
       s.pad_top, ",", s.pad_left, " groups ", s.groups, " transposed ", s.transposed, " output ", static_cast<int>(p.args.output));
  CHECK(guards);
  CHECK(dst.intact());
  CHECK(dst.same_as(expected));
}

TEST_CASE("conv_i8: every row gives the bits of the naive loops") {
  Random random(1);
  for (int i = 0; i < 600; ++i) {
    Problem p(random, random_conv_shape(random, false));
    Guarded<uint8_t> expected(p.dst_bytes());
    p.args.dst = expected.data();
    reference_conv_i8(p.shape, p.args, p.weight.data());
    for_rows<GemmI8Fn>([&](const GemmI8Row& row) {
      Guarded<uint8_t> packed(static_cast<int64_t>(conv_i8_packed_bytes(row, p.shape))), dst(p.dst_bytes());
      Guarded<uint8_t> scratch(static_cast<int64_t>(conv_i8_scratch_bytes(row, p.shape)));
      conv_i8_pack(row, p.shape, p.weight.data(), packed.data());
      ConvI8Args args = p.args;
      args.packed = packed.data();
      args.dst = dst.data();
      run_split(random, conv_i8_items(row, p.shape),
                [&](int64_t begin, int64_t end) { conv_i8_run(row, p.shape, args, begin, end, scratch.data()); });
      check(p, row.name, dst, expected, packed.intact() && scratch.intact());
    });
  }
}

TEST_CASE("depthwise_i8: every row gives the bits of the naive loops") {
  Random random(2);
  for (int i = 0; i < 400; ++i) {
    Problem p(random, random_conv_shape(random, true));
    REQUIRE(depthwise_i8_applies(p.shape));
    Guarded<uint8_t> expected(p.dst_bytes());
    p.args.dst = expected.data();
    reference_conv_i8(p.shape, p.args, p.weight.data());
    for_rows<DepthwiseI8Fn>([&](const DepthwiseI8Row& row) {
      Guarded<uint8_t> packed(static_cast<int64_t>(depthwise_i8_packed_bytes(row, p.shape))), dst(p.dst_bytes());
      Guarded<uint8_t> scratch(static_cast<int64_t>(depthwise_i8_scratch_bytes(row, p.shape)));
      depthwise_i8_pack(row, p.shape, p.weight.data(), packed.data());
      ConvI8Args args = p.args;
      args.packed = packed.data();
      args.dst = dst.data();
      run_split(random, depthwise_i8_items(row, p.shape),
                [&](int64_t begin, int64_t end) { depthwise_i8_run(row, p.shape, args, begin, end, scratch.data()); });
      check(p, row.name, dst, expected, packed.intact() && scratch.intact());
    });
  }
}

TEST_CASE("conv_i8: a linear layer and small maps are split over output channels") {
  ConvShape shape;
  shape.src_c = 512;
  shape.dst_c = 1000;
  CHECK(conv_i8_items(select<GemmI8Fn>(Isa::reference), shape) == 63);
  shape.src_h = shape.src_w = shape.dst_h = shape.dst_w = 7;
  CHECK(conv_i8_items(select<GemmI8Fn>(Isa::reference), shape) == 63);
  shape.src_h = shape.src_w = shape.dst_h = shape.dst_w = 14;
  CHECK(conv_i8_items(select<GemmI8Fn>(Isa::reference), shape) == 17);
}

}  // namespace
}  // namespace galet::kernels
