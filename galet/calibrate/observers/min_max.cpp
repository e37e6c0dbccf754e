// All that was seen: [min, max]. Nothing is clipped; one outlier makes every step coarser.
#include "galet/calibrate/observer.h"

namespace galet::calibrate {
namespace {

Range range(const Summary& summary, double) { return {summary.min, summary.max}; }

}  // namespace

ObserverRule min_max_observer() { return {.name = "min_max", .about = "all values seen", .range = range}; }

}  // namespace galet::calibrate
