#include "galet/analysis/machine.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <thread>

#include "galet/core/error.h"
#include "galet/kernels/kernel.h"
#include "galet/kernels/probe/probe.h"

namespace galet::analysis {
namespace {

using Clock = std::chrono::steady_clock;
/// Does about that much work and returns how much it did; `thread` counts from 0.
using Work = std::function<int64_t(int thread, int64_t amount)>;

double seconds_since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

/// Threads that begin each slice together.
class Gate {
 public:
  explicit Gate(int threads) : threads_(threads) {}
  void pass() {
    const int round = round_.load();
    if (waiting_.fetch_add(1) + 1 == threads_) {
      waiting_.store(0);
      round_.fetch_add(1);
      return;
    }
    while (round_.load() == round) std::this_thread::yield();
  }

 private:
  const int threads_;
  std::atomic<int> waiting_{0}, round_{0};
};

struct Rate {
  double sum = 0, slowest = 0;  // work a second
};

/// Slices of about `slice` seconds on all threads at once; that slice whose rates add up to most.
Rate best_rate(int threads, double slice, int slices, const Work& work) {
  int64_t amount = 1;
  for (double took = 0; took < slice / 2;) {  // how much work a slice is
    const auto began = Clock::now();
    work(0, amount);
    took = seconds_since(began);
    amount = std::max<int64_t>(amount + 1,
                               static_cast<int64_t>(static_cast<double>(amount) * std::clamp(slice / std::max(took, 1e-9), 1.01, 64.0)));
  }
  std::vector<std::vector<double>> rates(static_cast<size_t>(threads), std::vector<double>(static_cast<size_t>(slices)));
  Gate gate(threads);
  const auto run = [&](int thread) {
    for (int i = 0; i < slices; ++i) {
      gate.pass();
      const auto began = Clock::now();
      const auto done = static_cast<double>(work(thread, amount));
      rates[static_cast<size_t>(thread)][static_cast<size_t>(i)] = done / seconds_since(began);
    }
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(run, thread);
  run(0);
  for (std::thread& other : others) other.join();
  Rate best;
  for (int i = 0; i < slices; ++i) {
    Rate rate;
    rate.slowest = rates[0][static_cast<size_t>(i)];
    for (const auto& of_thread : rates)
      rate.sum += of_thread[static_cast<size_t>(i)], rate.slowest = std::min(rate.slowest, of_thread[static_cast<size_t>(i)]);
    if (rate.sum > best.sum) best = rate;
  }
  return best;
}

template <typename Fn, typename Args>
Work repeat(Isa isa, Args args, int64_t Args::*amount_field, int64_t unit) {
  const auto run = kernels::select<Fn>(isa).run;
  return [=](int, int64_t amount) mutable {
    args.*amount_field = amount * unit;
    return run(args);
  };
}

Work chain() { return repeat<kernels::ProbeChainFn>(Isa::reference, kernels::ProbeChainArgs{}, &kernels::ProbeChainArgs::adds, 64); }
Work dot(Isa isa) { return repeat<kernels::ProbeDotFn>(isa, kernels::ProbeDotArgs{}, &kernels::ProbeDotArgs::rounds, 1); }
Work fma(Isa isa) { return repeat<kernels::ProbeFmaFn>(isa, kernels::ProbeFmaArgs{}, &kernels::ProbeFmaArgs::rounds, 1); }

int64_t cache_bytes([[maybe_unused]] int level) {
  long bytes = 0;
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  bytes = ::sysconf(level == 1 ? _SC_LEVEL1_DCACHE_SIZE : level == 2 ? _SC_LEVEL2_CACHE_SIZE : _SC_LEVEL3_CACHE_SIZE);
#endif
  return bytes;
}

struct FreeBytes {
  void operator()(uint8_t* bytes) const { std::free(bytes); }
};

/// Each thread reads its own part of one buffer: half of the cache that it tests, so that it fits, or twice the last cache, so that it does
/// not.
std::vector<Bandwidth> measure_reads(int threads, Isa isa, double slice, int slices) {
  constexpr int64_t kMega = 1 << 20;
  constexpr size_t kPage = 2 << 20;  // a large one
  const int64_t l1 = std::max<int64_t>(cache_bytes(1), 32 << 10), l2 = std::max<int64_t>(cache_bytes(2), kMega / 4);
  const int64_t l3 = cache_bytes(3);
  std::vector<Bandwidth> reads{{"L1", l1 / 2, 0}, {"L2", l2 / 2, 0}};
  const int64_t last = std::max(l2, l3);
  if (l3 / threads >= 4 * l2) reads.push_back({"L3", std::min(4 * l2, l3 / 2 / threads), 0});
  reads.push_back({"DRAM", std::clamp<int64_t>(4 * last, 32 * kMega, 256 * kMega) / threads, 0});
  const auto whole = static_cast<size_t>(reads.back().bytes * threads + 1024 * threads);
  const std::unique_ptr<uint8_t, FreeBytes> buffer(static_cast<uint8_t*>(std::aligned_alloc(kPage, (whole + kPage - 1) / kPage * kPage)));
  if (!buffer) throw std::bad_alloc();
  ::madvise(buffer.get(), whole, MADV_HUGEPAGE);  // the memory is measured, not the translation of addresses
  std::fill_n(buffer.get(), whole, uint8_t{1});   // every page is there
  const auto run = kernels::select<kernels::ProbeReadFn>(isa).run;
  for (Bandwidth& read : reads) {
    read.bytes = read.bytes / 1024 * 1024;
    const bool huge = read.bytes > 16 * kMega;  // a slice may be a part of it, then each goes on where the last one ended
    const int64_t piece = huge ? kMega / 4 : read.bytes;
    std::vector<int64_t> at(static_cast<size_t>(threads) * 16);
    const Work work = [&](int thread, int64_t amount) {
      const uint8_t* own = buffer.get() + thread * read.bytes;
      int64_t &offset = at[static_cast<size_t>(thread) * 16], done = 0;
      for (int64_t i = 0; i < amount; ++i) {
        if (offset + piece > read.bytes) offset = 0;
        done += run({own + offset, piece});
        offset += piece;
      }
      return done;
    };
    read.gb_per_s = best_rate(threads, slice, slices, work).sum / 1e9;
  }
  return reads;
}

}  // namespace

std::vector<MachinePeaks> measure_machine(const MachineOptions& options) {
  constexpr double kSlice = 0.003;
  const int slices = std::max(3, static_cast<int>(options.seconds / kSlice));
  std::vector<MachinePeaks> all;
  for (const int threads : options.threads) {
    if (threads < 1 || threads > 1024) fail("the machine cannot be measured with {} threads, expected 1 to 1024", threads);
    MachinePeaks peaks;
    peaks.threads = threads, peaks.isa = options.isa;
    peaks.dot_i8 = kernels::select<kernels::ProbeDotFn>(options.isa).name;
    peaks.fma_f32 = kernels::select<kernels::ProbeFmaFn>(options.isa).name;
    peaks.clock_ghz = best_rate(threads, kSlice, slices / 2, chain()).slowest / 1e9;
    peaks.dot_i8_gmac_per_s = best_rate(threads, kSlice, slices, dot(options.isa)).sum / 1e9;
    peaks.fma_f32_gmac_per_s = best_rate(threads, kSlice, slices, fma(options.isa)).sum / 1e9;
    peaks.reads = measure_reads(threads, options.isa, kSlice, slices);
    all.push_back(std::move(peaks));
  }
  return all;
}

SpeedProbe probe_speed(int threads) {
  SpeedProbe speed;
  speed.clock_ghz = best_rate(threads, 0.001, 2, chain()).slowest / 1e9;
  speed.fma_f32_gmac_per_s = best_rate(threads, 0.001, 2, fma(active_isa())).sum / 1e9;
  return speed;
}

}  // namespace galet::analysis
