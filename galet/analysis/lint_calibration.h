// Is a set of images fit to calibrate on? Varied, balanced, no duplicates, of the right size, as bright as what the network will see.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "galet/core/progress.h"
#include "galet/data/dataset.h"
#include "galet/ir/graph.h"

namespace galet::analysis {

enum class Verdict : uint8_t { good, warning, bad };
/// "good" | "warning" | "bad"
std::string_view to_string(Verdict verdict);

/// One line of advice: what was looked at, what was found, what to do.
struct Finding {
  std::string check;  // "number", "balance", "duplicates", "brightness", "contrast", "colour", "sizes", "range"
  Verdict verdict = Verdict::good;
  std::string text;
};

struct ClassCount {
  int label = -1;
  std::string name;
  int64_t images = 0;
};

/// Two images that show the same: equal pixels, or at most kNearBits of 64 bits of the perceptual hash apart and equally bright.
struct Duplicate {
  std::string a, b;
  bool exact = false;
  int distance = 0;  // bits
};
inline constexpr int kNearBits = 4;

/// Spread of one number over the images.
struct Spread {
  double min = 0, p5 = 0, median = 0, p95 = 0, max = 0, mean = 0;
};

struct SizeCount {
  int width = 0, height = 0, channels = 0;
  int64_t images = 0;
};

struct LintOptions {
  int64_t samples = 0;  // images drawn; 0: all
  uint64_t seed = 1;
  int threads = 0;
};

struct CalibrationLint {
  std::string data;
  int64_t images = 0;    // looked at
  bool tensors = false;  // the samples are tensors, not pictures: no duplicates but exact ones, no brightness, contrast, colour, sizes
  std::vector<ClassCount> classes;  // by label; empty where nothing is labelled
  int64_t unlabelled = 0;
  std::vector<Duplicate> duplicates;                  // exact ones first; the first kMostDuplicates
  int64_t exact_duplicates = 0, near_duplicates = 0;  // images that repeat an earlier one
  Spread brightness, contrast, colour;  // of 0..255: mean and standard deviation of luma; colourfulness (Hasler and Suesstrunk 2003)
  std::array<int64_t, 16> brightness_histogram{}, contrast_histogram{};  // bins of 16 and of 8
  std::vector<SizeCount> sizes;                                          // most frequent first
  double value_min = 0, value_max = 0;  // of tensors: as they are; of pictures: of what the network would get (0 without a network)
  std::vector<Finding> findings;        // one a check, in fixed order
  Verdict verdict = Verdict::good;      // the worst of them
};
inline constexpr size_t kMostDuplicates = 100;

/// `graph`: the network to be calibrated, or null: then sizes are only listed and the range of values is not judged. Memory: a few dozen
/// bytes an image. Throws Error for an empty data set and for samples that cannot be read.
CalibrationLint lint_calibration(const data::Dataset& dataset, const Graph* graph, const LintOptions& options = {},
                                 Progress& progress = no_progress());

}  // namespace galet::analysis
