// Every row of the elementwise and transposing families against the reference row; the reference against hand-computed values.
#include "galet/kernels/elementwise_i8/elementwise.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "galet/kernels/guarded.h"
#include "galet/kernels/layout/transpose.h"
#include "galet/kernels/reference/arithmetic.h"

namespace galet::kernels {
namespace {

/// Runs every row of family F over [0, items), cut in two, into buffers of `dst_size` of T, and compares with the reference row.
template <typename F, typename T, typename Args>
void sweep(Random& random, Args args, int64_t items, int64_t dst_size) {
  Guarded<T> expected(dst_size);
  args.dst = expected.data();
  kernel_rows<F>().back().run(args, 0, items);
  for_rows<F>([&](const Kernel<F>& row) {
    Guarded<T> dst(dst_size);
    args.dst = dst.data();
    const int64_t cut = between(random, 0, items);
    row.run(args, 0, cut);
    row.run(args, cut, items);
    INFO(std::string(row.name), " items ", items);
    CHECK(dst.intact());
    CHECK(dst.same_as(expected));
  });
}

TEST_CASE("arithmetic: known values") {
  CHECK(quantize(0.5f, 1.0f, 0) == 0);  // half to even
  CHECK(quantize(1.5f, 1.0f, 0) == 2);
  CHECK(quantize(-0.5f, 1.0f, 10) == 10);
  CHECK(quantize(1e30f, 0.1f, 5) == 255);
  CHECK(quantize(-std::numeric_limits<float>::infinity(), 0.1f, 5) == 0);
  CHECK(quantize(std::numeric_limits<float>::quiet_NaN(), 0.1f, 5) == 5);
  CHECK(dequantize(7, 0.5f, 10) == -1.5f);
  CHECK(requantize(2147483647, 3.0f, 128, 0, 255) == 255);
  CHECK(requantize(-2147483647 - 1, 3.0f, 128, 3, 255) == 3);
  const AddCoefficients add = add_coefficients(0.5f, 10, 0.25f, 20, 0.125f, 30, 0, 255);
  CHECK(add.ra == 4.0f);
  CHECK(add.rb == 2.0f);
  CHECK(add.c == 30.0f - 80.0f);
  CHECK(add_codes(15, 21, add) == 52);  // (2.5 + 0.25) / 0.125 + 30
  CHECK(add_codes(15, 21, add_coefficients(0.5f, 10, 0.25f, 20, 0.125f, 30, 0, 255, true)) == 48);
  CHECK(mul_codes(-5, 4, 0.125f, 100, 0, 255) == 98);  // -2.5 + 100 = 97.5, to even
  CHECK(dynamic_range(-1.0f, 4.1f).zero_point == 50);
  CHECK(dynamic_range(0.0f, 0.0f).scale == 1.0f);
}

TEST_CASE("quantize, dequantize, min_max: every row as the reference") {
  Random random(3);
  for (int i = 0; i < 300; ++i) {
    const int64_t n = between(random, 1, 300);
    std::vector<float> src(static_cast<size_t>(n));
    fill(src, random, -20.0, 20.0);
    if (i % 3 == 0) src[random.below(src.size())] = std::numeric_limits<float>::quiet_NaN();
    if (i % 5 == 0) src[random.below(src.size())] = std::numeric_limits<float>::signaling_NaN();
    if (i % 3 == 1)
      src[random.below(src.size())] =
          pick(random, {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), 3e38f});
    const float scale = i % 4 == 0 ? 0.5f : static_cast<float>(random.uniform(0.01, 0.3));  // 0.5: many halves
    if (i % 4 == 0)
      for (float& x : src) x = std::round(x * 4.0f) / 4.0f;
    const int32_t zero = pick<int32_t>(random, {0, 255, 128, 9});
    sweep<QuantizeFn, uint8_t>(random, QuantizeArgs{src.data(), nullptr, scale, zero}, n, n);
    std::vector<uint8_t> codes(static_cast<size_t>(n));
    fill(codes, random, 0, 255);
    sweep<DequantizeFn, float>(random, DequantizeArgs{codes.data(), nullptr, scale, zero}, n, n);

    float min = 0, max = 0;
    kernel_rows<MinMaxFn>().back().run({src.data(), &min, &max}, 0, n);
    for_rows<MinMaxFn>([&](const Kernel<MinMaxFn>& row) {
      float low = 1, high = -1;
      row.run({src.data(), &low, &high}, 0, n);
      INFO(std::string(row.name));
      CHECK(low == min);
      CHECK(high == max);
    });
  }
}

TEST_CASE("lookup, add, mul: every row as the reference, every broadcast") {
  Random random(4);
  std::vector<uint8_t> table(256);
  for (int i = 0; i < 500; ++i) {
    const int64_t cols = pick<int64_t>(random, {1, 3, 8, 16, 17, 33, 64, 72, 100}), rows = between(random, 1, 12),
                  gap = pick<int64_t>(random, {0, 0, 5});
    std::vector<uint8_t> src(static_cast<size_t>(rows * (cols + gap))), other(static_cast<size_t>(rows * cols));
    fill(src, random, 0, 255);
    fill(other, random, 0, 255);
    fill(table, random, 0, 255);
    sweep<LookupFn, uint8_t>(random, LookupArgs{src.data(), nullptr, i % 5 == 0 ? nullptr : table.data(), cols, cols + gap, cols + gap},
                             rows, rows * (cols + gap));

    const Broadcast broadcast{pick<int64_t>(random, {1, 1, 2, rows}), random.below(3) == 0};
    const float scale = static_cast<float>(random.uniform(0.005, 0.1));
    const AddCoefficients add =
        add_coefficients(0.03f, static_cast<int32_t>(random.below(256)), scale, static_cast<int32_t>(random.below(256)), 0.05f,
                         static_cast<int32_t>(random.below(256)), i % 2 == 0 ? 0 : 40, 255, random.below(2) == 0);
    sweep<AddFn, uint8_t>(random, AddArgs{src.data(), other.data(), nullptr, cols, broadcast, random.below(2) == 0, add}, rows,
                          rows * cols);
    const auto zero = [&] { return pick<int32_t>(random, {0, 255, 128, 77}); };
    sweep<MulFn, uint8_t>(random, MulArgs{src.data(), other.data(), nullptr, cols, broadcast, zero(), zero(), zero(), scale * 0.3f, 0, 255},
                          rows, rows * cols);
  }
}

TEST_CASE("add: all pairs of codes") {
  std::vector<uint8_t> a(65536), b(65536);
  for (size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<uint8_t>(i >> 8);
    b[i] = static_cast<uint8_t>(i);
  }
  Random random(5);
  for (int i = 0; i < 10; ++i) {
    const AddCoefficients add =
        add_coefficients(static_cast<float>(random.uniform(0.001, 0.1)), 128, static_cast<float>(random.uniform(0.001, 0.1)), 3,
                         static_cast<float>(random.uniform(0.001, 0.1)), 100, 0, 255);
    sweep<AddFn, uint8_t>(random, AddArgs{a.data(), b.data(), nullptr, 65536, {}, false, add}, 1, 65536);
  }
}

TEST_CASE("transposes: every row as the definition") {
  Random random(6);
  for (int i = 0; i < 200; ++i) {
    const int64_t batch = between(random, 1, 2), rows = between(random, 1, 40), cols = between(random, 1, 150), n = batch * rows * cols;
    std::vector<uint8_t> codes(static_cast<size_t>(n));
    std::vector<float> values(static_cast<size_t>(n));
    fill(codes, random, 0, 255);
    fill(values, random, -3.0, 3.0);
    sweep<TransposeU8Fn, uint8_t>(random, TransposeU8Args{codes.data(), nullptr, rows, cols}, batch * cols, n);
    sweep<TransposeF32Fn, float>(random, TransposeF32Args{values.data(), nullptr, rows, cols}, batch * cols, n);
    sweep<QuantizeTransposeFn, uint8_t>(random, QuantizeTransposeArgs{values.data(), nullptr, rows, cols, 0.02f, 120}, batch * cols, n);

    Guarded<uint8_t> dst(n);
    kernel_rows<TransposeU8Fn>().front().run({codes.data(), dst.data(), rows, cols}, 0, batch * cols);
    const int64_t b = between(random, 0, batch - 1), r = between(random, 0, rows - 1), c = between(random, 0, cols - 1);
    CHECK(dst[(b * cols + c) * rows + r] == codes[static_cast<size_t>((b * rows + r) * cols + c)]);
  }
}

}  // namespace
}  // namespace galet::kernels
