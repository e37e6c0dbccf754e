#include "galet/runtime/plan/arena.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace galet::runtime {

Placement place(const std::vector<Lifetime>& lifetimes) {
  auto rounded = [&](size_t i) { return (lifetimes[i].bytes + 63) / 64 * 64; };
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return rounded(a) > rounded(b); });
  Placement placement{std::vector<size_t>(lifetimes.size(), 0), 0};
  std::vector<size_t> placed;
  for (const size_t i : order) {
    std::vector<size_t> rivals;
    for (const size_t j : placed)
      if (lifetimes[j].first <= lifetimes[i].last && lifetimes[i].first <= lifetimes[j].last) rivals.push_back(j);
    std::sort(rivals.begin(), rivals.end(), [&](size_t a, size_t b) { return placement.offsets[a] < placement.offsets[b]; });
    size_t end = 0, best = 0, best_gap = std::numeric_limits<size_t>::max();
    for (const size_t j : rivals) {
      const size_t begin = placement.offsets[j];
      if (begin > end && begin - end >= rounded(i) && begin - end < best_gap) best = end, best_gap = begin - end;
      end = std::max(end, begin + rounded(j));
    }
    placement.offsets[i] = best_gap == std::numeric_limits<size_t>::max() ? end : best;
    placement.bytes = std::max(placement.bytes, placement.offsets[i] + rounded(i));
    placed.push_back(i);
  }
  return placement;
}

}  // namespace galet::runtime
