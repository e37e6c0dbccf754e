// Everything that commands find out and a report can show. Whoever has measured something fills its part; sections whose part is empty are
// left out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "galet/analysis/compare.h"
#include "galet/analysis/cost.h"
#include "galet/analysis/layer_speed.h"
#include "galet/analysis/machine.h"
#include "galet/analysis/ranges.h"
#include "galet/core/remark.h"
#include "galet/evaluate/accuracy.h"
#include "galet/evaluate/detection/agreement.h"
#include "galet/evaluate/latency.h"
#include "galet/evaluate/study.h"
#include "galet/report/document.h"

namespace galet::report {

/// A measured run time of a network.
struct Timing {
  evaluate::Latency latency;
  int64_t images = 1;  // given at once
  double load_ms = 0;
  int64_t peak_memory_bytes = 0;
  std::optional<analysis::SpeedReport> layers;
  std::optional<analysis::MachinePeaks> machine;
};

/// One form of the network.
struct Model {
  std::string name;      // "float", "int8"
  std::string identity;  // file, bytes, checksum
  int64_t file_bytes = 0;
  std::optional<analysis::Cost> cost;
  std::optional<evaluate::Accuracy> accuracy;
  std::optional<evaluate::CocoResult> detection;  // of a detector
  std::vector<Timing> timings;
};

/// What else is known of detectors.
struct Detector {
  std::vector<std::string> classes;  // of the data set
  int64_t images = 0;
  std::optional<evaluate::DetectionAgreement> agreement;  // of the last model with the first
  std::vector<Picture> worst;                             // images on which these two agree least, both drawn
};

struct Findings {
  std::string title;                                       // of the network
  std::string date;                                        // as the user gave it; no clock is read
  std::vector<std::pair<std::string, std::string>> about;  // "data" -> its description, "machine" -> processor, ...
  std::vector<std::string> commands;                       // that made this
  std::vector<Model> models;                               // the original first
  std::optional<analysis::Comparison> comparison;          // of the last model with the first
  std::optional<Detector> detector;
  std::vector<std::string> value_order;  // names, in order of computation
  std::optional<analysis::Ranges> ranges;
  std::map<std::string, std::pair<double, double>> clips;  // by value name: the real values of the integer form's lowest and highest code
  std::vector<evaluate::Sweep> sweeps;
  std::vector<evaluate::Sensitivity> sensitivities;
  Remarks remarks;
};

/// The sections of sections.inc, in that order, as far as there is something for them.
Document make_document(const Findings& findings);

/// Processor, processors, instruction set: what timings depend on. From the system; the same on every call.
std::string this_machine();

/// Words into a command line that a shell reads back as they are.
std::string shell_line(const std::vector<std::string>& words);

}  // namespace galet::report
