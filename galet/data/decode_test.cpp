#include "galet/data/decode.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "galet/data/jpeg_sample.h"
#include "galet/data/test_files.h"

namespace galet::data {
namespace {

Image decode(const std::string& bytes) { return decode_image(std::as_bytes(std::span(bytes)), "picture"); }

double mean_difference(const Image& a, const Image& b) {
  REQUIRE(a.pixels.size() == b.pixels.size());
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

Image smooth_image(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) image.at(x, y)[c] = static_cast<uint8_t>(40 + x * 2 + y + c * 20);
    }
  }
  return image;
}

TEST_CASE("PNG round trip") {
  const Image colour = test_image(37, 21, 3);
  CHECK(decode(encode_png(colour)) == colour);
  const Image gray = test_image(5, 1, 1), back = decode(encode_png(gray));
  REQUIRE(back.channels == 3);
  for (int x = 0; x < 5; ++x) {
    for (int c = 0; c < 3; ++c) CHECK(back.at(x, 0)[c] == gray.at(x, 0)[0]);
  }
  CHECK(encode_png(colour) == encode_png(colour));
}

TEST_CASE("JPEG of every kind comes out as RGB") {
  const Image colour = smooth_image(40, 33, 3);
  CHECK(mean_difference(decode(encode_jpeg(colour, 95, false)), colour) < 1.5);
  CHECK(decode(encode_jpeg(colour, 95, true)) == decode(encode_jpeg(colour, 95, false)));
  const Image gray = decode(encode_jpeg(smooth_image(40, 33, 1), 95, false));
  CHECK(gray.channels == 3);
  CHECK(std::abs(gray.at(10, 5)[0] - 65) <= 3);
  CHECK(gray.at(10, 5)[0] == gray.at(10, 5)[2]);
  // Stored values are 255 - ink, as Adobe's: full cyan and nothing else.
  Image ink(8, 8, 4);
  for (size_t i = 0; i < ink.pixels.size(); ++i) ink.pixels[i] = i % 4 == 0 ? 0 : 255;
  const Image cyan = decode(encode_jpeg(ink, 100, false));
  CHECK(cyan.at(3, 3)[0] <= 1);
  CHECK(cyan.at(3, 3)[1] >= 254);
  CHECK(cyan.at(3, 3)[2] >= 254);
}

TEST_CASE("what cannot be decoded says so with its name") {
  const std::string jpeg = encode_jpeg(test_image(64, 64, 3), 90, false), png = encode_png(test_image(64, 64, 3));
  for (const size_t part : {4, 20, 200, 600}) {
    CHECK(error_of([&] { decode(jpeg.substr(0, part)); }).find("picture: ") == 0);
    CHECK(error_of([&] { decode(png.substr(0, part)); }).find("picture: ") == 0);
  }
  CHECK(error_of([&] { decode(jpeg.substr(0, jpeg.size() / 2)); }) == "picture: the JPEG data is damaged: it is truncated");
  CHECK(error_of([&] { decode(png.substr(0, png.size() / 2)); }) == "picture: the PNG data is damaged: it is truncated");
  CHECK(error_of([&] { decode(""); }) == "picture: the file is empty, expected a JPEG or PNG image");
  CHECK(error_of([&] { decode("GIF89a"); }).find("neither a JPEG nor a PNG") != std::string::npos);
  CHECK(error_of([&] { decode_image("/nonexistent/a.png"); }).find("/nonexistent/a.png") != std::string::npos);
}

TEST_CASE("a header that promises giant dimensions allocates nothing") {
  std::string jpeg = encode_jpeg(test_image(16, 16, 3), 90, true);
  const size_t frame = jpeg.find("\xff\xc2");
  REQUIRE(frame != std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\x10\xff\x10");
  CHECK(error_of([&] { decode(jpeg); }).find("65296x65296 pixels") != std::string::npos);
  jpeg.replace(frame + 5, 4, "\x20\x20\x20\x20");
  CHECK(error_of([&] { decode(jpeg); }).find("cannot hold 8224x8224 pixels") != std::string::npos);
}

TEST_CASE("1000 damaged JPEG and PNG files: an Error or an image, never a crash") {
  const std::string sources[] = {encode_jpeg(test_image(48, 32, 3), 80, false), encode_jpeg(test_image(48, 32, 3), 80, true),
                                 encode_jpeg(test_image(24, 24, 4), 80, false), encode_png(test_image(48, 32, 3)),
                                 encode_png(test_image(48, 32, 1))};
  Random random(11);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string damaged = mutated(sources[i % 5], random);
    refused += error_of([&] { decode(damaged); }).empty() ? 0 : 1;
  }
  CHECK(refused > 1000);
}

}  // namespace
}  // namespace galet::data
