#include "galet/core/thread_pool.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
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

TEST_CASE("every piece is run once, no two at once with one thread's number, loop after loop") {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    for (int loop = 0; loop < 400; ++loop) {
      const int64_t pieces = loop % 23;
      std::vector<int> seen(static_cast<size_t>(pieces));
      std::vector<std::atomic<int>> inside(static_cast<size_t>(threads));
      std::atomic<bool> clash = false;
      pool.run(pieces, [&](int64_t piece, int thread) {
        if (inside[static_cast<size_t>(thread)]++ != 0) clash = true;
        ++seen[static_cast<size_t>(piece)];
        --inside[static_cast<size_t>(thread)];
      });
      CHECK(seen == std::vector<int>(static_cast<size_t>(pieces), 1));
      CHECK_FALSE(clash);
    }
  }
}

TEST_CASE("a loop also runs after the threads went to sleep") {
  ThreadPool pool(3);
  for (int loop = 0; loop < 5; ++loop) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    std::atomic<int> done = 0;
    pool.run(6, [&](int64_t, int) { ++done; });
    CHECK(done == 6);
  }
}

TEST_CASE("a thread that is held up in one piece leaves its other pieces to the rest") {
  ThreadPool pool(2);
  std::atomic<int> done = 0;
  pool.run(8, [&](int64_t piece, int) {
    if (piece == 0)
      while (done < 7) std::this_thread::yield();  // pieces 1 to 3 began as this thread's own
    ++done;
  });
  CHECK(done == 8);
}

TEST_CASE("an exception in a body reaches the caller, and the pool goes on working") {
  ThreadPool pool(3);
  CHECK_THROWS_AS(pool.parallel_for(10, 1,
                                    [](int64_t begin, int64_t) {
                                      if (begin > 2) fail("no");
                                    }),
                  Error);
  std::atomic<int> done = 0;
  pool.run(4, [&](int64_t, int) { ++done; });
  CHECK(done == 4);
}

TEST_CASE("several pools at once") {
  std::vector<std::thread> callers;
  std::vector<int64_t> sums(4);
  for (size_t c = 0; c < sums.size(); ++c)
    callers.emplace_back([&sums, c] {
      ThreadPool pool(2);
      for (int loop = 0; loop < 200; ++loop) {
        std::vector<int64_t> parts(10);
        pool.run(10, [&](int64_t piece, int) { parts[static_cast<size_t>(piece)] = piece; });
        for (const int64_t part : parts) sums[c] += part;
      }
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(sums == std::vector<int64_t>(4, 200 * 45));
}

TEST_CASE("an absurd number of threads is refused") {
  CHECK_THROWS_AS(ThreadPool(-1), Error);
  CHECK_THROWS_AS(ThreadPool(1025), Error);
  CHECK(ThreadPool(0).threads() >= 1);
}
