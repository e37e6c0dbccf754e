// The sweep of the families beside the convolutions: every row against the reference row, with fenced operands. GALET_SWEEP=full runs all
// of it.
#include "galet/kernels/sweep.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "galet/kernels/elementwise_i8/elementwise.h"
#include "galet/kernels/layout/transpose.h"
#include "galet/kernels/pool_i8/pool.h"
#include "galet/kernels/reference/arithmetic.h"
#include "galet/kernels/resize/resize.h"

namespace galet::kernels {
namespace {

int32_t any_code(Random& random) { return pick<int32_t>(random, {0, 255, 128, static_cast<int32_t>(random.below(256))}); }

void fill_codes(Random& random, Fenced<uint8_t>& codes) {
  const uint64_t kind = random.below(6);
  for (int64_t i = 0; i < codes.size(); ++i)
    codes[i] = kind == 0 ? 255 : kind == 1 ? pick<uint8_t>(random, {0, 255}) : static_cast<uint8_t>(random.below(256));
}

void fill_floats(Random& random, Fenced<float>& values) {
  const bool halves = random.below(3) == 0;
  for (int64_t i = 0; i < values.size(); ++i) {
    const float value = static_cast<float>(random.uniform(-40.0, 40.0));
    values[i] = halves ? std::round(value * 4.0f) / 4.0f : value;
  }
  const float infinity = std::numeric_limits<float>::infinity();
  if (random.below(3) == 0)
    for (const float odd : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), 3e38f, -3e38f, 1e-40f, -0.0f})
      values[static_cast<int64_t>(random.below(static_cast<uint64_t>(values.size())))] = odd;
}

/// Every row but the reference over [0, items) in pieces, into dst_size elements of T, against the reference.
template <typename F, typename T, typename Args>
void check_rows(Random& random, Tally& tally, Args args, int64_t items, int64_t dst_size) {
  Fenced<T> expected(dst_size);
  args.dst = expected.data();
  kernel_rows<F>().back().run(args, 0, items);
  for_rows<F>([&](const Kernel<F>& row) {
    Fenced<T> dst(dst_size);
    args.dst = dst.data();
    run_pieces(random, items, [&](int64_t begin, int64_t end) { row.run(args, begin, end); });
    tally.add(row.name);
    INFO(std::string(row.name), ", items ", items);
    CHECK((dst.intact() && dst.same_as(expected)));
  });
}

/// Runs problem(random, tally) until `full` cases of family F (a part of them without GALET_SWEEP=full) have run.
template <typename F, typename Body>
void sweep(uint64_t seed, int64_t full, Body&& problem) {
  Random random(seed);
  Tally tally;
  const int64_t wanted = wanted_cases(full);
  for (int64_t i = 0; i < wanted; i += row_count<F>()) problem(random, tally);
  CHECK(tally.report(wanted));
}

TEST_CASE("sweep: quantize and dequantize") {
  sweep<QuantizeFn>(21, 3000, [](Random& random, Tally& tally) {
    Fenced<float> src(between(random, 1, 300));
    fill_floats(random, src);
    const float scale = random.below(3) == 0 ? 0.5f : static_cast<float>(random.uniform(0.005, 0.6));
    check_rows<QuantizeFn, uint8_t>(random, tally, QuantizeArgs{src.data(), nullptr, scale, any_code(random)}, src.size(), src.size());
  });
  sweep<DequantizeFn>(22, 2000, [](Random& random, Tally& tally) {
    Fenced<uint8_t> src(between(random, 1, 300));
    fill_codes(random, src);
    check_rows<DequantizeFn, float>(random, tally,
                                    DequantizeArgs{src.data(), nullptr, static_cast<float>(random.uniform(0.001, 2.0)), any_code(random)},
                                    src.size(), src.size());
  });
  sweep<QuantizeTransposeFn>(23, 2000, [](Random& random, Tally& tally) {
    const int64_t batch = between(random, 1, 2), rows = pick<int64_t>(random, {1, 3, 3, 4, between(random, 1, 40)}),
                  cols = between(random, 1, 150);
    Fenced<float> src(batch * rows * cols);
    fill_floats(random, src);
    check_rows<QuantizeTransposeFn, uint8_t>(random, tally, QuantizeTransposeArgs{src.data(), nullptr, rows, cols, 0.25f, any_code(random)},
                                             batch * cols, src.size());
  });
}

TEST_CASE("sweep: tables, in place too") {
  sweep<LookupFn>(24, 3000, [](Random& random, Tally& tally) {
    const int64_t rows = between(random, 1, 9), cols = between(random, 1, 130), gap = random.below(2) == 0 ? 0 : between(random, 1, 70);
    Fenced<uint8_t> src((rows - 1) * (cols + gap) + cols), table(256);
    fill_codes(random, src);
    for (int64_t i = 0; i < 256; ++i) table[i] = static_cast<uint8_t>(random.below(256));
    const LookupArgs args{src.data(), nullptr, random.below(8) == 0 ? nullptr : table.data(), cols, cols + gap, cols + gap};
    check_rows<LookupFn, uint8_t>(random, tally, args, rows, src.size());
    Fenced<uint8_t> expected(src.size());
    std::copy_n(src.data(), src.size(), expected.data());
    LookupArgs in_place = args;
    in_place.src = in_place.dst = expected.data();
    kernel_rows<LookupFn>().back().run(in_place, 0, rows);
    for_rows<LookupFn>([&](const Kernel<LookupFn>& row) {
      Fenced<uint8_t> codes(src.size());
      std::copy_n(src.data(), src.size(), codes.data());
      in_place.src = in_place.dst = codes.data();
      row.run(in_place, 0, rows);
      INFO(std::string(row.name), " in place");
      CHECK(codes.same_as(expected));
    });
  });
}

/// A broadcast of `rows` rows by `cols`, and how many elements the second operand has.
Broadcast random_broadcast(Random& random, int64_t rows, int64_t cols, int64_t* other_size) {
  const Broadcast broadcast{pick<int64_t>(random, {1, 1, 2, rows}), random.below(3) == 0};
  *other_size = (rows - 1) / broadcast.repeat * (broadcast.scalar ? 1 : cols) + (broadcast.scalar ? 1 : cols);
  return broadcast;
}

TEST_CASE("sweep: add and mul") {
  sweep<AddFn>(25, 4000, [](Random& random, Tally& tally) {
    const int64_t rows = between(random, 1, 9), cols = between(random, 1, 130);
    int64_t other_size;
    const Broadcast broadcast = random_broadcast(random, rows, cols, &other_size);
    Fenced<uint8_t> src(rows * cols), other(other_size);
    fill_codes(random, src);
    fill_codes(random, other);
    const auto scale = [&] { return static_cast<float>(std::exp(random.uniform(-9.0, 3.0))); };
    const int32_t lo = static_cast<int32_t>(random.below(128));
    const AddCoefficients add =
        add_coefficients(scale(), any_code(random), scale(), any_code(random), scale(), any_code(random), lo, 255, random.below(2) == 0);
    check_rows<AddFn, uint8_t>(random, tally, AddArgs{src.data(), other.data(), nullptr, cols, broadcast, random.below(2) == 0, add}, rows,
                               src.size());
  });
  sweep<MulFn>(26, 3000, [](Random& random, Tally& tally) {
    const int64_t rows = between(random, 1, 9), cols = between(random, 1, 130);
    int64_t other_size;
    const Broadcast broadcast = random_broadcast(random, rows, cols, &other_size);
    Fenced<uint8_t> src(rows * cols), other(other_size);
    fill_codes(random, src);
    fill_codes(random, other);
    const MulArgs args{src.data(),
                       other.data(),
                       nullptr,
                       cols,
                       broadcast,
                       any_code(random),
                       any_code(random),
                       any_code(random),
                       static_cast<float>(random.uniform(0.00001, 0.2)),
                       static_cast<int32_t>(random.below(128)),
                       255};
    check_rows<MulFn, uint8_t>(random, tally, args, rows, src.size());
  });
}

PoolShape random_pool(Random& random) {
  for (;;) {
    PoolShape s;
    s.batch = between(random, 1, 2);
    s.src_h = between(random, 1, 10);
    s.src_w = between(random, 1, 10);
    s.channels = between(random, 1, 130);
    const bool global = random.below(4) == 0;
    s.kernel_h = global ? s.src_h : between(random, 1, 3);
    s.kernel_w = global ? s.src_w : between(random, 1, 4);
    s.stride_h = between(random, 1, 3);
    s.stride_w = between(random, 1, 3);
    if (!global) {
      s.dilation_h = between(random, 1, 2);
      s.dilation_w = between(random, 1, 2);
      s.pad_top = between(random, 0, s.kernel_h - 1);
      s.pad_left = between(random, 0, s.kernel_w - 1);
      s.pad_bottom = between(random, 0, s.kernel_h - 1);
      s.pad_right = between(random, 0, s.kernel_w - 1);
    }
    const int64_t room_h = s.src_h + s.pad_top + s.pad_bottom - (s.kernel_h - 1) * s.dilation_h - 1;
    const int64_t room_w = s.src_w + s.pad_left + s.pad_right - (s.kernel_w - 1) * s.dilation_w - 1;
    if (room_h < 0 || room_w < 0) continue;
    s.dst_h = room_h / s.stride_h + 1;
    s.dst_w = room_w / s.stride_w + 1;
    return s;
  }
}

TEST_CASE("sweep: pools") {
  const auto codes_of = [](const PoolShape& s) { return s.batch * s.src_h * s.src_w * s.channels; };
  const auto results_of = [](const PoolShape& s) { return s.batch * s.dst_h * s.dst_w * s.channels; };
  sweep<MaxPoolI8Fn>(27, 2000, [&](Random& random, Tally& tally) {
    const PoolShape shape = random_pool(random);
    Fenced<uint8_t> src(codes_of(shape));
    fill_codes(random, src);
    check_rows<MaxPoolI8Fn, uint8_t>(random, tally, MaxPoolI8Args{shape, src.data(), nullptr}, pool_items(shape), results_of(shape));
  });
  sweep<AveragePoolI8Fn>(28, 3000, [&](Random& random, Tally& tally) {
    const PoolShape shape = random_pool(random);
    Fenced<uint8_t> src(codes_of(shape));
    fill_codes(random, src);
    const AveragePoolI8Args args{shape,
                                 src.data(),
                                 nullptr,
                                 static_cast<float>(random.uniform(0.01, 0.1)),
                                 static_cast<float>(random.uniform(0.01, 0.1)),
                                 any_code(random),
                                 any_code(random),
                                 static_cast<int32_t>(random.below(100)),
                                 static_cast<int32_t>(200 + random.below(56)),
                                 random.below(2) == 0};
    check_rows<AveragePoolI8Fn, uint8_t>(random, tally, args, pool_items(shape), results_of(shape));
  });
}

/// Random taps and weights for `count` positions over `extent` source positions.
struct Axis {
  std::vector<int64_t> index;
  std::vector<float> weight;
  ResampleAxis axis;
  Axis(Random& random, int64_t count, int64_t extent) {
    if (random.below(4) == 0 && count <= extent) return;
    axis.taps = between(random, 1, 4);
    for (int64_t i = 0; i < count * axis.taps; ++i) {
      index.push_back(between(random, 0, extent - 1));
      weight.push_back(static_cast<float>(random.uniform(-0.3, 1.0)));
    }
    axis.index = index.data();
    axis.weight = weight.data();
  }
};

TEST_CASE("sweep: resampling") {
  sweep<ResampleI8Fn>(29, 2000, [](Random& random, Tally& tally) {
    const int64_t batch = between(random, 1, 2), channels = between(random, 1, 70), src_h = between(random, 1, 6),
                  src_w = between(random, 1, 6), dst_h = between(random, 1, 8), dst_w = between(random, 1, 8);
    const Axis y(random, dst_h, src_h), x(random, dst_w, src_w);
    Fenced<uint8_t> src(batch * src_h * src_w * channels);
    fill_codes(random, src);
    const ResampleI8Args args{src.data(),
                              nullptr,
                              src_h,
                              src_w,
                              dst_h,
                              dst_w,
                              channels,
                              y.axis,
                              x.axis,
                              any_code(random),
                              any_code(random),
                              0,
                              255,
                              static_cast<float>(random.uniform(0.1, 3.0))};
    check_rows<ResampleI8Fn, uint8_t>(random, tally, args, batch * dst_h, batch * dst_h * dst_w * channels);
  });
}

}  // namespace
}  // namespace galet::kernels
