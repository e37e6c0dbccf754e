#include "galet/core/file.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>
#include <string>

using namespace galet;

TEST_CASE("bytes that were let go come back from the file; bytes elsewhere are left alone") {
  const std::string path = "file_test.tmp";
  std::string text(300'000, '\0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 % 251);
  write_file(path, text);
  const auto mapped = MappedFile::open(path);
  const auto bytes = mapped->bytes();
  REQUIRE(bytes.size() == text.size());
  release_mapped(bytes.subspan(5000, 100'000));
  release_mapped(bytes);
  CHECK(std::memcmp(bytes.data(), text.data(), text.size()) == 0);
  std::string own = text;
  release_mapped(std::as_bytes(std::span(own.data(), own.size())));
  release_mapped({});
  CHECK(own == text);
  expect_reading(bytes);
  expect_writing(std::as_writable_bytes(std::span(own.data(), own.size())));
  CHECK(std::memcmp(bytes.data(), text.data(), text.size()) == 0);
  CHECK(own == text);
  std::remove(path.c_str());
}

TEST_CASE("devices and folders are not replaced by files") {
  CHECK_THROWS_WITH(write_file("/dev/null", std::string("x")), "cannot write /dev/null: it is not a file");
  CHECK_THROWS_WITH(write_file("/tmp", std::string("x")), "cannot write /tmp: it is a directory");
}
