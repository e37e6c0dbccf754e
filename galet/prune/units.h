// What a structure removes at once, as lists of places in a weight.
#pragma once

#include <functional>
#include <span>

#include "galet/prune/layers.h"
#include "galet/prune/structure.h"

namespace galet::prune {

/// Calls f(places in the constant) for every unit in the order of (out, tap, in). Blocks are cut off at the edges; of N:M rows the whole
/// groups of M come, what remains at the end does not.
void for_each_unit(const Layer& layer, const Structure& structure, const std::function<void(std::span<const int64_t> places)>& f);

/// Why a structure does not fit the layer; empty when it does.
std::string why_no_units(const Layer& layer, const Structure& structure);

}  // namespace galet::prune
