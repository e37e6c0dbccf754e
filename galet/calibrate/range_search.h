// Search for the range that costs least: what the observers mse and kl share.
#pragma once

#include <functional>

#include "galet/calibrate/observer.h"

namespace galet::calibrate {

/// Least cost(low, high) over ranges that begin at the range seen and shrink at either end towards zero: 64 candidates an end, ends in
/// turn, then finer around the best, three rounds. `narrowest` is the fraction of an end that is never given up.
Range search_range(const Summary& summary, double narrowest, const std::function<double(double low, double high)>& cost);

}  // namespace galet::calibrate
