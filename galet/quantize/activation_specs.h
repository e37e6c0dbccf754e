// From ranges to QuantSpecs of activations: u8, one scale, zero exactly representable.
#pragma once

#include "galet/ir/rewriter.h"
#include "galet/quantize/regions.h"

namespace galet::quantize {

/// Codes 0..255 over [min(0, low), max(0, high)], zero point rounded to a code.
QuantSpec u8_spec(double low, double high);
/// Gives every value in regions.coded its spec; values that share one (sources and results of operators that only move codes) get the spec
/// of their common range. Constants among them become codes. Throws Error, naming the value, where statistics are missing.
void set_activation_specs(Rewriter& rewriter, const Regions& regions, const QuantizeOptions& options);

}  // namespace galet::quantize
