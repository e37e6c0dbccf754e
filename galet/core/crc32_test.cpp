#include "galet/core/crc32.h"

#include <doctest/doctest.h>

#include <string_view>

namespace galet {

static uint32_t of(std::string_view text) { return crc32(std::as_bytes(std::span(text.data(), text.size()))); }

TEST_CASE("crc32 has its published check values") {
  CHECK(of("") == 0);
  CHECK(of("123456789") == 0xcbf43926u);
  CHECK(of("The quick brown fox jumps over the lazy dog") == 0x414fa339u);
}

}  // namespace galet
