// galet lint_calibration: are these images fit to calibrate on, and how many of them are enough?
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "galet/analysis/lint_calibration.h"
#include "galet/calibrate/observer.h"
#include "galet/data/dataset.h"
#include "galet/pipeline/calibration_sensitivity.h"
#include "tools/cli.h"

namespace galet::tools {
namespace {

struct Flags {
  std::string data, model, test;
  pipeline::ModelFlags about;
  analysis::LintOptions options;
  pipeline::CalibrationSensitivityOptions sensitivity;
  bool json = false, sensitive = false;
};

nlohmann::ordered_json json_of(const analysis::Spread& s) {
  return {{"min", s.min}, {"p5", s.p5}, {"median", s.median}, {"p95", s.p95}, {"max", s.max}, {"mean", s.mean}};
}

nlohmann::ordered_json json_of(const analysis::CalibrationLint& lint) {
  nlohmann::ordered_json root{{"data", lint.data},
                              {"images", lint.images},
                              {"verdict", to_string(lint.verdict)},
                              {"unlabelled", lint.unlabelled},
                              {"exact_duplicates", lint.exact_duplicates},
                              {"near_duplicates", lint.near_duplicates},
                              {"value_min", lint.value_min},
                              {"value_max", lint.value_max}};
  for (const char* list : {"findings", "classes", "duplicates", "sizes"}) root[list] = nlohmann::json::array();
  for (const auto& f : lint.findings) root["findings"].push_back({{"check", f.check}, {"verdict", to_string(f.verdict)}, {"text", f.text}});
  for (const auto& c : lint.classes) root["classes"].push_back({{"label", c.label}, {"name", c.name}, {"images", c.images}});
  for (const auto& d : lint.duplicates)
    root["duplicates"].push_back({{"a", d.a}, {"b", d.b}, {"exact", d.exact}, {"distance", d.distance}});
  for (const auto& s : lint.sizes)
    root["sizes"].push_back({{"width", s.width}, {"height", s.height}, {"channels", s.channels}, {"images", s.images}});
  if (lint.tensors) return root;
  root["brightness"] = json_of(lint.brightness), root["contrast"] = json_of(lint.contrast), root["colour"] = json_of(lint.colour);
  root["brightness_histogram"] = lint.brightness_histogram, root["contrast_histogram"] = lint.contrast_histogram;
  return root;
}

nlohmann::ordered_json json_of(const pipeline::CalibrationSensitivity& s) {
  nlohmann::ordered_json draws = nlohmann::json::array();
  for (const auto& d : s.draws) {
    nlohmann::ordered_json row{
        {"samples", d.samples}, {"seed", d.seed}, {"mean_change", d.mean_change}, {"max_change", d.max_change}, {"worst", d.worst}};
    if (d.top1) row["top1"] = *d.top1;
    draws.push_back(row);
  }
  nlohmann::ordered_json root{{"enough", s.enough}, {"draws", draws}};
  if (s.float_top1) root["float_top1"] = *s.float_top1;
  return root;
}

void print_lint(const analysis::CalibrationLint& lint) {
  print(lint.data + "\n");
  for (const auto& finding : lint.findings)
    print(fmt::format("  {:<8} {:<11} {}\n", to_string(finding.verdict), finding.check, finding.text));
  constexpr size_t kShown = 5;
  for (size_t i = 0; i < std::min(kShown, lint.duplicates.size()); ++i) {
    const auto& d = lint.duplicates[i];
    print(fmt::format("           {} {} {}\n", d.b, d.exact ? "repeats" : "nearly repeats", d.a));
  }
  const char* advice = lint.verdict == analysis::Verdict::good      ? "fit to calibrate on"
                       : lint.verdict == analysis::Verdict::warning ? "usable; see the warnings"
                                                                    : "do not calibrate on these";
  print(fmt::format("verdict: {} ({})\n", to_string(lint.verdict), advice));
}

void print_sensitivity(const pipeline::CalibrationSensitivity& s) {
  Table table({"images", "seed", "scales moved by % (mean)", "(most)", "most at", "top-1 %"});
  for (const auto& d : s.draws)
    table.add({std::to_string(d.samples), std::to_string(d.seed), fmt::format("{:.2f}", 100 * d.mean_change),
               fmt::format("{:.1f}", 100 * d.max_change), d.worst, d.top1 ? fmt::format("{:.2f}", 100 * *d.top1) : "-"});
  print("\nagainst the last row:\n" + table.text());
  if (s.float_top1) print(fmt::format("float: top-1 {:.2f} %\n", 100 * *s.float_top1));
  print(s.enough > 0 ? fmt::format("{} images are enough: from there on every draw has scales within 5 % on average\n", s.enough)
                     : std::string("scales still move by more than 5 % on average: take more images\n"));
}

void run_lint(Flags flags) {
  if (flags.sensitive && flags.model.empty()) throw UsageError("--sensitivity calibrates a network again and again: name it with --model");
  if (!flags.test.empty() && !flags.sensitive) throw UsageError("--test says on what --sensitivity measures accuracy: give both");
  calibrate::parse_observer(flags.sensitivity.recipe.calibration.observer);
  const auto dataset = data::open_dataset(flags.data);
  Graph graph;
  if (!flags.model.empty()) graph = flags.sensitive ? load(flags.model, flags.about) : load_ready(flags.model, flags.about);
  ProgressBar bar;
  const analysis::CalibrationLint lint = analysis::lint_calibration(*dataset, flags.model.empty() ? nullptr : &graph, flags.options, bar);
  bar.finish();
  nlohmann::ordered_json root = json_of(lint);
  if (flags.sensitive) {
    std::unique_ptr<data::Dataset> test;
    if (!flags.test.empty()) test = data::open_dataset(flags.test);
    flags.sensitivity.recipe.calibration.seed = flags.options.seed;
    flags.sensitivity.recipe.calibration.threads = flags.options.threads;
    const auto sensitivity = pipeline::calibration_sensitivity(graph, *dataset, test.get(), flags.sensitivity, bar);
    bar.finish();
    root["sensitivity"] = json_of(sensitivity);
    if (!flags.json) print_lint(lint), print_sensitivity(sensitivity);
  }
  if (flags.json) return print(root.dump() + "\n");
  if (!flags.sensitive) print_lint(lint);
}

}  // namespace

void add_lint_calibration(CLI::App& app) {
  CLI::App* command = app.add_subcommand("lint_calibration", "are these images fit to calibrate on, and how many are enough?");
  command->alias("lint-calibration");
  auto flags = std::make_shared<Flags>();
  command->add_option("data", flags->data, "folder:DIR, list:FILE, cifar:FILE, mnist:DIR, npy:FILE or tidewrack:train")
      ->required()
      ->type_name("SPEC");
  command->add_option("--model", flags->model, "the network to be calibrated: judges sizes and ranges")->type_name("MODEL");
  command->add_option("--samples", flags->options.samples, "look at so many images, drawn at random; default: all")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command->add_option("--seed", flags->options.seed, "of that draw")->capture_default_str();
  command->add_flag("--sensitivity", flags->sensitive,
                    "calibrate on few and many images and several draws: how far scales and accuracy move");
  command->add_option("--numbers", flags->sensitivity.samples, "of images, for --sensitivity")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}))
      ->capture_default_str()
      ->type_name("N,...");
  command->add_option("--draws", flags->sensitivity.draws, "of each number")->capture_default_str()->check(CLI::Range(1, 1000));
  command->add_option("--observer", flags->sensitivity.recipe.calibration.observer, "as in galet quantize")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--test", flags->test, "labelled images to measure top-1 on")->type_name("SPEC");
  command->add_option("--limit", flags->sensitivity.limit, "the first N of them")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command->add_option("--threads", flags->options.threads, "0: one per processor")->capture_default_str()->check(CLI::Range(0, 1024));
  command->add_flag("--json", flags->json, "one JSON object on stdout");
  add_about_flags(*command, flags->about);
  command->footer(
      "Examples:\n  galet lint_calibration folder:cifar10/train --model resnet20.onnx --samples 512\n"
      "  galet lint_calibration folder:cifar10/train --model resnet20.onnx --sensitivity --test folder:cifar10/test");
  command->callback([flags] { run_lint(*flags); });
}

}  // namespace galet::tools
