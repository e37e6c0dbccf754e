// What steps find out or decide about a value: facts, never nodes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "galet/core/dtype.h"

namespace galet {

/// real = scale * (q - zero_point). Where a value carries one, the value is stored and moved as `storage`; a constant's bytes are then
/// those codes.
struct QuantSpec {
  DType storage = DType::u8;
  int32_t qmin = 0, qmax = 255;      // codes in use; narrower than the storage for sub-byte schemes
  int axis = -1;                     // channel axis of per-channel scales; -1: one scale for the whole tensor
  std::vector<float> scales;         // 1 or shape[axis]; empty when dynamic
  std::vector<int32_t> zero_points;  // as many as scales
  bool dynamic = false;              // u8 with scale and zero point found at run time, image by image
  std::vector<int32_t> levels = {};  // codebook: the codes in use, ascending, from qmin to qmax; empty: all of qmin..qmax
  bool operator==(const QuantSpec&) const = default;
};

/// The level nearest to a code, the lower one where two are equally near; the code itself where there is no codebook.
int32_t nearest_level(const std::vector<int32_t>& levels, int32_t code);
/// How many codes are in use.
int64_t code_count(const QuantSpec& spec);
/// Codes are in use between which others are not, or fewer than half of what the storage holds: such specs want their codes checked.
bool is_low_bit(const QuantSpec& spec);

/// Range statistics of a float value over the calibration images.
struct Stats {
  int64_t count = 0;  // elements seen
  float min = 0, max = 0;
  double mean = 0, sigma = 0;
  float clip_min = 0, clip_max = 0;  // the range that the observer chose
  std::string observer;              // "min_max", "percentile:99.99", ...
  bool operator==(const Stats&) const = default;
};

}  // namespace galet
