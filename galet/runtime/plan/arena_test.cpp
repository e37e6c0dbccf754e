#include "galet/runtime/plan/arena.h"

#include <doctest/doctest.h>

#include "galet/core/random.h"

using namespace galet;
using namespace galet::runtime;

TEST_CASE("buffers alive at the same time never overlap, others share") {
  const Placement chain = place({{100, 0, 1}, {100, 1, 2}, {100, 2, 3}, {60, 3, 4}});
  CHECK(chain.bytes == 256);
  CHECK(place({}).bytes == 0);
  Random random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> lifetimes;
    size_t sum = 0;
    for (int i = 0; i < 40; ++i) {
      const int first = static_cast<int>(random.below(30));
      lifetimes.push_back({static_cast<size_t>(random.below(5000)), first, first + static_cast<int>(random.below(6))});
      sum += lifetimes.back().bytes + 64;
    }
    const Placement placement = place(lifetimes);
    CHECK(placement.bytes < sum);
    for (size_t i = 0; i < lifetimes.size(); ++i) {
      CHECK(placement.offsets[i] % 64 == 0);
      CHECK(placement.offsets[i] + lifetimes[i].bytes <= placement.bytes);
      for (size_t j = 0; j < i; ++j) {
        const bool together = lifetimes[j].first <= lifetimes[i].last && lifetimes[i].first <= lifetimes[j].last;
        const bool apart = placement.offsets[i] + lifetimes[i].bytes <= placement.offsets[j] ||
                           placement.offsets[j] + lifetimes[j].bytes <= placement.offsets[i];
        CHECK((!together || apart));
      }
    }
  }
}
