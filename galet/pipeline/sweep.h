// Sweeps: one value of the recipe is varied, everything else held, each point evaluated. The list lies in sweeps.inc; adding one is a file
// under sweeps/ and a row.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "galet/calibrate/collect.h"
#include "galet/evaluate/study.h"
#include "galet/pipeline/prune_model.h"
#include "galet/pipeline/quantize_model.h"

namespace galet::pipeline {

struct SweepOptions {
  QuantizeRecipe recipe;       // what is not varied
  std::vector<double> values;  // empty: the rule's
  std::string apply;           // empty: the rule's first choice
  PruneRecipe prune;           // of rules that prune
  bool int8 = false;           // of these: quantized afterwards
  int64_t limit = 0;           // images evaluated, spread evenly; 0: all
  int threads = 0;
};

struct Point {
  std::string label;
  double value = 0;
  bool beside = false;  // another method, for comparison
  std::string series = {};
};

/// What every point is made from: calibration ran once.
struct SweepSetup {
  const Graph& graph;                 // float, simplified
  const calibrate::Collection& seen;  // one pass over the calibration images, with histograms
  const data::Dataset& calibration;
  const SweepOptions& options;
};

struct SweepRule {
  std::string_view name, about;
  std::string_view flag;                     // of its values: "sigma"
  std::string_view axis;                     // of the curve: "n, in standard deviations"
  std::string_view varied = {};              // what the values are, where that is not the axis
  std::vector<double> values = {};           // by default
  double min = 0, max = 0;                   // that make sense
  bool whole = false;                        // values are whole numbers
  std::vector<std::string_view> apply = {};  // what --apply chooses from; empty: nothing to choose
  std::string_view apply_flag = "apply";     // what that choice is called
  bool by_layer = false;                     // points are layers, in order, and values make the curves
  bool prunes = false;                       // wants the flags of pruning; bytes in a file and times are measured
  bool calibrates = true;                    // wants that pass
  std::vector<Point> (*points)(const SweepOptions& options, const Graph& graph) = nullptr;
  Graph (*make)(const SweepSetup& setup, const Point& point) = nullptr;
};

/// All rules in list order.
std::span<const SweepRule> sweep_rules();
const SweepRule& sweep_rule(std::string_view name);

/// Sets the ranges that `observer` chooses from what was seen.
void choose_ranges(Graph& graph, const SweepSetup& setup, const std::string& observer);

/// "0.5:4:0.5" (from, to, step), "1,2,3" or both mixed: ascending, each once. Throws Error for what is no number, outside of the rule's
/// limits, or more than 200 values.
std::vector<double> parse_values(const SweepRule& rule, const std::string& text);

/// `known` holds results of an interrupted run (points not measured yet are measured) or nothing; its settings must be this run's. `keep`
/// is called after each point with all there is. Points come in the rule's order. k points cost k + 1 evaluations and one calibration.
evaluate::Sweep sweep(const SweepRule& rule, const Graph& graph, const data::Dataset& calibration, const data::Dataset& evaluation,
                      const SweepOptions& options, evaluate::Sweep known, const std::function<void(const evaluate::Sweep&)>& keep,
                      Progress& progress = no_progress());

/// What a study of `graph` is made with, for StudySettings::recipe.
std::string recipe_text(const QuantizeRecipe& recipe);
/// Throws Error, naming the line that differs, where results in `path` are of other settings.
void check_settings(const evaluate::StudySettings& kept, const evaluate::StudySettings& wanted, const std::string& path);

}  // namespace galet::pipeline
