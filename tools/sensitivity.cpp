// galet sensitivity: one layer at a time with few bits, the rest float.
#include <CLI/CLI.hpp>

#include "galet/data/dataset.h"
#include "galet/pipeline/sensitivity.h"
#include "galet/pipeline/sweep.h"
#include "tools/study_file.h"

namespace galet::tools {
namespace {

struct Flags : StudyFlags {
  std::vector<int> bits{8, 4, 2};
};

std::string table_of(const evaluate::Sensitivity& result) {
  Table table({"layer", "op", "weights", "bits", "top-1", "change", "agrees", "SQNR dB", "KL"});
  for (const evaluate::LayerSensitivity& point : result.points)
    table.add({point.layer, point.op, grouped(point.weights), std::to_string(point.bits), top1_text(point.measured),
               point.measured.labelled ? fmt::format("{:+.2f}", 100 * (point.measured.top1 - result.reference.top1)) : "-",
               fmt::format("{:.2f} %", 100 * point.measured.from_float.agreement), decibels(point.measured.from_float.sqnr_db),
               fmt::format("{:.4f}", point.measured.from_float.kl)});
  return table.text();
}

void run_sensitivity(Flags flags) {
  flags.recipe.quantization.weights = quantize::parse_weight_range(flags.weights);
  flags.recipe.quantization.per_channel = !flags.per_tensor;
  const pipeline::SensitivityOptions options{flags.recipe, flags.bits, flags.limit, flags.recipe.calibration.threads};
  const StudyFile file(flags, "sensitivity");
  check_report_files(flags.report);
  const Graph graph = load(flags.model);
  const auto calibration = data::open_dataset(flags.data);
  const auto evaluation = flags.eval.empty() ? nullptr : data::open_dataset(flags.eval);
  const data::Dataset& images = evaluation ? *evaluation : *calibration;

  evaluate::Sensitivity known;
  const evaluate::StudySettings settings = study_settings(flags, *calibration, images, "");
  if (const std::string kept = file.read(); !kept.empty()) {
    known = evaluate::parse_sensitivity(kept, file.path());
    pipeline::check_settings(known.settings, settings, file.path());
  }
  known.settings = settings;
  file.check_writable();
  ProgressBar bar;
  const evaluate::Sensitivity result = pipeline::sensitivity(
      graph, *calibration, images, options, known,
      [&](const evaluate::Sensitivity& so_far) {
        file.write(evaluate::to_json(so_far), so_far.points.size(), so_far.layers.size() * so_far.bits.size());
      },
      bar);
  bar.finish();
  report::Findings findings;
  findings.sensitivities.push_back(result);
  write_study_report(flags, settings, std::move(findings));
  if (flags.json) return print(evaluate::to_json(result));
  print(table_of(result));
  print(fmt::format("\nfloat: top-1 {}; {}; {}\nresults: {}\n", top1_text(result.reference), settings.data, settings.recipe, file.path()));
}

}  // namespace

void add_sensitivity(CLI::App& app) {
  CLI::App* command = app.add_subcommand("sensitivity", "which layers bear few bits: each quantized alone");
  auto flags = std::make_shared<Flags>();
  add_study_flags(*command, *flags);
  command->get_option("--limit")->capture_default_str();
  command->add_option("--bits", flags->bits, "of the layer's weights, 2 to 8")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str()
      ->check(CLI::Range(2, 8));
  command->footer(
      "Example:\n  galet sensitivity resnet20.onnx --data folder:cifar10/train --eval folder:cifar10/test --limit 500 --bits 8,4,2\n"
      "A network of n layers is evaluated n times for each bit width: choose --limit accordingly. Interrupted with Ctrl-C it keeps what "
      "it\n"
      "has; the same command goes on from there.");
  command->callback([flags] { run_sensitivity(*flags); });
}

}  // namespace galet::tools
