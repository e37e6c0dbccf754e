// The sweep of the integer convolutions: every row against the naive loops, with fenced operands, over shapes as networks have them and
// over extremes of codes, weights and accumulators. GALET_SWEEP=full runs all of it.
#include <doctest/doctest.h>

#include <limits>

#include "galet/kernels/conv_i8/conv.h"
#include "galet/kernels/conv_i8/random_conv.h"
#include "galet/kernels/depthwise_i8/depthwise.h"
#include "galet/kernels/indirection.h"
#include "galet/kernels/reference/arithmetic.h"
#include "galet/kernels/reference/reference.h"
#include "galet/kernels/sparse_i8/sparse.h"
#include "galet/kernels/sweep.h"

namespace galet::kernels {
namespace {

constexpr int64_t kMaxK = 65792;  // 65792 * 255 * 128 < 2^31

/// Destination extents for the source, kernel, strides and pads of s and the given pads below and to the right; false: none fit.
bool finish_shape(ConvShape& s, int64_t pad_bottom, int64_t pad_right) {
  const int64_t room_h = s.src_h + s.pad_top + pad_bottom - (s.kernel_h - 1) * s.dilation_h - 1;
  const int64_t room_w = s.src_w + s.pad_left + pad_right - (s.kernel_w - 1) * s.dilation_w - 1;
  if (room_h < 0 || room_w < 0) return false;
  s.dst_h = room_h / s.stride_h + 1;
  s.dst_w = room_w / s.stride_w + 1;
  return true;
}

void random_strides(Random& random, ConvShape& s) {
  if (random.below(4) == 0) s.src_stride = s.src_c + between(random, 1, 40);
  if (random.below(4) == 0) s.dst_stride = s.dst_c + between(random, 1, 40);
}

/// 1x1 over maps of a few pixels to some panels; every number of channels up to 130.
ConvShape pointwise_shape(Random& random) {
  ConvShape s;
  s.batch = between(random, 1, 2);
  s.src_h = between(random, 1, 12);
  s.src_w = between(random, 1, 24);
  s.stride_h = s.stride_w = random.below(4) == 0 ? 2 : 1;
  s.src_c = between(random, 1, 130);
  s.dst_c = between(random, 1, 130);
  finish_shape(s, 0, 0);
  random_strides(random, s);
  return s;
}

/// k x k with 3 channels or many, groups, dilation, asymmetric padding.
ConvShape spatial_shape(Random& random) {
  for (;;) {
    ConvShape s;
    s.kernel_h = pick<int64_t>(random, {3, 3, 5, 7});
    s.kernel_w = random.below(4) == 0 ? between(random, 1, 7) : s.kernel_h;
    s.stride_h = between(random, 1, 2);
    s.stride_w = random.below(5) == 0 ? 3 : s.stride_h;
    s.dilation_h = s.dilation_w = random.below(4) == 0 ? between(random, 2, 3) : 1;
    s.pad_top = between(random, 0, s.kernel_h - 1);
    s.pad_left = between(random, 0, s.kernel_w - 1);
    s.src_h = between(random, 1, 12);
    s.src_w = between(random, 1, 20);
    s.groups = random.below(4) == 0 ? between(random, 2, 4) : 1;
    s.src_c = s.groups * pick<int64_t>(random, {1, 3, 3, 4, 8, 13, 16, 24, 32});
    s.dst_c = s.groups * between(random, 1, 40);
    if (!finish_shape(s, between(random, 0, s.kernel_h - 1), between(random, 0, s.kernel_w - 1))) continue;
    random_strides(random, s);
    return s;
  }
}

ConvShape linear_shape(Random& random) {
  ConvShape s;
  s.batch = random.below(2) == 0 ? 1 : between(random, 2, 40);
  s.src_c = random.below(3) == 0 ? between(random, 1, 2048) : between(random, 1, 300);
  s.dst_c = between(random, 1, 130);
  return s;
}

/// Few outputs with as long a sum as int32 holds.
ConvShape longest_shape(Random& random) {
  ConvShape s;
  s.src_c = kMaxK - static_cast<int64_t>(random.below(9));
  s.dst_c = between(random, 1, 9);
  return s;
}

ConvShape depthwise_shape(Random& random) {
  for (;;) {
    ConvShape s;
    s.batch = between(random, 1, 2);
    s.kernel_h = pick<int64_t>(random, {3, 3, 5, 7});
    s.kernel_w = random.below(6) == 0 ? between(random, 1, 7) : s.kernel_h;
    s.stride_h = s.stride_w = between(random, 1, 2);
    s.dilation_h = s.dilation_w = random.below(6) == 0 ? 2 : 1;
    s.pad_top = between(random, 0, s.kernel_h - 1);
    s.pad_left = between(random, 0, s.kernel_w - 1);
    s.src_h = between(random, 1, 14);
    s.src_w = between(random, 1, 20);
    s.groups = s.src_c = s.dst_c = between(random, 2, 130);
    if (!finish_shape(s, between(random, 0, s.kernel_h - 1), between(random, 0, s.kernel_w - 1))) continue;
    random_strides(random, s);
    return s;
  }
}

ConvShape conv_shape(Random& random) {
  switch (random.below(60)) {
    case 0:
      return longest_shape(random);
    default:
      switch (random.below(6)) {
        case 0:
        case 1:
          return pointwise_shape(random);
        case 2:
        case 3:
          return spatial_shape(random);
        case 4:
          return linear_shape(random);
        default:
          return random_conv_shape(random, false);
      }
  }
}

void fill_weights(Random& random, Fenced<int8_t>& weight) {
  const uint64_t kind = random.below(8);
  const int8_t extreme = pick<int8_t>(random, {127, -127, -128});
  for (int64_t i = 0; i < weight.size(); ++i) {
    double bell = 0;
    for (int j = 0; j < 4; ++j) bell += random.uniform(-1.0, 1.0);
    switch (kind) {
      case 0:
        weight[i] = extreme;
        break;
      case 1:
        weight[i] = random.below(2) == 0 ? int8_t{127} : pick<int8_t>(random, {-127, -128});
        break;
      case 2:
      case 3:
        weight[i] = static_cast<int8_t>(between(random, -128, 127));
        break;
      case 4:  // here and there one that needs all bits
        weight[i] = static_cast<int8_t>(random.below(50) == 0 ? between(random, -128, 127) : between(random, -60, 60));
        break;
      default:
        weight[i] = static_cast<int8_t>(std::clamp(bell * (kind == 5 ? 10.0 : 28.0), -128.0, 127.0));
    }
  }
}

/// One problem; all operands are fenced.
struct Problem {
  ConvShape shape;
  ConvI8Args args;
  int64_t other_stride;
  Fenced<uint8_t> src, other, table;
  Fenced<int8_t> weight;
  Fenced<int32_t> bias;
  Fenced<float> m, bias_f32;

  Problem(Random& random, const ConvShape& s)
      : shape(s),
        other_stride(s.dst_c + (random.below(2) == 0 ? between(random, 1, 9) : 0)),
        src(src_extent(s)),
        other((s.batch * s.dst_h * s.dst_w - 1) * other_stride + s.dst_c),
        table(256),
        weight(weight_count(s)),
        bias(s.dst_c),
        m(s.dst_c),
        bias_f32(s.dst_c) {
    const uint64_t codes = random.below(6);
    for (int64_t i = 0; i < src.size(); ++i)
      src[i] = codes == 0 ? 255 : codes == 1 ? pick<uint8_t>(random, {0, 255}) : static_cast<uint8_t>(random.below(256));
    fill_weights(random, weight);
    for (int64_t i = 0; i < other.size(); ++i) other[i] = static_cast<uint8_t>(random.below(256));
    for (int64_t i = 0; i < 256; ++i) table[i] = static_cast<uint8_t>(random.below(256));
    const double greatest = pick<double>(random, {0.0005, 0.01, 0.9999, 3.0});
    for (int64_t c = 0; c < s.dst_c; ++c) {
      bias[c] = static_cast<int32_t>(between(random, -20000, 20000));
      m[c] = static_cast<float>(random.uniform(0.00001, greatest));
      bias_f32[c] = static_cast<float>(random.uniform(-10.0, 10.0));
    }
    args.src = src.data();
    args.src_zero_point = pick<int32_t>(random, {0, 255, 128, static_cast<int32_t>(random.below(256))});
    args.output =
        pick(random, {ConvI8Output::u8, ConvI8Output::u8, ConvI8Output::u8, ConvI8Output::u8, ConvI8Output::i32, ConvI8Output::f32});
    args.m = m.data();
    args.bias = random.below(5) == 0 ? nullptr : bias.data();
    if (args.bias != nullptr && random.below(3) == 0) push_to_edges(random);
    args.bias_f32 = random.below(3) == 0 ? nullptr : bias_f32.data();
    args.dst_zero_point = pick<int32_t>(random, {0, 255, 128, static_cast<int32_t>(random.below(256))});
    args.lo = random.below(2) == 0 ? 0 : args.dst_zero_point;
    args.hi = random.below(3) == 0 ? std::max(args.lo, 200) : 255;
    if (random.below(3) == 0) args.table = table.data();
    if (random.below(3) == 0) {
      args.other = other.data();
      args.other_stride = other_stride;
      args.other_is_a = random.below(2) == 0;
    }
    args.add = add_coefficients(static_cast<float>(random.uniform(0.005, 0.1)), static_cast<int32_t>(random.below(256)),
                                static_cast<float>(random.uniform(0.005, 0.1)), static_cast<int32_t>(random.below(256)),
                                static_cast<float>(random.uniform(0.01, 0.1)), static_cast<int32_t>(random.below(256)),
                                static_cast<int32_t>(random.below(100)), 255, random.below(2) == 0);
    if (args.output == ConvI8Output::f32 && random.below(2) == 0) args.lo_f32 = 0.0f, args.hi_f32 = 6.0f;
  }

  /// Biases with which some accumulator of each channel is the greatest or the least int32.
  void push_to_edges(Random& random) {
    std::vector<int32_t> sums(static_cast<size_t>(shape.batch * shape.dst_h * shape.dst_w * shape.dst_c));
    ConvI8Args plain = args;
    plain.bias = nullptr;
    reference_conv_i8_accumulate(shape, plain, weight.data(), sums.data());
    for (int64_t c = 0; c < shape.dst_c; ++c) {
      int64_t least = 0, greatest = 0;
      for (size_t i = static_cast<size_t>(c); i < sums.size(); i += static_cast<size_t>(shape.dst_c)) {
        least = std::min<int64_t>(least, sums[i]);
        greatest = std::max<int64_t>(greatest, sums[i]);
      }
      bias[c] = static_cast<int32_t>(random.below(2) == 0 ? std::numeric_limits<int32_t>::max() - greatest
                                                          : std::numeric_limits<int32_t>::min() - least);
    }
  }
  int64_t dst_bytes() const { return dst_extent(shape) * (args.output == ConvI8Output::u8 ? 1 : 4); }
  size_t dst_alignment() const { return args.output == ConvI8Output::u8 ? 1 : 4; }
  std::string describe() const {
    const ConvShape& s = shape;
    return fmt::format(
        "{}x{}x{}x{} -> {}x{}x{} kernel {}x{} stride {},{} dilation {},{} pad {},{} groups {} transposed {} strides {},{} output {} zero "
        "points {} {} table {} other {} bias {}",
        s.batch, s.src_h, s.src_w, s.src_c, s.dst_h, s.dst_w, s.dst_c, s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, s.dilation_h,
        s.dilation_w, s.pad_top, s.pad_left, s.groups, s.transposed, s.src_stride, s.dst_stride, static_cast<int>(args.output),
        args.src_zero_point, args.dst_zero_point, args.table != nullptr, args.other != nullptr, args.bias != nullptr);
  }
};

/// The functions of conv_i8 and depthwise_i8 under one name.
struct Dense {
  using Fn = GemmI8Fn;
  static constexpr auto kPreparedBytes = conv_i8_prepared_bytes, kScratchBytes = conv_i8_scratch_bytes;
  static size_t kPackedBytes(const GemmI8Row& row, const ConvShape& shape, const int8_t*) { return conv_i8_packed_bytes(row, shape); }
  static constexpr auto kPack = conv_i8_pack;
  static constexpr auto kPrepare = conv_i8_prepare;
  static constexpr auto kItems = conv_i8_items;
  static constexpr auto kRun = conv_i8_run;
};
struct Depthwise {
  using Fn = DepthwiseI8Fn;
  static constexpr auto kPreparedBytes = depthwise_i8_prepared_bytes, kScratchBytes = depthwise_i8_scratch_bytes;
  static size_t kPackedBytes(const DepthwiseI8Row& row, const ConvShape& shape, const int8_t*) {
    return depthwise_i8_packed_bytes(row, shape);
  }
  static constexpr auto kPack = depthwise_i8_pack;
  static constexpr auto kPrepare = depthwise_i8_prepare;
  static constexpr auto kItems = depthwise_i8_items;
  static constexpr auto kRun = depthwise_i8_run;
};

struct Sparse {
  using Fn = SparseI8Fn;
  static constexpr auto kPackedBytes = sparse_i8_packed_bytes;
  static constexpr auto kPreparedBytes = sparse_i8_prepared_bytes, kScratchBytes = sparse_i8_scratch_bytes;
  static constexpr auto kPack = sparse_i8_pack;
  static constexpr auto kPrepare = sparse_i8_prepare;
  static constexpr auto kItems = sparse_i8_items;
  static constexpr auto kRun = sparse_i8_run;
};

template <typename Family>
void check_rows(Random& random, Problem& p, Tally& tally) {
  Fenced<uint8_t> expected(p.dst_bytes(), p.dst_alignment());
  p.args.dst = expected.data();
  reference_conv_i8(p.shape, p.args, p.weight.data());
  const bool prepare = random.below(2) == 0;
  for_rows<typename Family::Fn>([&](const Kernel<typename Family::Fn>& row) {
    Fenced<uint8_t> packed(static_cast<int64_t>(Family::kPackedBytes(row, p.shape, p.weight.data())), 64),
        dst(p.dst_bytes(), p.dst_alignment());
    Fenced<uint8_t> prepared(static_cast<int64_t>(Family::kPreparedBytes(row, p.shape)), 64);
    ConvI8Args args = p.args;
    Family::kPack(row, p.shape, p.weight.data(), packed.data());
    args.packed = packed.data();
    if (prepare) {
      Family::kPrepare(row, p.shape, args, prepared.data());
      args.prepared = prepared.data();
    }
    args.dst = dst.data();
    run_pieces(random, Family::kItems(row, p.shape), [&](int64_t begin, int64_t end) {
      Fenced<uint8_t> scratch(static_cast<int64_t>(Family::kScratchBytes(row, p.shape)), 64);
      Family::kRun(row, p.shape, args, begin, end, scratch.data());
      if (!scratch.intact()) fail("{} writes before its scratch", row.name);
    });
    tally.add(row.name);
    if (packed.intact() && dst.intact() && prepared.intact() && dst.same_as(expected)) return;
    FAIL_CHECK(std::string(row.name), " ", p.describe());
  });
}

TEST_CASE("sweep: dense convolutions") {
  Random random(11);
  Tally tally;
  const int64_t wanted = wanted_cases(21000);
  for (int64_t i = 0; i < wanted; i += row_count<GemmI8Fn>()) {
    Problem p(random, conv_shape(random));
    check_rows<Dense>(random, p, tally);
  }
  CHECK(tally.report(wanted));
}

TEST_CASE("sweep: sparse convolutions") {
  Random random(13);
  Tally tally;
  const int64_t wanted = wanted_cases(12000);
  for (int64_t i = 0; i < wanted; i += row_count<SparseI8Fn>()) {
    Problem p(random, conv_shape(random));
    prune_weights(random, p.shape, p.weight.data());
    p.args.bias = nullptr;  // pushed to edges that other weights have
    check_rows<Sparse>(random, p, tally);
  }
  CHECK(tally.report(wanted));
}

TEST_CASE("sweep: depthwise convolutions") {
  Random random(12);
  Tally tally;
  const int64_t wanted = wanted_cases(12000);
  for (int64_t i = 0; i < wanted; i += row_count<DepthwiseI8Fn>()) {
    Problem p(random, depthwise_shape(random));
    check_rows<Depthwise>(random, p, tally);
  }
  CHECK(tally.report(wanted));
}

}  // namespace
}  // namespace galet::kernels
