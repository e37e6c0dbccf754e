// The numbers of a TensorRange beside its moments, from values, from a histogram, or from counts of codes.
#pragma once

#include <span>
#include <vector>

#include "galet/analysis/ranges.h"
#include "galet/calibrate/histogram.h"
#include "galet/calibrate/moments.h"

namespace galet::analysis {

/// range.min .. range.sigma must be set. Exact.
void measure_values(TensorRange& range, std::span<const float> values, const std::vector<double>& sigmas);
/// The same to the bins of the histogram.
void measure_histogram(TensorRange& range, const calibrate::Histogram& histogram, const std::vector<double>& sigmas);
/// Everything, moments too, from how often each u8 code came. Exact.
void measure_counts(TensorRange& range, std::span<const uint64_t> counts, const QuantSpec& spec, const std::vector<double>& sigmas);

/// Symmetric codes: unused and empty ones.
void measure_weight_codes(TensorRange& range, std::span<const float> values, const calibrate::ChannelLayout& layout);
/// code_min, code_max, scale, zero_point, saturated_percent of a coded constant.
void set_codes(TensorRange& range, const Tensor& codes, const QuantSpec& spec);
/// dwarfing and dead_channels from channels.
void find_dwarfing(TensorRange& range);

}  // namespace galet::analysis
