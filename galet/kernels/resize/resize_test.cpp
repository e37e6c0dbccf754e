// Resize and pad against hand-made maps.
#include "galet/kernels/resize/resize.h"

#include <doctest/doctest.h>

#include <vector>

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

TEST_CASE("linear_resize weighs four neighbours and rounds half to even") {
  const std::vector<uint8_t> src{10, 20, 30, 41};  // (1, 2, 2, 1)
  const std::vector<int32_t> first{0, 0}, second{1, 1};
  const std::vector<float> weight0{1.0f, 0.5f}, weight1{0.0f, 0.5f};
  const LinearAxis axis{first.data(), second.data(), weight0.data(), weight1.data()};
  std::vector<uint8_t> dst(4);
  linear_resize_i8({src.data(), dst.data(), 2, 2, 2, 2, 1, axis, axis, 10, 100, 2.0f}, 0, 2);
  CHECK(dst == std::vector<uint8_t>{100, 110, 120, 130});  // 15.25 * 2 = 30.5, to even
  const std::vector<float> values{10, 20, 30, 41};
  std::vector<float> resized(4);
  linear_resize_f32({values.data(), resized.data(), 2, 2, 2, 2, 1, axis, axis}, 0, 2);
  CHECK(resized == std::vector<float>{10.0f, 15.0f, 20.0f, 25.25f});
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
