#include "galet/prune/structure.h"

#include <doctest/doctest.h>

#include "galet/core/error.h"

using namespace galet;
using namespace galet::prune;

TEST_CASE("structures are words and back") {
  for (const char* text : {"weight", "block:16x4", "block:8x1", "nm:2:4", "nm:1:16", "channel"})
    CHECK(to_string(parse_structure(text)) == text);
  CHECK(to_string(parse_structure("block")) == "block:16x4");
  for (const char* text :
       {"", "weights", "block:", "block:0x4", "block:16", "block:16x4x2", "block:-1x4", "nm", "nm:4:4", "nm:0:4", "nm:2", "channels"})
    CHECK_THROWS_AS(parse_structure(text), Error);
}
