#include "galet/runtime/plan/sparse_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "galet/core/error.h"

namespace galet::runtime {
namespace {

using namespace kernels;

constexpr double kFewestZeros = 0.12;  // of single weights: below, blocks are not even counted
constexpr double kMostKept = 0.88;     // of blocks: above, sparse kernels have never won
constexpr double kGain = 0.97;         // sparse runs where it takes at most so much of the dense time
constexpr int64_t kPixels = 240;       // measured: two panels
constexpr int kLeastRounds = 3, kMostRounds = 15;
constexpr double kBudget = 3e-3;  // seconds of processor time for the rounds of one layer

double processor_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct FreeBytes {
  void operator()(void* bytes) const { std::free(bytes); }
};
using Bytes = std::unique_ptr<uint8_t[], FreeBytes>;

Bytes allocate(size_t bytes) {
  const size_t rounded = (bytes + 63) / 64 * 64 + 256;
  void* memory = std::aligned_alloc(64, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, rounded);
  return Bytes(static_cast<uint8_t*>(memory));
}

/// One kernel with its weights, ready to run some items again and again.
struct Contender {
  Bytes packed, prepared, scratch;
  int64_t items = 0;
  double best = 1e9;
};

bool split_by_pixels(int64_t items, int64_t pixels) { return items == (pixels + 11) / 12; }

struct Times {
  double dense = 0, sparse = 0, empty = 0;  // seconds
};

/// Times of the same part of the layer: dense, sparse, and sparse with nothing kept.
Times measure(const GemmI8Row& dense_row, const SparseI8Row& sparse_row, const ConvShape& shape, const int8_t* weight) {
  ConvShape part = shape;  // dst is written without gaps
  part.dst_stride = part.src_stride = 0;
  const std::vector<int8_t> nothing(static_cast<size_t>(shape.src_c * shape.dst_c / shape.groups * shape.kernel_h * shape.kernel_w));
  const Bytes src = allocate(static_cast<size_t>(shape.batch * shape.src_h * shape.src_w * shape.src_c));
  uint32_t state = 1;
  for (int64_t i = 0; i < shape.batch * shape.src_h * shape.src_w * shape.src_c; ++i)
    src[static_cast<size_t>(i)] = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  const Bytes dst = allocate(static_cast<size_t>(shape.batch * shape.dst_h * shape.dst_w * shape.dst_c));
  const std::vector<float> m(static_cast<size_t>(shape.dst_c), 0.001f);
  ConvI8Args args;
  args.src = src.get();
  args.src_zero_point = args.dst_zero_point = 128;
  args.dst = dst.get();
  args.m = m.data();

  Contender dense, sparse, empty;
  dense.packed = allocate(conv_i8_packed_bytes(dense_row, part));
  conv_i8_pack(dense_row, part, weight, dense.packed.get());
  dense.scratch = allocate(conv_i8_scratch_bytes(dense_row, part));
  dense.items = conv_i8_items(dense_row, part);
  const auto prepared = [&](Contender& c, size_t bytes, const auto& prepare) {
    ConvI8Args call = args;
    call.packed = c.packed.get();
    c.prepared = allocate(bytes);
    prepare(call, c.prepared.get());
  };
  prepared(dense, conv_i8_prepared_bytes(dense_row, part),
           [&](const ConvI8Args& call, void* to) { conv_i8_prepare(dense_row, part, call, to); });
  const auto make_sparse = [&](Contender& c, const int8_t* values) {
    c.packed = allocate(sparse_i8_packed_bytes(sparse_row, part, values));
    sparse_i8_pack(sparse_row, part, values, c.packed.get());
    c.scratch = allocate(sparse_i8_scratch_bytes(sparse_row, part));
    c.items = sparse_i8_items(sparse_row, part);
    prepared(c, sparse_i8_prepared_bytes(sparse_row, part),
             [&](const ConvI8Args& call, void* to) { sparse_i8_prepare(sparse_row, part, call, to); });
  };
  make_sparse(sparse, weight);
  make_sparse(empty, nothing.data());
  const int64_t pixels = shape.batch * shape.dst_h * shape.dst_w;
  if (pixels > kPixels && split_by_pixels(dense.items, pixels) && split_by_pixels(sparse.items, pixels))
    dense.items = sparse.items = empty.items = kPixels / 12;

  const auto time = [&](Contender& c, bool is_sparse) {
    ConvI8Args call = args;
    call.packed = c.packed.get();
    call.prepared = c.prepared.get();
    const double begin = processor_seconds();
    if (is_sparse)
      sparse_i8_run(sparse_row, part, call, 0, c.items, c.scratch.get());
    else
      conv_i8_run(dense_row, part, call, 0, c.items, c.scratch.get());
    c.best = std::min(c.best, processor_seconds() - begin);
  };
  const double begin = processor_seconds();
  for (int round = 0; round < kMostRounds && (round < kLeastRounds || processor_seconds() - begin < kBudget); ++round) {
    time(dense, false);
    time(sparse, true);
    time(empty, true);
  }
  return {dense.best, sparse.best, empty.best};
}

/// What was measured before, by a line of text that says all that matters; in memory and perhaps in a file of "line<TAB>us<TAB>us<TAB>us".
class Known {
 public:
  template <typename Measure>
  Times find(const std::string& key, const Measure& measure_now) {
    {
      const std::lock_guard lock(mutex_);
      read_file();
      if (const auto found = times_.find(key); found != times_.end()) return found->second;
    }
    const Times times = measure_now();
    const std::lock_guard lock(mutex_);
    if (times_.emplace(key, times).second && !path_.empty())
      std::ofstream(path_, std::ios::app) << fmt::format("{}\t{:.2f}\t{:.2f}\t{:.2f}\n", key, times.dense * 1e6, times.sparse * 1e6,
                                                         times.empty * 1e6);
    return times;
  }

 private:
  /// Lines that do not parse are none: a damaged cache costs time, nothing else.
  void read_file() {
    const char* path = std::getenv("GALET_SPARSE_CACHE");
    if (path == nullptr || path_ == path) return;
    path_ = path;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      const size_t tab = line.find('\t');
      Times t;
      if (tab == std::string::npos || std::sscanf(line.c_str() + tab, "\t%lf\t%lf\t%lf", &t.dense, &t.sparse, &t.empty) != 3) continue;
      t.dense *= 1e-6, t.sparse *= 1e-6, t.empty *= 1e-6;
      if (t.dense > 0 && t.sparse > 0 && t.empty > 0) times_.emplace(line.substr(0, tab), t);
    }
  }

  std::mutex mutex_;
  std::string path_;
  std::map<std::string, Times> times_;
};

Known& known() {
  static Known made;
  return made;
}

std::string key_of(const GemmI8Row& dense, const SparseI8Row& sparse, const ConvShape& s, double kept) {
  return fmt::format("{} {} {}x{}x{}x{} {}x{}x{} {}x{}/{}x{} {}x{} g{} t{} {:.3f}", dense.name, sparse.name, s.batch, s.src_h, s.src_w,
                     s.src_c, s.dst_h, s.dst_w, s.dst_c, s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, s.dilation_h, s.dilation_w,
                     s.groups, s.transposed ? 1 : 0, kept);
}

}  // namespace

SparseKernels sparse_kernels(SparseKernels asked) {
  const char* word = std::getenv("GALET_SPARSE");
  if (word == nullptr || *word == 0) return asked;
  const std::string text = word;
  if (text == "measure") return SparseKernels::measure;
  if (text == "never") return SparseKernels::never;
  if (text == "always") return SparseKernels::always;
  fail("GALET_SPARSE is \"{}\", expected measure, never or always", text);
}

SparseChoice choose_sparse(SparseKernels asked, const GemmI8Row& dense, const SparseI8Row& sparse, const ConvShape& shape,
                           const int8_t* weight) {
  SparseChoice choice;
  if (asked == SparseKernels::never) return choice;
  const int64_t weights = shape.src_c * shape.dst_c / shape.groups * shape.kernel_h * shape.kernel_w;
  const auto zeros = static_cast<double>(std::count(weight, weight + weights, int8_t{0}));
  if (asked == SparseKernels::measure && zeros < kFewestZeros * static_cast<double>(weights)) return choice;
  choice.kept = sparse_i8_kept(sparse, shape, weight);
  const double zero_percent = 100 * (1 - choice.kept);
  if (asked == SparseKernels::always) {
    choice.sparse = choice.kept < 1;
    choice.reason = fmt::format("asked for: {:.0f} % of {} x {} blocks are zero", zero_percent, kSparseChannels, kSparseInputs);
    return choice;
  }
  if (choice.kept > kMostKept) {
    choice.reason = fmt::format("{:.0f} % of weights are zero, but only {:.0f} % of {} x {} blocks: dense",
                                100 * zeros / static_cast<double>(weights), zero_percent, kSparseChannels, kSparseInputs);
    return choice;
  }
  const Times times = known().find(key_of(dense, sparse, shape, choice.kept), [&] { return measure(dense, sparse, shape, weight); });
  choice.dense_us = times.dense * 1e6;
  choice.sparse_us = times.sparse * 1e6;
  choice.sparse = times.sparse < kGain * times.dense;
  const double slope =
      (times.sparse - times.empty) / std::max(choice.kept, 1e-3);  // the time of a block that is kept, all of them together
  if (slope > 0) choice.break_even = 1 - std::clamp((times.dense - times.empty) / slope, 0.0, 1.0);
  choice.reason = fmt::format("{:.0f} % of {} x {} blocks are zero: {:.1f} us sparse, {:.1f} us dense{}; break-even at {:.0f} %",
                              zero_percent, kSparseChannels, kSparseInputs, choice.sparse_us, choice.dense_us,
                              choice.sparse ? "" : ", which stays", 100 * choice.break_even);
  return choice;
}

}  // namespace galet::runtime
