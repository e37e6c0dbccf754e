// galet report: a network and its integer form on one page.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "galet/core/file.h"
#include "galet/data/dataset.h"
#include "galet/pipeline/report_model.h"
#include "galet/pipeline/study.h"
#include "galet/report/writers.h"
#include "tools/report_files.h"
#include "tools/study_file.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::string data, eval, original, weights = "min_max";
  std::vector<std::string> with;
  pipeline::ReportRecipe recipe;
  ReportFiles files;
  bool json = false, no_time = false;
};

void add_study(const std::string& path, report::Findings& findings) {
  const std::string text = read_file(path), kind = evaluate::study_kind(text);
  if (kind == "sweep")
    findings.sweeps.push_back(evaluate::parse_sweep(text, path));
  else if (kind == "sensitivity")
    findings.sensitivities.push_back(evaluate::parse_sensitivity(text, path));
  else
    fail("{} holds no sweep and no sensitivity study: --with takes what galet sweep and galet sensitivity leave", path);
}

void run_report(Flags flags) {
  if (!flags.files.wanted() && !flags.json) throw UsageError("where to? -o FILE.html, --csv DIR, --png DIR or --json");
  flags.recipe.quantize.quantization.weights = quantize::parse_weight_range(flags.weights);
  if (flags.no_time) flags.recipe.seconds = 0;
  check_report_files(flags.files);
  report::Findings findings;
  for (const std::string& path : flags.with) add_study(path, findings);
  const Graph graph = load(flags.model);  // a package is ready; a float network is simplified on the way
  const auto calibration = data::open_dataset(flags.data);
  const auto evaluation = flags.eval.empty() ? nullptr : data::open_dataset(flags.eval);
  const data::Dataset& images = evaluation ? *evaluation : *calibration;
  const bool integer = form_name(graph) == "int8";
  if (!integer && !flags.original.empty())
    throw UsageError("--float names the float network that an integer MODEL was made from; this MODEL is float itself");
  findings.title = model_title(flags.model.path);

  ProgressBar bar;
  if (!integer) {
    pipeline::report_model(graph, nullptr, *calibration, images, flags.recipe, findings, bar);
  } else if (!flags.original.empty()) {
    pipeline::LoadedModel first = pipeline::load_model(flags.original, flags.model.about);
    if (first.graph.info.preprocessing.assumed) first.graph.info.preprocessing = graph.info.preprocessing;
    pipeline::report_model(first.graph, &graph, *calibration, images, flags.recipe, findings, bar);
  } else {
    pipeline::report_one(graph, *calibration, images, flags.recipe, findings, bar);
  }
  bar.finish();
  const report::Model file = report_model_file("", flags.model.path, nullptr);
  report::Model& own = integer ? findings.models.back() : findings.models.front();
  own.file_bytes = file.file_bytes, own.identity = file.identity;
  if (integer && !flags.original.empty()) {
    const report::Model other = report_model_file("", flags.original, nullptr);
    findings.models.front().file_bytes = other.file_bytes, findings.models.front().identity = other.identity;
  }
  findings.about.emplace_back(
      "calibration", fmt::format("{} images, seed {}, of {}", std::min(flags.recipe.quantize.calibration.samples, calibration->size()),
                                 flags.recipe.quantize.calibration.seed, calibration->description()));
  findings.about.emplace_back("evaluation", pipeline::SpreadImages(images, flags.recipe.limit).description());
  write_report(flags.files, findings);
  if (flags.json) print(report::json(report::make_document(findings)));
}

}  // namespace

void add_report(CLI::App& app) {
  CLI::App* command = app.add_subcommand("report", "one page on a network: accuracy, bytes, time, errors, ranges, decisions");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("--data", flags->data, "images to calibrate on, and to evaluate where there is no --eval")
      ->required()
      ->type_name("SPEC");
  command->add_option("--eval", flags->eval, "images to evaluate on")->type_name("SPEC");
  command->add_option("--float", flags->original, "what an integer MODEL was made from: both are evaluated and compared")
      ->type_name("MODEL");
  command->add_option("-o,--output,--report", flags->files.html, "the page to write")->type_name("FILE.html");
  command->add_option("--csv", flags->files.csv, "every number as CSV, one file a table")->type_name("DIR");
  command->add_option("--png", flags->files.png, "every plot as PNG")->type_name("DIR");
  command->add_flag("--json", flags->json, "everything as one JSON object on stdout");
  command->add_option("--date", flags->files.date, "a date to put on it; no clock is read")->type_name("TEXT");
  command->add_option("--with", flags->with, "results of galet sweep or galet sensitivity to show, too")
      ->allow_extra_args(false)
      ->type_name("FILE.json");
  command->add_option("--limit", flags->recipe.limit, "evaluate N images only, spread evenly")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command->add_option("--samples", flags->recipe.quantize.calibration.samples, "calibration images, drawn at random")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command->add_option("--seed", flags->recipe.quantize.calibration.seed, "of that draw")->capture_default_str();
  command->add_option("--observer", flags->recipe.quantize.calibration.observer, "how activations' ranges are chosen")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--weights", flags->weights, "how weights' ranges are chosen: min_max or mse")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--seconds", flags->recipe.seconds, "how long to time each form")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 3600.0));
  command->add_flag("--no-time", flags->no_time, "no times: the same inputs give the same bytes");
  command->add_option("--threads", flags->recipe.threads, "0: one per processor; times are of one thread")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  command->footer(
      "A float MODEL is quantized on the way, with the flags' recipe.\n"
      "Examples:\n  galet report resnet20.onnx --data folder:cifar10/train --eval folder:cifar10/test -o resnet20.html\n"
      "  galet report resnet20.galet --float resnet20.onnx --data folder:cifar10/test --with resnet20.n_sigma.json -o resnet20.html --png "
      "plots");
  command->callback([flags] { run_report(*flags); });
}

}  // namespace galet::tools
