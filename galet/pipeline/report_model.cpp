#include "galet/pipeline/report_model.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "galet/package/package.h"
#include "galet/pipeline/report_detector.h"
#include "galet/pipeline/study.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/session.h"
#include "galet/transform/passes.h"

namespace galet::pipeline {
namespace {

bool quantized(const Graph& graph) {
  const auto values = graph.values();
  return std::any_of(values.begin(), values.end(), [&](ValueId id) { return graph.value(id).quant.has_value(); });
}

bool gives_scores(const Graph& graph) {
  if (graph.inputs().size() != 1 || graph.outputs().empty()) return false;
  const Shape& shape = graph.value(graph.outputs()[0]).shape;
  return shape.size() >= 2 && shape[0] == 1 && count(shape) == shape[1];
}

/// Times the form, unless the recipe wants none, and adds the plan's decisions to `remarks`.
void time_it(const Graph& graph, const ReportRecipe& recipe, report::Model& model, Remarks* remarks) {
  if (recipe.seconds <= 0) {
    if (remarks == nullptr) return;
    const runtime::Session session(graph);
    remarks->insert(remarks->end(), session.remarks().begin(), session.remarks().end());
    return;
  }
  evaluate::LatencyOptions options;
  options.threads = recipe.timed_threads, options.seconds = recipe.seconds, options.layers = true;
  report::Timing timing;
  timing.latency = evaluate::latency(graph, options);
  timing.machine = analysis::measure_machine({.threads = {timing.latency.threads}}).front();
  timing.layers = analysis::layer_speeds(graph, timing.latency.layers, timing.latency.remarks, *timing.machine);
  timing.load_ms = timing.latency.plan_ms;
  if (remarks != nullptr) remarks->insert(remarks->end(), timing.latency.remarks.begin(), timing.latency.remarks.end());
  model.timings.push_back(std::move(timing));
}

/// Of a detector, what it finds goes to `detector`.
report::Model form(const Graph& graph, const data::Dataset& evaluation, const ReportRecipe& recipe, Remarks& remarks,
                   std::optional<DetectorForm>& detector, Progress& progress) {
  report::Model model;
  model.name = quantized(graph) ? "int8" : "float";
  model.cost = analysis::cost(graph);
  if (evaluate::is_detector(graph) && evaluation.has_objects()) {
    detector = detect_form(graph, SpreadImages(evaluation, recipe.limit), recipe.threads, progress);
    model.detection = detector->coco;
    return model;
  }
  if (evaluate::is_detector(graph)) {
    remarks.push_back({"report", graph.info.name, "not evaluated", "the images come without boxes (coco:, voc:, yolo: have them)", {}});
    return model;
  }
  if (!gives_scores(graph)) {
    remarks.push_back({"report", graph.info.name, "not evaluated", "its output is not one vector of scores, so there is no top-1", {}});
    return model;
  }
  const SpreadImages images(evaluation, recipe.limit);
  evaluate::AccuracyOptions options;
  options.threads = recipe.threads;
  model.accuracy = evaluate::accuracy(graph, images, options, progress);
  return model;
}

int64_t package_bytes(const Graph& graph) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("galet_report_{}.galet", ::getpid());
  const auto bytes = static_cast<int64_t>(package::save(graph, path));
  std::filesystem::remove(path);
  return bytes;
}

void add_ranges(const Graph& graph, const data::Dataset& calibration, const ReportRecipe& recipe, report::Findings& findings,
                Progress& progress) {
  analysis::RangesOptions options;
  options.samples = recipe.quantize.calibration.samples, options.seed = recipe.quantize.calibration.seed, options.threads = recipe.threads;
  findings.ranges = analysis::ranges(graph, &calibration, options, progress);
}

/// Of inputs and activations that `graph` stores as codes.
void add_clips(const Graph& graph, report::Findings& findings) {
  for (const ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (value.is_constant() || !runtime::is_coded(value) || value.quant->scales.size() != 1) continue;
    const double scale = value.quant->scales[0], zero = value.quant->zero_points[0];
    findings.clips[value.name] = {scale * (value.quant->qmin - zero), scale * (value.quant->qmax - zero)};
  }
}

void add_order(const Graph& graph, report::Findings& findings) {
  for (const ValueId id : graph.values())
    if (!graph.value(id).is_constant()) findings.value_order.push_back(graph.value(id).name);
}

}  // namespace

void report_one(const Graph& graph, const data::Dataset& calibration, const data::Dataset& evaluation, const ReportRecipe& recipe,
                report::Findings& findings, Progress& progress) {
  std::optional<DetectorForm> found;
  report::Model model = form(graph, evaluation, recipe, findings.remarks, found, progress);
  if (found) findings.detector = detector_findings(*found, nullptr, "", "", SpreadImages(evaluation, recipe.limit));
  time_it(graph, recipe, model, &findings.remarks);
  findings.models.push_back(std::move(model));
  add_order(graph, findings);
  add_clips(graph, findings);
  add_ranges(graph, calibration, recipe, findings, progress);
}

void report_model(const Graph& original, const Graph* given, const data::Dataset& calibration, const data::Dataset& evaluation,
                  const ReportRecipe& recipe, report::Findings& findings, Progress& progress) {
  Graph simplified = original;
  transform::simplify(simplified, recipe.quantize.without);
  QuantizedModel made;
  if (given == nullptr) {
    made = quantize_model(original, &calibration, recipe.quantize, progress);
    findings.remarks.insert(findings.remarks.end(), made.remarks.begin(), made.remarks.end());
  }
  const Graph& small = given != nullptr ? *given : made.graph;
  Remarks twice;
  std::optional<DetectorForm> found, found_small;
  report::Model first = form(simplified, evaluation, recipe, twice, found, progress),
                last = form(small, evaluation, recipe, findings.remarks, found_small, progress);
  if (given == nullptr) {
    last.file_bytes = package_bytes(small);
    last.identity =
        fmt::format("made here by galet quantize, observer {}: {} bytes as .galet", recipe.quantize.calibration.observer, last.file_bytes);
  }
  if (first.name == last.name) last.name += ", the other";
  if (found && found_small)
    findings.detector = detector_findings(*found, &*found_small, first.name, last.name, SpreadImages(evaluation, recipe.limit));
  time_it(simplified, recipe, first, nullptr);
  time_it(small, recipe, last, &findings.remarks);
  findings.models.push_back(std::move(first));
  findings.models.push_back(std::move(last));
  add_order(small, findings);
  add_clips(small, findings);
  analysis::CompareOptions options;
  options.images = recipe.compared, options.threads = recipe.threads;
  findings.comparison = analysis::compare(simplified, small, evaluation, options, progress);
  add_ranges(simplified, calibration, recipe, findings, progress);
}

}  // namespace galet::pipeline
