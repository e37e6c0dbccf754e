// For the tests: a folder of their own that vanishes, small images, mutations.
#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "galet/core/error.h"
#include "galet/core/random.h"
#include "galet/data/image.h"

namespace galet::data {

class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "galet_data_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) fail("cannot make a temporary folder");
    path_ = pattern;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  /// Writes a file, making its folders.
  std::string write(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories(std::filesystem::path(path_ + "/" + name).parent_path());
    std::ofstream(path_ + "/" + name, std::ios::binary) << content;  // not write_file, which waits for the disk
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

/// Smooth colours with some detail.
inline Image test_image(int width, int height, int channels, int seed = 0) {
  Image image(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c)
        image.at(x, y)[c] = static_cast<uint8_t>(x * 7 + y * (3 + c) + (x * y * (seed + 1)) % 11 * 9 + c * 60);
    }
  }
  return image;
}

/// What the Error thrown by f says; "" when it throws none.
template <typename F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// `bytes` with a few bytes changed, a run removed or doubled, or the end cut off. The first `keep` bytes are left alone.
inline std::string mutated(std::string bytes, Random& random, size_t keep = 0) {
  const auto position = [&] { return keep + static_cast<size_t>(random.below(bytes.size() - keep)); };
  switch (random.below(5)) {
    case 0:
      bytes.resize(position());
      break;
    case 1:
      bytes.erase(position(), 1 + random.below(16));
      break;
    case 2:
      bytes.insert(position(), bytes.substr(position(), 1 + random.below(16)));
      break;
    default:
      for (uint64_t n = 1 + random.below(4); n > 0; --n) {
        const size_t at = position();
        bytes[at] = random.below(2) == 0 ? static_cast<char>(bytes[at] ^ (1 << random.below(8)))
                                         : static_cast<char>(random.below(3) == 0 ? 0xff : random.below(256));
      }
  }
  return bytes;
}

}  // namespace galet::data
