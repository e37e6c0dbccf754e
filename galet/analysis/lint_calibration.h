// Is a set of images fit to calibrate on? Varied, balanced, no duplicates, of the right size, as bright as what the network will see.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "galet/core/preprocessing.h"
#include "galet/core/progress.h"
#include "galet/core/tensor.h"
#include "galet/data/dataset.h"

namespace galet::analysis {

enum class Verdict : uint8_t { good, warning, bad };
/// "good" | "warning" | "bad"
std::string_view to_string(Verdict verdict);

/// One line of advice: what was looked at, what was found, what to do.
struct Finding {
  std::string check;  // "balance", "duplicates", ...
  Verdict verdict = Verdict::good;
  std::string text;
};

struct ClassCount {
  int label = -1;
  std::string name;
  int64_t images = 0;
};

struct Duplicate {
  std::string a, b;
  bool exact = false;  // same pixels; else differing in at most kNearBits of 64 bits of the perceptual hash
  int distance = 0;    // bits
};

/// Spread of one number over the images.
struct Spread {
  double min = 0, p5 = 0, median = 0, p95 = 0, max = 0, mean = 0, sigma = 0;
};

struct SizeCount {
  int width = 0, height = 0, channels = 0;
  int64_t images = 0;
};

struct LintOptions {
  int64_t samples = 0;  // images drawn; 0: all
  uint64_t seed = 1;
  int64_t input_width = 0, input_height = 0;  // what the network takes; 0: unknown, sizes are only listed
  int resize = 0;                             // short side after resizing; 0: the network's size
  int threads = 0;
};

struct CalibrationLint {
  std::string data;
  int64_t images = 0;    // looked at
  bool tensors = false;  // the samples are tensors, not pictures: brightness .. duplicates by value only
  std::vector<ClassCount> classes;
  int64_t unlabelled = 0;
  std::vector<Duplicate> duplicates;  // exact first; at most 100 are kept
  int64_t exact_duplicates = 0, near_duplicates = 0;
  Spread brightness, contrast, colour;  // of 0..255: mean, standard deviation of luma; colourfulness (Hasler and Suesstrunk 2003)
  std::array<int64_t, 16> brightness_histogram{}, contrast_histogram{};  // contrast: 0..128
  std::vector<SizeCount> sizes;                                          // most frequent first
  std::vector<Finding> findings;                                         // one a check, in fixed order
  Verdict verdict = Verdict::good;                                       // the worst of them
};

CalibrationLint lint_calibration(const data::Dataset& dataset, const LintOptions& options = {}, Progress& progress = no_progress());

}  // namespace galet::analysis
