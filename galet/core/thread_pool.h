// A fixed set of threads that share loops (docs/decisions/0004-own-thread-pool.md says why it is no library's).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>

namespace galet {

/// Runs loops on `threads` threads, the caller being number 0. Results may not depend on how a loop was split or on who ran which piece:
/// bodies write disjoint data. A loop never waits for a thread that has begun nothing: pieces that nobody has begun are taken over by
/// whoever is free, so a thread that the system does not let run delays nobody. Threads that find nothing to do spin for a tenth of a
/// millisecond, then sleep. One pool serves one loop at a time; separate pools are independent.
class ThreadPool {
 public:
  /// threads >= 1; 0 means one per processor. Throws Error for more than 1024, and where the system starts no more.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;
  /// True while the caller would run a whole loop by itself, because the machine is too crowded for the other threads (or there are none):
  /// then it need not be cut. To be asked by the thread that runs loops.
  bool alone() const;

  /// body(piece, thread) for each piece of [0, pieces), thread being the number of the thread that runs it, in [0, threads()). Each thread
  /// begins with neighbouring pieces of its own, the same ones whenever `pieces` is the same, and then takes from others. The first
  /// exception is rethrown, after all pieces were run.
  template <typename Body>
  void run(int64_t pieces, Body&& body) {
    using Plain = std::remove_reference_t<Body>;
    run_pieces(
        pieces, [](void* context, int64_t piece, int thread) { (*static_cast<Plain*>(context))(piece, thread); },
        const_cast<std::remove_const_t<Plain>*>(&body));
  }

  /// Calls body(begin, end) on pieces of [0, n) of at least `grain` items, at most one a thread; runs inline when one piece is enough.
  void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body);

 private:
  using Call = void (*)(void* context, int64_t piece, int thread);
  void run_pieces(int64_t pieces, Call call, void* context);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace galet
