// The file in which a study keeps its results while it runs, and what Ctrl-C does meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "galet/evaluate/study.h"
#include "galet/pipeline/quantize_model.h"
#include "tools/cli.h"
#include "tools/report_files.h"

namespace CLI {
class App;
}
namespace galet::data {
class Dataset;
}

namespace galet::tools {

/// The flags that all studies share.
struct StudyFlags {
  ModelArgument model;
  std::string data, eval, state, weights = "min_max";
  bool fresh = false, json = false, per_tensor = false;
  int64_t limit = 0;
  pipeline::QuantizeRecipe recipe;
  ReportFiles report;
};
void add_study_flags(CLI::App& command, StudyFlags& flags);

/// While it lives, an interrupt says where the results are and ends the process with status 130, never in the middle of a write.
class StudyFile {
 public:
  StudyFile(const StudyFlags& flags, const std::string& kind);
  ~StudyFile();
  StudyFile(const StudyFile&) = delete;
  StudyFile& operator=(const StudyFile&) = delete;
  const std::string& path() const { return path_; }
  /// What an interrupted run left, or "".
  std::string read() const;
  /// Throws Error where it cannot be written: before the first point is measured rather than after.
  void check_writable() const;
  void write(const std::string& json, size_t done, size_t all) const;

 private:
  std::string path_;
  bool fresh_;
};

evaluate::StudySettings study_settings(const StudyFlags& flags, const data::Dataset& calibration, const data::Dataset& evaluation,
                                       const std::string& more);

/// The report of a study, where one is wanted.
void write_study_report(const StudyFlags& flags, const evaluate::StudySettings& settings, report::Findings findings);

/// "63.20 %", or "-" without labels.
std::string top1_text(const evaluate::Measured& measured);
std::string decibels(double sqnr_db);

}  // namespace galet::tools
