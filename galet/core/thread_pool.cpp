#include "galet/core/thread_pool.h"

#include <pthreadpool.h>

#include <algorithm>
#include <exception>
#include <mutex>

#include "galet/core/error.h"

namespace galet {

struct ThreadPool::Impl {
  pthreadpool_t pool = nullptr;
  int threads = 1;
};

ThreadPool::ThreadPool(int threads) : impl_(std::make_unique<Impl>()) {
  if (threads < 0 || threads > 1024) fail("{} threads asked for, expected 1 to 1024 (or 0 for one per processor)", threads);
  if (threads == 1) return;
  impl_->pool = pthreadpool_create(static_cast<size_t>(threads));
  if (impl_->pool == nullptr) fail("cannot start {} threads", threads);
  impl_->threads = static_cast<int>(pthreadpool_get_threads_count(impl_->pool));
}

ThreadPool::~ThreadPool() {
  if (impl_->pool != nullptr) pthreadpool_destroy(impl_->pool);
}

int ThreadPool::threads() const { return impl_->threads; }

void ThreadPool::parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const int64_t pieces = std::min<int64_t>((n + grain - 1) / grain, impl_->threads);
  if (pieces <= 1) return body(0, n);

  struct Job {
    const std::function<void(int64_t, int64_t)>& body;
    int64_t n, pieces;
    std::mutex mutex;
    std::exception_ptr error;
  } job{body, n, pieces, {}, nullptr};
  pthreadpool_parallelize_1d(
      impl_->pool,
      [](void* context, size_t i) {
        Job& j = *static_cast<Job*>(context);
        const int64_t piece = static_cast<int64_t>(i);
        try {
          j.body(j.n * piece / j.pieces, j.n * (piece + 1) / j.pieces);
        } catch (...) {
          const std::lock_guard lock(j.mutex);
          if (!j.error) j.error = std::current_exception();
        }
      },
      &job, static_cast<size_t>(pieces), 0);
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace galet
