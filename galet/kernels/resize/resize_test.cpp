// Resize and pad against hand-made maps.
#include "galet/kernels/resize/resize.h"

#include <doctest/doctest.h>

#include <vector>

#include "galet/kernels/guarded.h"

namespace galet::kernels {
namespace {

TEST_CASE("nearest_resize copies the pixels that the maps name, in every image") {
  const std::vector<uint8_t> src{1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18};  // (2, 2, 2, 2)
  const std::vector<int32_t> y{0, 0, 1}, x{1, 0};
  std::vector<uint8_t> dst(2 * 3 * 2 * 2);
  const NearestResizeArgs args{src.data(), dst.data(), 2, 2, 3, 2, 2, y.data(), x.data()};
  nearest_resize(args, 2, 6);
  nearest_resize(args, 0, 2);
  CHECK(dst == std::vector<uint8_t>{3, 4, 1, 2, 3, 4, 1, 2, 7, 8, 5, 6, 13, 14, 11, 12, 13, 14, 11, 12, 17, 18, 15, 16});
}

TEST_CASE("resample weighs neighbours, height first, and rounds half to even") {
  const std::vector<uint8_t> src{10, 20, 30, 41};  // (1, 2, 2, 1)
  const std::vector<int64_t> index{0, 1, 0, 1};
  const std::vector<float> weight{1.0f, 0.0f, 0.5f, 0.5f};
  const ResampleAxis axis{2, index.data(), weight.data()};
  const std::vector<float> values{10, 20, 30, 41};
  for_rows<ResampleI8Fn>([&](const Kernel<ResampleI8Fn>& row) {
    std::vector<uint8_t> dst(4);
    row.run({src.data(), dst.data(), 2, 2, 2, 2, 1, axis, axis, 10, 100, 0, 125, 2.0f}, 0, 2);
    CHECK(dst == std::vector<uint8_t>{100, 110, 120, 125});  // 15.25 * 2 = 30.5, to even, clamped
    row.run({src.data(), dst.data(), 2, 2, 2, 2, 1, {}, axis, 10, 100, 0, 255, 2.0f}, 0, 2);
    CHECK(dst == std::vector<uint8_t>{100, 110, 140, 151});
  });
  for_rows<ResampleF32Fn>([&](const Kernel<ResampleF32Fn>& row) {
    std::vector<float> resized(4);
    row.run({values.data(), resized.data(), 2, 2, 2, 2, 1, axis, axis}, 0, 2);
    CHECK(resized == std::vector<float>{10.0f, 15.0f, 20.0f, 25.25f});
  });
}

struct RandomAxis {
  std::vector<int64_t> index;
  std::vector<float> weight;
  ResampleAxis axis;
  RandomAxis(Random& random, int64_t src, int64_t dst) {
    if (src == dst && random.below(2) == 0) return;
    axis.taps = between(random, 1, 4);
    index.resize(static_cast<size_t>(dst * axis.taps));
    weight.resize(index.size());
    fill(index, random, 0, src - 1);
    fill(weight, random, -0.3, 1.2);
    axis.index = index.data();
    axis.weight = weight.data();
  }
};

TEST_CASE("resample: every row as the reference") {
  Random random(12);
  for (int i = 0; i < 200; ++i) {
    const int64_t batch = between(random, 1, 2), src_h = between(random, 1, 5), src_w = between(random, 1, 5),
                  dst_h = between(random, 1, 7), dst_w = between(random, 1, 7), channels = pick<int64_t>(random, {1, 3, 8, 16, 21, 40}),
                  n = batch * dst_h * dst_w * channels;
    const RandomAxis y(random, src_h, dst_h), x(random, src_w, dst_w);
    std::vector<uint8_t> codes(static_cast<size_t>(batch * src_h * src_w * channels));
    std::vector<float> values(codes.size());
    fill(codes, random, 0, 255);
    fill(values, random, -2.0, 2.0);
    Guarded<uint8_t> expected(n);
    Guarded<float> expected_values(n);
    const int32_t zero = pick<int32_t>(random, {0, 255, 100});
    ResampleI8Args args{codes.data(), expected.data(), src_h, src_w, dst_h, dst_w, channels, y.axis, x.axis, zero, 90, 90, 240, 0.7f};
    ResampleF32Args float_args{values.data(), expected_values.data(), src_h, src_w, dst_h, dst_w, channels, y.axis, x.axis};
    kernel_rows<ResampleI8Fn>().back().run(args, 0, batch * dst_h);
    kernel_rows<ResampleF32Fn>().back().run(float_args, 0, batch * dst_h);
    for_rows<ResampleI8Fn>([&](const Kernel<ResampleI8Fn>& row) {
      Guarded<uint8_t> dst(n);
      args.dst = dst.data();
      row.run(args, 1, batch * dst_h);
      row.run(args, 0, 1);
      CHECK(dst.intact());
      CHECK(dst.same_as(expected));
    });
    for_rows<ResampleF32Fn>([&](const Kernel<ResampleF32Fn>& row) {
      Guarded<float> dst(n);
      float_args.dst = dst.data();
      row.run(float_args, 0, batch * dst_h);
      CHECK(dst.intact());
      CHECK(dst.same_as(expected_values));
    });
  }
}

TEST_CASE("pad surrounds with a constant; negative pads crop") {
  const std::vector<uint8_t> src{1, 2, 3, 4, 5, 6};  // (1, 2, 3, 1)
  const uint8_t value = 9;
  std::vector<uint8_t> dst(3 * 5);
  pad({src.data(), dst.data(), 2, 3, 3, 5, 1, 1, 1, 1, &value}, 0, 3);
  CHECK(dst == std::vector<uint8_t>{9, 9, 9, 9, 9, 9, 1, 2, 3, 9, 9, 4, 5, 6, 9});
  std::vector<uint8_t> cropped(1 * 2);
  pad({src.data(), cropped.data(), 2, 3, 1, 2, 1, 1, -1, -1, &value}, 0, 1);
  CHECK(cropped == std::vector<uint8_t>{5, 6});
  const std::vector<float> floats{1, 2};
  const float fill = -0.5f;
  std::vector<float> wide(4);
  pad({floats.data(), wide.data(), 1, 1, 1, 2, 2, 4, 0, 1, &fill}, 0, 1);
  CHECK(wide == std::vector<float>{-0.5f, -0.5f, 1.0f, 2.0f});
}

}  // namespace
}  // namespace galet::kernels
