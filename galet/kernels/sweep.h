// For the sweep tests: how many cases (a random problem on one row of kernels.inc) run, and the splits of a problem over pieces and
// threads.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "galet/kernels/fenced.h"
#include "galet/kernels/guarded.h"

namespace galet::kernels {

/// Cases wanted of a family in the whole sweep; without GALET_SWEEP=full a twelfth of it, to be quick.
inline int64_t wanted_cases(int64_t full) {
  const char* sweep = std::getenv("GALET_SWEEP");
  return sweep != nullptr && std::string_view(sweep) == "full" ? full : full / 12;
}

template <typename F>
int64_t row_count() {
  int64_t rows = 0;
  for_rows<F>([&](const Kernel<F>&) { ++rows; });
  return rows;
}

/// Counts cases by row and tells.
class Tally {
 public:
  void add(const char* row) { ++cases_[row]; }
  /// Prints the counts. False where fewer than `wanted` cases ran in all, or a row stayed behind the others.
  bool report(int64_t wanted) const {
    int64_t total = 0, least = wanted, most = 0;
    for (const auto& [row, count] : cases_) {
      std::printf("%8lld  %s\n", static_cast<long long>(count), row.c_str());
      total += count;
      least = std::min(least, count);
      most = std::max(most, count);
    }
    return total >= wanted && least == most;
  }

 private:
  std::map<std::string, int64_t> cases_;
};

/// Cuts [0, items) at random into up to five pieces and runs run(begin, end) on each, out of order; now and then each on a thread of its
/// own.
template <typename Run>
void run_pieces(Random& random, int64_t items, Run&& run) {
  std::vector<std::pair<int64_t, int64_t>> pieces;
  for (int64_t at = 0; at < items;) {
    const int64_t end = pieces.size() == 4 ? items : between(random, at + 1, items);
    pieces.emplace_back(at, end);
    at = end;
  }
  for (size_t i = pieces.size(); i > 1; --i) std::swap(pieces[i - 1], pieces[random.below(i)]);
  if (random.below(16) != 0) {
    for (const auto& [begin, end] : pieces) run(begin, end);
    return;
  }
  std::vector<std::thread> threads;
  for (const auto& [begin, end] : pieces) threads.emplace_back([&run, begin = begin, end = end] { run(begin, end); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace galet::kernels
