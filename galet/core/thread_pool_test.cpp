#include "galet/core/thread_pool.h"

#include <doctest/doctest.h>

#include <vector>

#include "galet/core/error.h"

using namespace galet;

TEST_CASE("every item is visited once, whatever the number of threads") {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    std::vector<int> seen(1000);
    pool.parallel_for(1000, 7, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
    });
    CHECK(seen == std::vector<int>(1000, 1));
  }
}

TEST_CASE("an exception in a body reaches the caller") {
  ThreadPool pool(3);
  CHECK_THROWS_AS(pool.parallel_for(10, 1,
                                    [](int64_t begin, int64_t) {
                                      if (begin > 2) fail("no");
                                    }),
                  Error);
}
