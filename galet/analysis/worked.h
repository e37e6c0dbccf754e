// One accumulator of a weighted layer by hand: its products, their sum, the requantization.
#pragma once

#include "galet/analysis/explain.h"

namespace galet::analysis {

/// Output channels of a weighted node.
int64_t result_channels(const OpCall& call, const Shape& dst);

/// From explanation.codes and its numbers; explanation.channel and options choose the element.
Worked work(const OpCall& call, const Explanation& explanation, const ExplainOptions& options);

}  // namespace galet::analysis
