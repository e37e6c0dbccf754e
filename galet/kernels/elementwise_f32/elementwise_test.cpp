// Every row of the float elementwise families against the reference row, bit by bit, and the reference against the formulas.
#include "galet/kernels/elementwise_f32/elementwise.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "galet/kernels/guarded.h"

namespace galet::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <typename F, typename Args>
void sweep(Args args, int64_t items, int64_t size) {
  Guarded<float> expected(size);
  args.dst = expected.data();
  kernel_rows<F>().back().run(args, 0, items);
  for_rows<F>([&](const Kernel<F>& row) {
    Guarded<float> dst(size);
    args.dst = dst.data();
    row.run(args, 0, items / 2);
    row.run(args, items / 2, items);
    INFO(std::string(row.name));
    CHECK(dst.intact());
    CHECK(dst.same_as(expected));
  });
}

TEST_CASE("binary_f32, unary_f32: every row as the reference") {
  Random random(11);
  for (int i = 0; i < 300; ++i) {
    const int64_t rows = between(random, 1, 9), cols = between(random, 1, 70);
    std::vector<float> src(static_cast<size_t>(rows * cols)), other(src.size());
    fill(src, random, -8.0, 8.0);
    fill(other, random, -8.0, 8.0);
    const Broadcast broadcast{pick<int64_t>(random, {1, 2, rows}), random.below(3) == 0};
    const auto op = pick(random, {BinaryF32::add, BinaryF32::sub, BinaryF32::mul, BinaryF32::div, BinaryF32::min, BinaryF32::max});
    const float lo = random.below(2) == 0 ? 0.0f : -kInfinity;
    sweep<BinaryF32Fn>(BinaryF32Args{src.data(), other.data(), nullptr, cols, broadcast, op, random.below(2) == 0, lo, kInfinity}, rows,
                       rows * cols);
    const auto unary = pick(random, {UnaryF32::clip, UnaryF32::hard_sigmoid, UnaryF32::hard_swish, UnaryF32::leaky_relu});
    sweep<UnaryF32Fn>(UnaryF32Args{src.data(), nullptr, unary, 0.2f, 0.5f}, rows * cols, rows * cols);
  }
}

TEST_CASE("binary_f32, unary_f32: known values") {
  const std::vector<float> src{-4.0f, 1.0f, 2.0f, 8.0f}, other{2.0f, 4.0f};
  std::vector<float> dst(4);
  kernel_rows<BinaryF32Fn>().back().run({src.data(), other.data(), dst.data(), 2, {1, true}, BinaryF32::sub, true, 0.0f, 5.0f}, 0, 2);
  CHECK(dst == std::vector<float>{5.0f, 1.0f, 2.0f, 0.0f});
  kernel_rows<BinaryF32Fn>().back().run({src.data(), other.data(), dst.data(), 2, {2, false}, BinaryF32::mul, false, -kInfinity, kInfinity},
                                        0, 2);
  CHECK(dst == std::vector<float>{-8.0f, 4.0f, 4.0f, 32.0f});
  kernel_rows<UnaryF32Fn>().back().run({src.data(), dst.data(), UnaryF32::hard_swish, 0, 0}, 0, 4);
  CHECK(dst[0] == 0.0f);
  CHECK(dst[3] == 8.0f);
  CHECK(dst[1] == doctest::Approx(4.0 / 6.0));
  kernel_rows<UnaryF32Fn>().back().run({src.data(), dst.data(), UnaryF32::leaky_relu, 0.25f, 0}, 0, 4);
  CHECK(dst[0] == -1.0f);
}

}  // namespace
}  // namespace galet::kernels
