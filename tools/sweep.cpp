// galet sweep: one value of the recipe varied, each point evaluated, results kept as they come.
#include <CLI/CLI.hpp>
#include <optional>

#include "galet/data/dataset.h"
#include "galet/evaluate/knee.h"
#include "galet/pipeline/sweep.h"
#include "tools/prune_flags.h"
#include "tools/study_file.h"

namespace galet::tools {
namespace {

struct Flags : StudyFlags {
  std::optional<std::string> values;
  std::string apply;
  PruneFlags prune;
  bool int8 = false;
};

std::string table_of(const evaluate::Sweep& sweep) {
  const bool costs = sweep.reference.image_ms > 0;
  std::vector<std::string> header{sweep.axis, "top-1", "change", "agrees", "SQNR dB", "KL", "weights"};
  for (const char* name : costs ? std::vector<const char*>{"stored", "ms", "faster"} : std::vector<const char*>{"s"})
    header.emplace_back(name);
  Table table(header);
  auto row = [&](const std::string& label, const evaluate::Measured& m) {
    std::vector<std::string> cells{label,
                                   top1_text(m),
                                   m.labelled ? fmt::format("{:+.2f}", 100 * (m.top1 - sweep.reference.top1)) : "-",
                                   fmt::format("{:.2f} %", 100 * m.from_float.agreement),
                                   decibels(m.from_float.sqnr_db),
                                   fmt::format("{:.4f}", m.from_float.kl),
                                   bytes_text(m.weight_bytes)};
    if (costs) {
      cells.push_back(bytes_text(m.stored_bytes));
      cells.push_back(fmt::format("{:.3f}", m.image_ms));
      cells.push_back(m.image_ms > 0 ? fmt::format("{:.2f} x", m.whole_ms / m.image_ms) : "-");
    } else {
      cells.push_back(fmt::format("{:.1f}", m.seconds));
    }
    table.add(std::move(cells));
  };
  row("float", sweep.reference);
  for (const evaluate::SweepPoint& point : sweep.points) row(point.label, point.measured);
  std::string text = table.text();
  for (const evaluate::Knee& knee : costs ? evaluate::knees(sweep) : std::vector<evaluate::Knee>()) text += "\n" + evaluate::to_text(knee);
  return text;
}

/// The flags of pruning, and the images and seed of the sweep.
pipeline::PruneRecipe prune_recipe(Flags& flags) {
  read_prune_flags(flags.prune);
  pipeline::PruneRecipe& recipe = flags.prune.recipe;
  if (recipe.options.structure.grain == prune::Grain::n_m)
    fail("--structure {} says itself how much goes: there is no amount to vary", flags.prune.structure);
  recipe.samples = flags.recipe.calibration.samples, recipe.seed = flags.recipe.calibration.seed;
  recipe.threads = flags.recipe.calibration.threads;
  prune::check(recipe.options);
  return recipe;
}

void run_sweep(const pipeline::SweepRule& rule, Flags flags) {
  flags.recipe.quantization.weights = quantize::parse_weight_range(flags.weights);
  flags.recipe.quantization.per_channel = !flags.per_tensor;
  pipeline::SweepOptions options{flags.recipe, {}, flags.apply, {}, false, flags.limit, flags.recipe.calibration.threads};
  if (rule.prunes) options.prune = prune_recipe(flags), options.int8 = flags.int8;
  if (flags.values) options.values = pipeline::parse_values(rule, *flags.values);
  const StudyFile file(flags, std::string(rule.name));
  check_report_files(flags.report);
  const Graph graph = load(flags.model);
  const auto calibration = data::open_dataset(flags.data);
  const auto evaluation = flags.eval.empty() ? nullptr : data::open_dataset(flags.eval);
  const data::Dataset& images = evaluation ? *evaluation : *calibration;

  evaluate::Sweep known;
  const std::string more = rule.prunes ? "; " + shared_text(flags.prune) + (flags.int8 ? ", then int8" : "") : "";
  const evaluate::StudySettings settings = study_settings(flags, *calibration, images, more);
  if (const std::string kept = file.read(); !kept.empty()) {
    known = evaluate::parse_sweep(kept, file.path());
    pipeline::check_settings(known.settings, settings, file.path());
    if (known.name != rule.name)
      fail("{} holds a sweep of {}, not of {}: name another file, or start over with --fresh", file.path(), known.name, rule.name);
  }
  known.settings = settings;
  file.check_writable();
  ProgressBar bar;
  const size_t all = rule.points(options, graph).size();
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
                    fmt::format("{}: 1,2,3 or FROM:TO:STEP (default {})", rule.varied.empty() ? rule.axis : rule.varied,
                                fmt::join(rule.values, ",")))
        ->type_name("VALUES");
    if (!rule.apply.empty()) {
      flags->apply = rule.apply.front();
      const std::vector<std::string> choices(rule.apply.begin(), rule.apply.end());
      one->add_option("--" + std::string(rule.apply_flag), flags->apply, fmt::format("to what: {}", fmt::join(choices, ", ")))
          ->capture_default_str()
          ->type_name("WHAT")
          ->check(CLI::IsMember(choices));
    }
    if (rule.prunes) {
      flags->prune.recipe.correct = false;
      add_prune_flags(*one, flags->prune);
      one->add_flag("--correct", flags->prune.recipe.correct, "correct statistics after each pruning, on images of --data");
      one->add_flag("--int8", flags->int8, "quantize each pruned network");
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
