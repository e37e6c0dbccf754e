// Results of studies: many forms of one network, each evaluated. A sweep varies one value of the recipe; a sensitivity study quantizes one
// layer at a time. They are kept as JSON while they run, so that an interrupted one goes on, and are read by whoever searches or reports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "galet/evaluate/divergence.h"

namespace galet::evaluate {

/// What a study was made with. Results of other settings are never mixed: the first line that differs is named.
struct StudySettings {
  std::string model, weights;     // name; checksum of the file
  std::string calibration, data;  // descriptions: images, seed; images
  std::string recipe;             // everything else that every point shares
  bool operator==(const StudySettings&) const = default;
};

/// One form of the network, evaluated.
struct Measured {
  int64_t images = 0;
  bool labelled = false;
  int64_t top1_correct = 0;
  double top1 = 0, top5 = 0;  // fractions; meaningless without labels
  Divergence from_float;      // of its outputs
  int64_t weight_bytes = 0;   // of all constants, at the bits in use
  double seconds = 0;
  int64_t stored_bytes = 0;           // of the network's .galet file; 0: not measured
  double image_ms = 0, whole_ms = 0;  // of one image, and of the network before, measured in turns; 0: not measured
};

struct SweepPoint {
  std::string label;    // "2 sigma", "mse"
  double value = 0;     // of what is varied; of no meaning where `beside`
  bool beside = false;  // another method, measured for comparison
  Measured measured = {};
  std::string series = {};  // points of one name make one curve; empty where there is one
};

struct Sweep {
  std::string name;   // "n_sigma"
  std::string axis;   // "n, in standard deviations"
  std::string about;  // one sentence: what was done to the network at each point
  StudySettings settings;
  Measured reference;  // the float network
  std::vector<SweepPoint> points;
  double seconds = 0;     // of all of it, calibration included, over all runs
  bool by_layer = false;  // points are layers in order, not values of one thing
};

struct LayerSensitivity {
  std::string layer, op;
  int bits = 8;
  int64_t weights = 0;  // elements
  Measured measured;    // with this layer alone quantized
};

struct Sensitivity {
  StudySettings settings;
  Measured reference;
  std::vector<int> bits;
  std::vector<std::string> layers;       // in order of computation
  std::vector<LayerSensitivity> points;  // by layer, then by bits, as far as measured
  double seconds = 0;
};

/// JSON with the members' names; infinite SQNR is null.
std::string to_json(const Sweep& sweep);
std::string to_json(const Sensitivity& sensitivity);
/// "sweep", "sensitivity", or "" for anything else.
std::string study_kind(const std::string& json);
/// Throw Error, naming `path`, for what is damaged or of another kind.
Sweep parse_sweep(const std::string& json, const std::string& path);
Sensitivity parse_sensitivity(const std::string& json, const std::string& path);

}  // namespace galet::evaluate
