// A fixed set of threads that share loops.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace galet {

/// Runs loops on `threads` threads (the caller is one of them). Results may not depend on how a loop was split: bodies write disjoint data.
/// One pool serves one loop at a time; separate pools are independent. Wraps pthreadpool.
class ThreadPool {
 public:
  /// threads >= 1; 0 means one per processor. Throws Error for more than 1024.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;
  /// Calls body(begin, end) on pieces of [0, n) of at least `grain` items; runs inline when one piece is enough. The first exception is
  /// rethrown.
  void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace galet
