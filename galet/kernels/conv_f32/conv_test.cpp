// Float convolutions: every row against the naive loops within rounding, and against themselves bit by bit however the work is split.
#include "galet/kernels/conv_f32/conv.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "galet/kernels/conv_i8/random_conv.h"
#include "galet/kernels/depthwise_f32/depthwise.h"
#include "galet/kernels/depthwise_i8/depthwise.h"
#include "galet/kernels/onednn/onednn.h"
#include "galet/kernels/reference/reference.h"

namespace galet::kernels {
namespace {

struct Problem {
  ConvShape shape;
  ConvF32Args args;
  std::vector<float> src, weight, bias, other;

  Problem(Random& random, const ConvShape& s)
      : shape(s),
        src(static_cast<size_t>(src_extent(s))),
        weight(static_cast<size_t>(weight_count(s))),
        bias(static_cast<size_t>(s.dst_c)),
        other(static_cast<size_t>(dst_extent(s))) {
    fill(src, random, -1.0, 1.0);
    fill(weight, random, -1.0, 1.0);
    fill(bias, random, -1.0, 1.0);
    fill(other, random, -1.0, 1.0);
    args.src = src.data();
    args.bias = random.below(4) == 0 ? nullptr : bias.data();
    if (random.below(3) == 0) {
      args.other = other.data();
      args.other_stride = shape.dst_stride;
    }
    if (random.below(2) == 0) args.lo = 0.0f;
    if (random.below(4) == 0) args.hi = 2.0f;
  }
};

void check_close(const Problem& p, const char* name, const Guarded<float>& dst, const Guarded<float>& expected) {
  const ConvShape& s = p.shape;
  INFO(std::string(name), " ", s.src_h, "x", s.src_w, "x", s.src_c, " -> ", s.dst_h, "x", s.dst_w, "x", s.dst_c, " kernel ", s.kernel_h,
       "x", s.kernel_w, " groups ", s.groups, " transposed ", s.transposed);
  CHECK(dst.intact());
  float worst = 0.0f;
  for (int64_t pixel = 0; pixel < s.batch * s.dst_h * s.dst_w; ++pixel)
    for (int64_t c = 0; c < s.dst_c; ++c)
      worst = std::fmax(worst, std::fabs(dst.data()[pixel * dst_stride(s) + c] - expected.data()[pixel * dst_stride(s) + c]));
  CHECK(worst < 1e-4f);
}

TEST_CASE("conv_f32: every row as the naive loops, bits free of the split") {
  Random random(8);
  for (int i = 0; i < 300; ++i) {
    Problem p(random, random_conv_shape(random, false));
    Guarded<float> expected(dst_extent(p.shape));
    p.args.dst = expected.data();
    reference_conv_f32(p.shape, p.args, p.weight.data());
    for_rows<GemmF32Fn>([&](const GemmF32Row& row) {
      Guarded<uint8_t> packed(static_cast<int64_t>(conv_f32_packed_bytes(row, p.shape)));
      Guarded<uint8_t> scratch(static_cast<int64_t>(conv_f32_scratch_bytes(row, p.shape)));
      Guarded<float> dst(dst_extent(p.shape)), split(dst_extent(p.shape));
      conv_f32_pack(row, p.shape, p.weight.data(), packed.data());
      ConvF32Args args = p.args;
      args.packed = packed.data();
      args.dst = dst.data();
      const int64_t items = conv_f32_items(row, p.shape), cut = between(random, 0, items);
      conv_f32_run(row, p.shape, args, 0, items, scratch.data());
      check_close(p, row.name, dst, expected);
      args.dst = split.data();
      conv_f32_run(row, p.shape, args, cut, items, scratch.data());
      conv_f32_run(row, p.shape, args, 0, cut, scratch.data());
      CHECK(split.same_as(dst));
      CHECK(packed.intact());
      CHECK(scratch.intact());
    });
  }
}

TEST_CASE("depthwise_f32: every row as the naive loops") {
  Random random(9);
  for (int i = 0; i < 200; ++i) {
    Problem p(random, random_conv_shape(random, true));
    Guarded<float> expected(dst_extent(p.shape)), packed(static_cast<int64_t>(depthwise_f32_packed_bytes(p.shape)) / 4);
    p.args.dst = expected.data();
    reference_conv_f32(p.shape, p.args, p.weight.data());
    depthwise_f32_pack(p.shape, p.weight.data(), packed.data());
    for_rows<DepthwiseF32Fn>([&](const Kernel<DepthwiseF32Fn>& row) {
      Guarded<float> dst(dst_extent(p.shape));
      DepthwiseF32Args args{p.shape, p.args};
      args.conv.packed = packed.data();
      args.conv.dst = dst.data();
      row.run(args, 0, p.shape.batch * p.shape.dst_h);
      check_close(p, row.name, dst, expected);
    });
  }
}

TEST_CASE("onednn: as the naive loops" * doctest::skip(!onednn_available())) {
  Random random(10);
  int ran = 0, cut = 0;
  for (int i = 0; i < 80; ++i) {
    const bool depthwise = random.below(3) == 0;
    ConvShape shape = random_conv_shape(random, depthwise);
    if (random.below(8) != 0) shape.src_stride = shape.dst_stride = 0;
    Problem p(random, shape);
    Guarded<float> expected(dst_extent(p.shape)), dst(dst_extent(p.shape));
    const char* why = nullptr;
    const int threads = static_cast<int>(between(random, 1, 5));
    const auto conv =
        OnednnConv::create(p.shape, p.weight.data(), p.args.bias, p.args.lo, p.args.hi, p.args.other != nullptr, &why, threads);
    if (!conv) {
      CHECK(why != nullptr);
      continue;
    }
    ++ran;
    p.args.dst = expected.data();
    reference_conv_f32(p.shape, p.args, p.weight.data());
    Guarded<uint8_t> scratch(static_cast<int64_t>(conv->scratch_bytes()));
    for (int piece = conv->pieces(); piece-- > 0;) conv->run(p.src.data(), p.args.other, dst.data(), scratch.data(), piece);
    check_close(p, conv->name(), dst, expected);
    cut += conv->pieces() > 1;
    const auto whole = OnednnConv::create(p.shape, p.weight.data(), p.args.bias, p.args.lo, p.args.hi, p.args.other != nullptr);
    REQUIRE(whole->pieces() == 1);
    Guarded<uint8_t> whole_scratch(static_cast<int64_t>(whole->scratch_bytes()));
    Guarded<float> again(dst_extent(p.shape));
    whole->run(p.src.data(), p.args.other, again.data(), whole_scratch.data(), 0);
    INFO("threads ", threads, " ", std::string(conv->name()), " k ", p.shape.kernel_h, " ", p.shape.src_h, "x", p.shape.src_w, "x",
         p.shape.src_c, " ", p.shape.dst_c, " g ", p.shape.groups);
    CHECK(again.same_as(dst));
    CHECK(scratch.intact());
  }
  CHECK(ran > 30);
  CHECK(cut > 10);
}

}  // namespace
}  // namespace galet::kernels
