// Everything that one report says of a network: both forms evaluated, compared, timed, their ranges and decisions.
#pragma once

#include <functional>

#include "galet/pipeline/quantize_model.h"
#include "galet/report/findings.h"

namespace galet::pipeline {

struct ReportRecipe {
  QuantizeRecipe quantize;
  int64_t limit = 0;      // images evaluated, spread evenly; 0: all
  int64_t compared = 64;  // images of the layer comparison
  double seconds = 0.5;   // each form is timed for; 0: not at all, and the report has the same bytes each time
  int timed_threads = 1;
  int threads = 0;
};

/// `original` is a float network, simplified or not. Without `quantized` it is quantized by the recipe. Fills models, comparison, ranges,
/// value_order and remarks of the findings. A network that gives no scores is not evaluated; a remark says so. Throws Error as the steps
/// do.
void report_model(const Graph& original, const Graph* quantized, const data::Dataset& calibration, const data::Dataset& evaluation,
                  const ReportRecipe& recipe, report::Findings& findings, Progress& progress = no_progress());
/// The same for one form alone: no comparison.
void report_one(const Graph& graph, const data::Dataset& calibration, const data::Dataset& evaluation, const ReportRecipe& recipe,
                report::Findings& findings, Progress& progress = no_progress());

}  // namespace galet::pipeline
