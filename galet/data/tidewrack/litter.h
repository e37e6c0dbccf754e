// Recipes: the parts of one random specimen of a class.
#pragma once

#include <vector>

#include "galet/data/tidewrack/noise.h"
#include "galet/data/tidewrack/part.h"

namespace galet::data::tidewrack {

/// A specimen of class `label` (index into kTidewrackClasses), upright, within about [-1, 1] in both directions.
std::vector<Part> make_litter(int label, Dice& dice);
/// Natural flotsam that is no litter: a twig, a leaf, weed.
std::vector<Part> make_flotsam(Dice& dice);

}  // namespace galet::data::tidewrack
