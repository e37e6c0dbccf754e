#include "galet/calibrate/range_search.h"

#include <algorithm>
#include <cmath>

namespace galet::calibrate {
namespace {

constexpr int kCandidates = 64;

struct Best {
  double cost, low, high;
};

// Tries end = full * f for fractions f from `to` down to `from`, evenly in log f, and keeps the best; on equal cost the wider range stays.
double scan(double full, double from, double to, bool is_low, Best& best, const std::function<double(double, double)>& cost) {
  double at = 1;
  for (int i = 0; i <= kCandidates; ++i) {
    const double f = to * std::pow(from / to, static_cast<double>(i) / kCandidates);
    const double end = full * f;
    const double low = is_low ? end : best.low, high = is_low ? best.high : end;
    const double c = cost(low, high);
    if (c < best.cost) {
      best = {c, low, high};
      at = f;
    } else if (end == (is_low ? best.low : best.high)) {
      at = f;
    }
  }
  return at;
}

}  // namespace

Range search_range(const Summary& summary, double narrowest, const std::function<double(double low, double high)>& cost) {
  const double low = std::min(0.0, double{summary.min}), high = std::max(0.0, double{summary.max});
  Best best{cost(low, high), low, high};
  double low_from = narrowest, low_to = 1, high_from = narrowest, high_to = 1;
  for (int round = 0; round < 3; ++round) {
    const double before = best.cost;
    for (const bool is_low : {false, true}) {
      const double full = is_low ? low : high;
      if (full == 0) continue;
      double &from = is_low ? low_from : high_from, &to = is_low ? low_to : high_to;
      const double at = scan(full, from, to, is_low, best, cost);
      const double reach = std::pow(to / from, 0.125);  // next round: an eighth of the span to either side of the best
      from = std::max(narrowest, at / reach);
      to = std::min(1.0, at * reach);
    }
    if (round > 0 && best.cost == before) break;
  }
  return {static_cast<float>(std::max(best.low, double{summary.min})), static_cast<float>(std::min(best.high, double{summary.max}))};
}

}  // namespace galet::calibrate
