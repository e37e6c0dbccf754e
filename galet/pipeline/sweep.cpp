#include "galet/pipeline/sweep.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "galet/evaluate/image_time.h"
#include "galet/package/package.h"
#include "galet/pipeline/study.h"
#include "galet/transform/passes.h"

namespace galet::pipeline {

#define SWEEP(name) SweepRule name##_sweep();
#include "galet/pipeline/sweeps.inc"
#undef SWEEP

namespace {

constexpr size_t kMostValues = 200;

double number(std::string_view text, const std::string& whole) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    fail("values \"{}\": \"{}\" is no number; expected 1,2,3 or FROM:TO:STEP", whole, text);
  return value;
}

std::vector<std::string_view> parts(std::string_view text, char separator) {
  std::vector<std::string_view> result;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    result.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return result;
}

/// Values of one part: a number, or from, to and step.
void add_part(std::vector<double>& values, std::string_view part, const std::string& whole) {
  const auto ends = parts(part, ':');
  if (ends.size() == 1) return values.push_back(number(part, whole));
  if (ends.size() != 3) fail("values \"{}\": \"{}\" has {} numbers, expected FROM:TO:STEP", whole, part, ends.size());
  const double from = number(ends[0], whole), to = number(ends[1], whole), step = number(ends[2], whole);
  if (!(step > 0) || to < from) fail("values \"{}\": \"{}\" never arrives; expected FROM <= TO and STEP > 0", whole, part);
  const double steps = std::floor((to - from) / step + 1e-9);
  if (steps >= static_cast<double>(kMostValues)) fail("values \"{}\": {:.0f} of them, expected at most {}", whole, steps + 1, kMostValues);
  // Rounded to 12 digits: 0.1:0.3:0.1 ends with 0.3, not with 0.30000000000000004.
  for (int i = 0; i <= static_cast<int>(steps); ++i) values.push_back(std::stod(fmt::format("{:.12g}", from + i * step)));
}

evaluate::SweepPoint* find(evaluate::Sweep& sweep, const std::string& label) {
  const auto found = std::find_if(sweep.points.begin(), sweep.points.end(), [&](const auto& point) { return point.label == label; });
  return found == sweep.points.end() ? nullptr : &*found;
}

constexpr int64_t kTimedImages = 1000;

/// Of the network as a .galet file.
int64_t file_bytes(const Graph& graph) {
  std::string folder = (std::filesystem::temp_directory_path() / "galet-sweep-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) fail("cannot make a folder in {} to measure files in", folder);
  struct Remove {
    std::string path;
    ~Remove() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  } const remove{folder};
  return static_cast<int64_t>(package::save(graph, folder + "/network.galet"));
}

void measure_cost(const Graph& graph, const Graph& whole, const data::Dataset& images, evaluate::Measured& measured) {
  measured.stored_bytes = file_bytes(graph);
  const evaluate::ImageTime time = evaluate::image_time(graph, whole, images, kTimedImages);
  measured.image_ms = time.ms, measured.whole_ms = time.other_ms;
}

}  // namespace

std::span<const SweepRule> sweep_rules() {
  static const std::vector<SweepRule> rules{
#define SWEEP(name) name##_sweep(),
#include "galet/pipeline/sweeps.inc"
#undef SWEEP
  };
  return rules;
}

const SweepRule& sweep_rule(std::string_view name) {
  std::string names;
  for (const SweepRule& rule : sweep_rules()) {
    if (rule.name == name) return rule;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", rule.name);
  }
  fail("unknown sweep \"{}\", expected one of {}", name, names);
}

std::vector<double> parse_values(const SweepRule& rule, const std::string& text) {
  std::vector<double> values;
  for (const std::string_view part : parts(text, ',')) add_part(values, part, text);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() > kMostValues) fail("{} values, expected at most {}", values.size(), kMostValues);
  for (const double value : values)
    if (value < rule.min || value > rule.max || (rule.whole && value != std::floor(value)))
      fail("--{} {}: expected {} from {} to {}", rule.flag, value, rule.whole ? "whole numbers" : "numbers", rule.min, rule.max);
  return values;
}

void choose_ranges(Graph& graph, const SweepSetup& setup, const std::string& observer) {
  calibrate::CalibrationOptions options = setup.options.recipe.calibration;
  options.observer = observer, options.threads = setup.options.threads;
  calibrate::choose_ranges(graph, setup.seen, setup.calibration, options);
}

std::string recipe_text(const QuantizeRecipe& recipe) {
  return fmt::format(
      "observer {}, weights {}{}{}{}", recipe.calibration.observer, quantize::to_string(recipe.quantization.weights),
      recipe.quantization.per_channel ? " per channel" : " per tensor",
      recipe.quantization.keep_float.empty() ? "" : fmt::format(", float {}", fmt::join(recipe.quantization.keep_float, " ")),
      recipe.without.empty() ? "" : fmt::format(", without {}", fmt::join(recipe.without, " ")));
}

void check_settings(const evaluate::StudySettings& kept, const evaluate::StudySettings& wanted, const std::string& path) {
  auto same = [&](std::string_view what, const std::string& a, const std::string& b) {
    if (a != b) fail("{} holds results of another {} ({}; now {}): name another file, or start over with --fresh", path, what, a, b);
  };
  same("model", kept.model, wanted.model);
  same("form of the model", kept.weights, wanted.weights);
  same("calibration", kept.calibration, wanted.calibration);
  same("data set", kept.data, wanted.data);
  same("recipe", kept.recipe, wanted.recipe);
}

evaluate::Sweep sweep(const SweepRule& rule, const Graph& source, const data::Dataset& calibration, const data::Dataset& evaluation,
                      const SweepOptions& given, evaluate::Sweep known, const std::function<void(const evaluate::Sweep&)>& keep,
                      Progress& progress) {
  const auto began = std::chrono::steady_clock::now();
  const double seconds_before = known.seconds;
  SweepOptions options = given;
  if (options.values.empty()) options.values = rule.values;
  if (options.apply.empty() && !rule.apply.empty()) options.apply = rule.apply.front();
  const std::vector<Point> points = rule.points(options, source);

  evaluate::Sweep result = known;
  result.name = rule.name, result.axis = rule.axis, result.about = rule.about;
  result.by_layer = known.by_layer = rule.by_layer;
  result.points.clear();
  std::vector<const Point*> missing;
  for (const Point& point : points)
    if (find(known, point.label) == nullptr) missing.push_back(&point);
  if (!missing.empty()) {
    Graph graph = source;
    transform::simplify(graph, options.recipe.without);
    if (options.recipe.equalize_channels) transform::run_pass(graph, "equalize_channels");
    calibrate::Collection seen;
    if (rule.calibrates) {
      calibrate::CollectOptions wanted;
      wanted.values = quantize::values_to_calibrate(graph, options.recipe.quantization);
      wanted.samples = options.recipe.calibration.samples, wanted.seed = options.recipe.calibration.seed, wanted.threads = options.threads;
      seen = calibrate::collect(graph, calibration, wanted, progress);
    }
    Evaluator evaluator(evaluation, options.limit, options.threads);
    StudyProgress all(progress, fmt::format("sweep {}", rule.name), static_cast<int64_t>(missing.size()) + 1, evaluator.images());
    result.reference = known.reference = evaluator.reference(graph, all);
    if (rule.prunes) measure_cost(graph, graph, evaluation, known.reference), result.reference = known.reference;
    for (const Point* point : missing) {
      const Graph made = rule.make({graph, seen, calibration, options}, *point);
      known.points.push_back({point->label, point->value, point->beside, evaluator(made, all), point->series});
      if (rule.prunes) measure_cost(made, graph, evaluation, known.points.back().measured);
      known.name = result.name, known.axis = result.axis, known.about = result.about;
      known.seconds = seconds_before + std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
      keep(known);
    }
    all.end();
  }
  for (const Point& point : points) result.points.push_back(*find(known, point.label));
  result.seconds = known.seconds;
  return result;
}

}  // namespace galet::pipeline
