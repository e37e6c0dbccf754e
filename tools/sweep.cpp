// galet sweep: one value of the recipe varied, each point evaluated, results kept as they come.
#include <CLI/CLI.hpp>
#include <optional>

#include "galet/data/dataset.h"
#include "galet/pipeline/sweep.h"
#include "tools/study_file.h"

namespace galet::tools {
namespace {

struct Flags : StudyFlags {
  std::optional<std::string> values;
  std::string apply;
};

std::string table_of(const evaluate::Sweep& sweep) {
  Table table({sweep.axis, "top-1", "change", "agrees", "SQNR dB", "KL", "weights", "s"});
  auto row = [&](const std::string& label, const evaluate::Measured& m) {
    table.add({label, top1_text(m), m.labelled ? fmt::format("{:+.2f}", 100 * (m.top1 - sweep.reference.top1)) : "-",
               fmt::format("{:.2f} %", 100 * m.from_float.agreement), decibels(m.from_float.sqnr_db),
               fmt::format("{:.4f}", m.from_float.kl), bytes_text(m.weight_bytes), fmt::format("{:.1f}", m.seconds)});
  };
  row("float", sweep.reference);
  for (const evaluate::SweepPoint& point : sweep.points) row(point.label, point.measured);
  return table.text();
}

void run_sweep(const pipeline::SweepRule& rule, Flags flags) {
  flags.recipe.quantization.weights = quantize::parse_weight_range(flags.weights);
  flags.recipe.quantization.per_channel = !flags.per_tensor;
  pipeline::SweepOptions options{flags.recipe, {}, flags.apply, flags.limit, flags.recipe.calibration.threads};
  if (flags.values) options.values = pipeline::parse_values(rule, *flags.values);
  const StudyFile file(flags, std::string(rule.name));
  check_report_files(flags.report);
  const Graph graph = load(flags.model);
  const auto calibration = data::open_dataset(flags.data);
  const auto evaluation = flags.eval.empty() ? nullptr : data::open_dataset(flags.eval);
  const data::Dataset& images = evaluation ? *evaluation : *calibration;

  evaluate::Sweep known;
  const evaluate::StudySettings settings = study_settings(flags, *calibration, images, "");
  if (const std::string kept = file.read(); !kept.empty()) {
    known = evaluate::parse_sweep(kept, file.path());
    pipeline::check_settings(known.settings, settings, file.path());
    if (known.name != rule.name)
      fail("{} holds a sweep of {}, not of {}: name another file, or start over with --fresh", file.path(), known.name, rule.name);
  }
  known.settings = settings;
  file.check_writable();
  ProgressBar bar;
  const size_t all = rule.points(options).size();
  const evaluate::Sweep sweep = pipeline::sweep(
      rule, graph, *calibration, images, options, known,
      [&](const evaluate::Sweep& so_far) { file.write(evaluate::to_json(so_far), so_far.points.size(), all); }, bar);
  bar.finish();
  report::Findings findings;
  findings.sweeps.push_back(sweep);
  write_study_report(flags, settings, std::move(findings));
  if (flags.json) return print(evaluate::to_json(sweep));
  print(table_of(sweep));
  print(fmt::format("\n{}; {}; {}\nresults: {}\n", settings.data, settings.calibration, settings.recipe, file.path()));
}

}  // namespace

void add_sweep(CLI::App& app) {
  CLI::App* command = app.add_subcommand("sweep", "accuracy, bytes and time while one value of the recipe is varied");
  command->require_subcommand(1);
  for (const pipeline::SweepRule& rule : pipeline::sweep_rules()) {
    CLI::App* one = command->add_subcommand(std::string(rule.name), std::string(rule.about));
    auto flags = std::make_shared<Flags>();
    add_study_flags(*one, *flags);
    one->add_option("--" + std::string(rule.flag), flags->values,
                    fmt::format("{}: 1,2,3 or FROM:TO:STEP (default {})", rule.axis, fmt::join(rule.values, ",")))
        ->type_name("VALUES");
    if (!rule.apply.empty()) {
      flags->apply = rule.apply.front();
      const std::vector<std::string> choices(rule.apply.begin(), rule.apply.end());
      one->add_option("--apply", flags->apply, fmt::format("to what: {}", fmt::join(choices, ", ")))
          ->capture_default_str()
          ->type_name("WHAT")
          ->check(CLI::IsMember(choices));
    }
    one->footer(fmt::format("Example:\n  galet sweep {} resnet20.onnx --data folder:cifar10/train --eval folder:cifar10/test --{} {}",
                            rule.name, rule.flag, fmt::join(rule.values, ",")));
    one->callback([flags, &rule] { run_sweep(rule, *flags); });
  }
  command->footer(
      "Example:\n  galet sweep n_sigma resnet20.onnx --data folder:cifar10/train --eval folder:cifar10/test --sigma 0.5:4:0.5 --apply "
      "both\n"
      "Interrupted with Ctrl-C it keeps what it has; the same command goes on from there.");
}

}  // namespace galet::tools
