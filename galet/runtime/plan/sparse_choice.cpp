#include "galet/runtime/plan/sparse_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>

#include "galet/core/error.h"
#include "galet/runtime/plan/sparse_measure.h"

namespace galet::runtime {
namespace {

using namespace kernels;

constexpr double kFewestZeros = 0.12;  // of single weights: below, blocks are not even counted
constexpr double kMostKept = 0.88;     // of blocks: above, sparse kernels have never won
constexpr double kGain = 0.97;         // sparse runs where it takes at most so much of the dense time
/// What was measured before, by a line of text that says all that matters; in memory and perhaps in a file of "line<TAB>us<TAB>us<TAB>us".
class Known {
 public:
  template <typename Measure>
  SparseTimes find(const std::string& key, const Measure& measure_now) {
    {
      const std::lock_guard lock(mutex_);
      read_file();
      if (const auto found = times_.find(key); found != times_.end()) return found->second;
    }
    const SparseTimes times = measure_now();
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
      SparseTimes t;
      if (tab == std::string::npos || std::sscanf(line.c_str() + tab, "\t%lf\t%lf\t%lf", &t.dense, &t.sparse, &t.empty) != 3) continue;
      t.dense *= 1e-6, t.sparse *= 1e-6, t.empty *= 1e-6;
      if (t.dense > 0 && t.sparse > 0 && t.empty > 0) times_.emplace(line.substr(0, tab), t);
    }
  }

  std::mutex mutex_;
  std::string path_;
  std::map<std::string, SparseTimes> times_;
};

Known& known() {
  static Known made;
  return made;
}

std::string key_of(const char* dense, const char* sparse, const ConvShape& s, double kept) {
  return fmt::format("{} {} {}x{}x{}x{} {}x{}x{} {}x{}/{}x{} {}x{} g{} t{} {:.3f}", dense, sparse, s.batch, s.src_h, s.src_w, s.src_c,
                     s.dst_h, s.dst_w, s.dst_c, s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, s.dilation_h, s.dilation_w, s.groups,
                     s.transposed ? 1 : 0, kept);
}

/// count_kept(): the share of blocks that are not all zero; measure(): the times.
template <typename T, typename CountKept, typename Measure>
SparseChoice choose(SparseKernels asked, const char* dense, const char* sparse, const ConvShape& shape, const T* weight,
                    const CountKept& count_kept, const Measure& measure) {
  SparseChoice choice;
  if (asked == SparseKernels::never) return choice;
  const int64_t weights = shape.src_c * shape.dst_c / shape.groups * shape.kernel_h * shape.kernel_w;
  const auto zeros = static_cast<double>(std::count(weight, weight + weights, T{0}));
  if (asked == SparseKernels::measure && zeros < kFewestZeros * static_cast<double>(weights)) return choice;
  choice.kept = count_kept();
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
  const SparseTimes times = known().find(key_of(dense, sparse, shape, choice.kept), measure);
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
  return choose(
      asked, dense.name, sparse.name, shape, weight, [&] { return sparse_i8_kept(sparse, shape, weight); },
      [&] { return measure_sparse(dense, sparse, shape, weight); });
}

SparseChoice choose_sparse(SparseKernels asked, const SparseF32Row& sparse, const ConvShape& shape, const float* weight) {
  return choose(
      asked, dense_float(sparse, shape), sparse.name, shape, weight, [&] { return sparse_f32_kept(sparse, shape, weight); },
      [&] { return measure_sparse(sparse, shape, weight); });
}

}  // namespace galet::runtime
