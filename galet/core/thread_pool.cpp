// Each thread has a range of pieces, one atomic word: its owner takes from the front, others from the back. A loop is over when every piece
// has been run; threads that came too late find empty ranges. Nothing is read of a loop before a piece of it was taken, and what was taken
// keeps the loop alive, so a late thread never meets half of the next loop.
#include "galet/core/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "galet/core/error.h"

namespace galet {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

/// Longer than the small layers of a network that one thread runs alone; short beside what a scheduler gives to somebody else.
constexpr auto kSpin = microseconds(100);
/// Two looks at the clock so far apart: the system ran somebody else here meanwhile.
constexpr auto kDescheduled = microseconds(500);
/// So many waits without spinning after that.
constexpr int kCrowdedWaits = 64;
/// After a loop that waited for a thread which the system held up, the caller works alone for so many times as long as it waited: what is
/// lost to such waits stays a small part.
constexpr int kAloneTimes = 8;

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#else
  std::this_thread::yield();
#endif
}

/// Spins while it pays. One for each thread that waits.
class Spinner {
 public:
  /// True as soon as done() is; false when sleeping is better.
  template <typename Done>
  bool spin(Done&& done) {
    constexpr int kLooks = 16;
    for (int look = 0; look < kLooks; ++look) {
      if (done()) return true;
      relax();
    }
    if (crowded_ > 0) return --crowded_, false;
    Clock::time_point last = Clock::now();
    for (const Clock::time_point end = last + kSpin; last < end;) {
      for (int look = 0; look < kLooks; ++look) {
        if (done()) return true;
        relax();
      }
      const Clock::time_point now = Clock::now();
      if (now - last > kDescheduled) crowded_ = kCrowdedWaits;
      last = now;
    }
    return false;
  }

 private:
  int crowded_ = 0;
};

}  // namespace

struct ThreadPool::Impl {
  struct alignas(64) Range {
    std::atomic<uint64_t> word{0};  // begin in the low half, end in the high half
  };
  static uint64_t pack(uint64_t begin, uint64_t end) { return begin | end << 32; }

  // The loop. Written while no piece is left, read by who has taken one.
  Call call = nullptr;
  void* context = nullptr;
  std::mutex error_mutex;
  std::exception_ptr error;

  std::vector<Range> ranges;
  alignas(64) std::atomic<int32_t> unfinished{0};  // pieces
  alignas(64) std::atomic<uint32_t> loops{0};      // begun so far; what idle threads wait on
  std::atomic<int32_t> sleepers{0};                // at most so many sleep and have not been woken
  std::atomic<bool> stop{false};
  Spinner join_spinner;
  Clock::time_point alone_until = Clock::time_point::min();
  std::vector<std::thread> workers;

  explicit Impl(int threads) : ranges(static_cast<size_t>(threads)) {}
  ~Impl() {
    stop.store(true);
    loops.fetch_add(1);
    loops.notify_all();
    for (std::thread& worker : workers) worker.join();
  }

  /// A piece of that range, or -1.
  int64_t take(Range& range, bool own) {
    uint64_t word = range.word.load(std::memory_order_relaxed);
    for (;;) {
      const uint64_t begin = word & 0xffffffffu, end = word >> 32;
      if (begin >= end) return -1;
      const uint64_t rest = own ? pack(begin + 1, end) : pack(begin, end - 1);
      if (range.word.compare_exchange_weak(word, rest, std::memory_order_acq_rel, std::memory_order_relaxed))
        return static_cast<int64_t>(own ? begin : end - 1);
    }
  }

  void take_part(int self) {
    const int threads = static_cast<int>(ranges.size());
    for (int i = 0; i < threads; ++i) {
      Range& range = ranges[static_cast<size_t>((self + i) % threads)];
      for (int64_t piece; (piece = take(range, i == 0)) >= 0;) {
        try {
          call(context, piece, self);
        } catch (...) {
          const std::lock_guard lock(error_mutex);
          if (!error) error = std::current_exception();
        }
        if (unfinished.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished.notify_one();
      }
    }
  }

  void work(int self) {
    Spinner spinner;
    for (uint32_t seen = 0;;) {
      if (!spinner.spin([&] { return loops.load(std::memory_order_acquire) != seen; })) {
        sleepers.fetch_add(1);
        loops.wait(seen);
      }
      seen = loops.load(std::memory_order_acquire);
      if (stop.load()) return;
      take_part(self);
    }
  }

  /// Once for each sleep: a thread that was woken but does not come yet, the system being busy, is not called again.
  void wake(int32_t wanted) {
    const int32_t asleep = sleepers.load();
    if (asleep == 0) return;
    if (wanted >= asleep) {
      sleepers.fetch_sub(asleep);
      loops.notify_all();
    } else {
      sleepers.fetch_sub(wanted);
      for (int32_t i = 0; i < wanted; ++i) loops.notify_one();
    }
  }

  /// Waits for pieces that others have begun. The caller has worked since `began`.
  void join(Clock::time_point began) {
    const auto finished = [&] { return unfinished.load(std::memory_order_acquire) == 0; };
    if (finished()) return;
    const Clock::time_point done = Clock::now();
    if (!join_spinner.spin(finished))
      for (int32_t left; (left = unfinished.load(std::memory_order_acquire)) != 0;) unfinished.wait(left, std::memory_order_acquire);
    const Clock::time_point end = Clock::now();
    const Clock::duration waited = end - done;
    if (waited > kDescheduled && waited > done - began) alone_until = end + kAloneTimes * waited;
  }

  bool alone() {
    if (ranges.size() == 1) return true;
    if (alone_until == Clock::time_point::min()) return false;
    if (Clock::now() < alone_until) return true;
    alone_until = Clock::time_point::min();
    return false;
  }
};

ThreadPool::ThreadPool(int threads) {
  if (threads < 0 || threads > 1024) fail("{} threads asked for, expected 1 to 1024 (or 0 for one per processor)", threads);
  if (threads == 0) threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 1024u));
  impl_ = std::make_unique<Impl>(threads);
  try {
    for (int self = 1; self < threads; ++self) impl_->workers.emplace_back([impl = impl_.get(), self] { impl->work(self); });
  } catch (const std::system_error& error) {
    const size_t started = impl_->workers.size() + 1;
    impl_.reset();
    fail("cannot start {} threads, only {}: {}", threads, started, error.what());
  }
}

ThreadPool::~ThreadPool() = default;

int ThreadPool::threads() const { return static_cast<int>(impl_->ranges.size()); }

bool ThreadPool::alone() const { return impl_->alone(); }

void ThreadPool::run_pieces(int64_t pieces, Call call, void* context) {
  Impl& pool = *impl_;
  if (pieces <= 1 || pool.alone()) {
    for (int64_t piece = 0; piece < pieces; ++piece) call(context, piece, 0);
    return;
  }
  if (pieces > std::numeric_limits<int32_t>::max()) fail("a loop of {} pieces", pieces);
  const Clock::time_point began = Clock::now();
  pool.call = call;
  pool.context = context;
  pool.unfinished.store(static_cast<int32_t>(pieces), std::memory_order_relaxed);
  const auto threads = static_cast<int64_t>(pool.ranges.size());
  for (int64_t t = 0; t < threads; ++t)
    pool.ranges[static_cast<size_t>(t)].word.store(
        Impl::pack(static_cast<uint64_t>(pieces * t / threads), static_cast<uint64_t>(pieces * (t + 1) / threads)),
        std::memory_order_release);
  pool.loops.fetch_add(1);
  pool.wake(static_cast<int32_t>(std::min(pieces, threads)) - 1);
  pool.take_part(0);
  pool.join(began);
  if (pool.error) std::rethrow_exception(std::exchange(pool.error, nullptr));
}

void ThreadPool::parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const int64_t pieces = std::min<int64_t>((n + grain - 1) / grain, threads());
  if (pieces <= 1) return body(0, n);
  run(pieces, [&](int64_t piece, int) { body(n * piece / pieces, n * (piece + 1) / pieces); });
}

}  // namespace galet
