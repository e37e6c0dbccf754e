// Every row of the pooling families against the reference row; the reference against small hand-made maps.
#include "galet/kernels/pool_i8/pool.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "galet/kernels/guarded.h"
#include "galet/kernels/pool_f32/pool.h"
#include "galet/kernels/reference/arithmetic.h"

namespace galet::kernels {
namespace {

PoolShape random_shape(Random& random) {
  for (;;) {
    PoolShape s;
    s.batch = between(random, 1, 2);
    s.src_h = between(random, 1, 9);
    s.src_w = between(random, 1, 9);
    s.channels = pick<int64_t>(random, {1, 3, 8, 16, 31, 32, 33, 64, 65, 100, 128, 130});
    const bool global = random.below(4) == 0;
    s.kernel_h = global ? s.src_h : between(random, 1, 3);
    s.kernel_w = global ? s.src_w : between(random, 1, 4);
    s.stride_h = between(random, 1, 3);
    s.stride_w = between(random, 1, 3);
    s.dilation_h = global ? 1 : between(random, 1, 2);
    s.dilation_w = global ? 1 : between(random, 1, 2);
    if (!global) {
      s.pad_top = between(random, 0, s.kernel_h - 1);
      s.pad_left = between(random, 0, s.kernel_w - 1);
      s.pad_bottom = between(random, 0, s.kernel_h - 1);
      s.pad_right = between(random, 0, s.kernel_w - 1);
    }
    const int64_t room_h = s.src_h + s.pad_top + s.pad_bottom - (s.kernel_h - 1) * s.dilation_h - 1;
    const int64_t room_w = s.src_w + s.pad_left + s.pad_right - (s.kernel_w - 1) * s.dilation_w - 1;
    if (room_h < 0 || room_w < 0) continue;
    const int64_t round = random.below(3) == 0 ? 1 : 0;  // ceil mode: the last window may reach beyond the padding
    s.dst_h = (room_h + round * (s.stride_h - 1)) / s.stride_h + 1;
    s.dst_w = (room_w + round * (s.stride_w - 1)) / s.stride_w + 1;
    return s;
  }
}

template <typename F, typename T, typename Args>
void sweep(Random& random, Args args) {
  const PoolShape& s = args.shape;
  const int64_t n = s.batch * s.dst_h * s.dst_w * s.channels, items = pool_items(s);
  Guarded<T> expected(n);
  args.dst = expected.data();
  kernel_rows<F>().back().run(args, 0, items);
  for_rows<F>([&](const Kernel<F>& row) {
    Guarded<T> dst(n);
    args.dst = dst.data();
    const int64_t cut = between(random, 0, items);
    row.run(args, cut, items);
    row.run(args, 0, cut);
    INFO(std::string(row.name), " ", s.src_h, "x", s.src_w, "x", s.channels, " kernel ", s.kernel_h, "x", s.kernel_w);
    CHECK(dst.intact());
    CHECK(dst.same_as(expected));
  });
}

TEST_CASE("pools: every row as the reference") {
  Random random(7);
  for (int i = 0; i < 500; ++i) {
    const PoolShape shape = random_shape(random);
    const int64_t n = shape.batch * shape.src_h * shape.src_w * shape.channels;
    std::vector<uint8_t> codes(static_cast<size_t>(n));
    std::vector<float> values(static_cast<size_t>(n));
    fill(codes, random, random.below(4) == 0 ? 255 : 0, 255);
    fill(values, random, -5.0, 5.0);
    const bool padding = random.below(2) == 0;
    const auto zero = [&] { return pick<int32_t>(random, {0, 255, 128, 13}); };
    sweep<MaxPoolI8Fn, uint8_t>(random, MaxPoolI8Args{shape, codes.data(), nullptr});
    sweep<AveragePoolI8Fn, uint8_t>(random,
                                    AveragePoolI8Args{shape, codes.data(), nullptr, 0.031f, 0.027f, zero(), zero(), 3, 250, padding});
    sweep<MaxPoolF32Fn, float>(random, MaxPoolF32Args{shape, values.data(), nullptr});
    sweep<AveragePoolF32Fn, float>(random, AveragePoolF32Args{shape, values.data(), nullptr, padding});
  }
}

TEST_CASE("average pool: a global pool over a large map of the greatest code") {
  PoolShape shape;
  shape.src_h = shape.kernel_h = 40;
  shape.src_w = shape.kernel_w = 41;
  shape.channels = 70;
  const std::vector<uint8_t> src(static_cast<size_t>(40 * 41 * 70), 255);
  for_rows<AveragePoolI8Fn>([&](const Kernel<AveragePoolI8Fn>& row) {
    std::vector<uint8_t> dst(70);
    row.run({shape, src.data(), dst.data(), 1.0f, 2.0f, 5, 100, 0, 255, false}, 0, pool_items(shape));
    INFO(std::string(row.name));
    CHECK(dst == std::vector<uint8_t>(70, 225));
  });
}

TEST_CASE("pools: a map of 2x3 by hand") {
  PoolShape shape;
  shape.src_h = 2;
  shape.src_w = 3;
  shape.kernel_h = shape.kernel_w = 2;
  shape.dst_h = 1;
  shape.dst_w = 3;
  shape.pad_right = 1;
  const std::vector<uint8_t> src{1, 9, 3, 4, 5, 6};
  std::vector<uint8_t> dst(3);
  const auto& max_pool = kernel_rows<MaxPoolI8Fn>().back();
  max_pool.run({shape, src.data(), dst.data()}, 0, 3);
  CHECK(dst == std::vector<uint8_t>{9, 9, 6});
  const auto& average_pool = kernel_rows<AveragePoolI8Fn>().back();
  average_pool.run({shape, src.data(), dst.data(), 1.0f, 1.0f, 0, 0, 0, 255, false}, 0, 3);
  CHECK(dst == std::vector<uint8_t>{5, 6, 4});  // 4.75, 5.75, 4.5 to even
  average_pool.run({shape, src.data(), dst.data(), 1.0f, 0.5f, 0, 0, 0, 255, true}, 0, 3);
  CHECK(dst == std::vector<uint8_t>{10, 12, 4});  // 9.5, 11.5, 4.5 to even
}

TEST_CASE("pools: a window wholly outside the map") {
  PoolShape shape;
  shape.kernel_h = shape.kernel_w = 1;
  shape.pad_bottom = 1;
  shape.dst_h = 2;
  const std::vector<uint8_t> src{200};
  std::vector<uint8_t> dst(2);
  for_rows<MaxPoolI8Fn>([&](const Kernel<MaxPoolI8Fn>& row) {
    row.run({shape, src.data(), dst.data()}, 0, 2);
    CHECK(dst == std::vector<uint8_t>{200, 0});
  });
  for_rows<AveragePoolI8Fn>([&](const Kernel<AveragePoolI8Fn>& row) {
    row.run({shape, src.data(), dst.data(), 1.0f, 1.0f, 100, 7, 0, 255, false}, 0, 2);
    CHECK(dst == std::vector<uint8_t>{107, 7});
  });
}

}  // namespace
}  // namespace galet::kernels
