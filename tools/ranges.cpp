// galet ranges: where weights, inputs and activations lie, and what clipping or 8 bits would cost them.
#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "galet/analysis/ranges.h"
#include "galet/core/file.h"
#include "galet/data/dataset.h"
#include "galet/evaluate/latency.h"
#include "tools/cli.h"
#include "tools/ranges_json.h"
#include "tools/report_files.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::string data, csv, per = "tensor";
  analysis::RangesOptions options;
  bool json = false;
  ReportFiles report;
};

std::string g(double x) { return fmt::format("{:.5g}", x); }

std::vector<std::string> header(const std::vector<double>& sigmas) {
  std::vector<std::string> names{"value", "op", "min", "max", "mean", "sigma"};
  for (const double n : sigmas) names.insert(names.end(), {fmt::format("{:g}-sigma range", n), fmt::format("% outside {:g}", n)});
  names.insert(names.end(), {"% zero", "% codes unused", "(one scale)", "empty"});
  return names;
}

std::vector<std::string> row(const analysis::TensorRange& t) {
  const bool says_layer = t.layer.empty() || t.name.starts_with(t.layer);
  std::vector<std::string> cells{t.name, says_layer ? t.op : t.layer + ": " + t.op, g(t.min), g(t.max), g(t.mean), g(t.sigma)};
  for (const auto& s : t.sigmas) cells.insert(cells.end(), {g(s.low) + " .. " + g(s.high), fmt::format("{:.3g}", s.outside_percent)});
  cells.insert(cells.end(), {fmt::format("{:.1f}", t.zero_percent), fmt::format("{:.1f}", t.unused_codes_percent),
                             fmt::format("{:.1f}", t.unused_codes_tensor_percent), std::to_string(t.empty_codes)});
  return cells;
}

void print_tables(const analysis::Ranges& ranges, const Flags& flags) {
  Table weights(header(flags.options.sigmas)), activations(header(flags.options.sigmas));
  bool any_activation = false;
  for (const auto& t : ranges.tensors) {
    const bool constant = t.kind == analysis::RangeKind::weight || t.kind == analysis::RangeKind::bias;
    (constant ? weights : activations).add(row(t));
    any_activation = any_activation || !constant;
  }
  print("weights (exact)\n" + weights.text());
  if (any_activation)
    print(fmt::format("\ninput and activations ({} images; % outside to 1/2048 of the range)\n", ranges.images) + activations.text());
  std::string notes;
  for (const auto& t : ranges.tensors) {
    for (size_t i = 0; i < std::min<size_t>(t.dwarfing.size(), 3); ++i)
      notes += fmt::format("{}: channel {} is {:.1f} times the median channel\n", t.name, t.dwarfing[i].channel, t.dwarfing[i].ratio);
    if (t.dwarfing.size() > 3) notes += fmt::format("{}: and {} channels more\n", t.name, t.dwarfing.size() - 3);
    if (t.dead_channels > 0) notes += fmt::format("{}: {} of {} channels are all zero\n", t.name, t.dead_channels, t.channels.size());
    if (t.coded && t.kind == analysis::RangeKind::activation && t.saturated_percent > 1)
      notes += fmt::format("{}: {:.1f} % of the codes are saturated\n", t.name, t.saturated_percent);
  }
  if (!notes.empty()) print("\n" + notes);
  if (flags.per == "channel") {
    for (const auto& t : ranges.tensors) {
      if (t.channels.empty()) continue;
      Table channels({t.name, "min", "max", "mean", "sigma"});
      for (size_t c = 0; c < t.channels.size(); ++c) {
        const auto& x = t.channels[c];
        channels.add({std::to_string(c), g(x.min), g(x.max), g(x.mean), g(x.sigma)});
      }
      print("\n" + channels.text());
    }
  }
  const auto& f = ranges.footprint;
  Table footprint({"footprint", "float", "8 bits", "4 bits", "2 bits"});
  footprint.add({fmt::format("{} weights", grouped(f.weights)), grouped(f.weight_bytes(32)) + " B", grouped(f.weight_bytes(8)) + " B",
                 grouped(f.weight_bytes(4)) + " B", grouped(f.weight_bytes(2)) + " B"});
  if (f.biases > 0)
    footprint.add({fmt::format("{} biases", grouped(f.biases)), grouped(f.bias_bytes()) + " B", grouped(f.bias_bytes()) + " B",
                   grouped(f.bias_bytes()) + " B", grouped(f.bias_bytes()) + " B"});
  footprint.add({fmt::format("{} scales", grouped(f.scales)), "-", grouped(4 * f.scales) + " B", grouped(4 * f.scales) + " B",
                 grouped(4 * f.scales) + " B"});
  print("\n" + footprint.text());
  print(fmt::format("{:.2f} s, peak memory {}\n", ranges.seconds, bytes_text(evaluate::peak_memory_bytes())));
}

void run_ranges(Flags flags) {
  if (flags.per != "tensor" && flags.per != "channel") throw UsageError("--per " + flags.per + ": expected tensor or channel");
  for (const double n : flags.options.sigmas)
    if (!(n > 0) || !std::isfinite(n)) throw UsageError(fmt::format("--sigma {}: expected numbers above 0", n));
  check_report_files(flags.report);
  const Graph graph = load_ready(flags.model);
  std::unique_ptr<data::Dataset> dataset;
  if (!flags.data.empty()) dataset = data::open_dataset(flags.data);
  ProgressBar bar;
  const analysis::Ranges ranges = analysis::ranges(graph, dataset.get(), flags.options, bar);
  bar.finish();
  if (!flags.csv.empty()) write_file(flags.csv, ranges_csv(ranges, flags.per == "channel"));
  if (flags.report.wanted()) {
    report::Findings findings;
    findings.title = model_title(flags.model.path);
    findings.models.push_back(report_model_file(form_name(graph), flags.model.path, &graph));
    findings.ranges = ranges;
    write_report(flags.report, std::move(findings));
  }
  if (flags.json) {
    nlohmann::ordered_json root = ranges_json(ranges, flags.per == "channel");
    root["peak_memory_bytes"] = evaluate::peak_memory_bytes();
    return print(root.dump() + "\n");
  }
  print_tables(ranges, flags);
}

}  // namespace

void add_ranges(CLI::App& app) {
  CLI::App* command = app.add_subcommand("ranges", "where weights and activations lie; n-sigma ranges, unused codes, footprint");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("--data", flags->data, "images to see activations on (folder:DIR, ...); without: weights only")->type_name("SPEC");
  command->add_option("--samples", flags->options.samples, "images, drawn at random")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command->add_option("--seed", flags->options.seed, "of that draw")->capture_default_str();
  command->add_option("--sigma", flags->options.sigmas, "the n of n-sigma ranges, any real numbers above 0")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str()
      ->type_name("N,...");
  command->add_option("--per", flags->per, "tensor, or channel: every channel's range too")->capture_default_str()->type_name("WHAT");
  command->add_option("--threads", flags->options.threads, "0: one per processor")->capture_default_str()->check(CLI::Range(0, 1024));
  command->add_option("--csv", flags->csv, "write every number there too")->type_name("FILE");
  command->add_flag("--json", flags->json, "one JSON object on stdout");
  add_report_flags(*command, flags->report, true);
  command->footer(
      "% outside of weights is exact, of activations exact to 1/2048 of the range seen. Codes unused: of the 8-bit codes over [min, max]\n"
      "(weights: symmetric per output channel; in brackets: one scale for the tensor), those beyond the smallest and the largest value;\n"
      "empty: codes between them on which nothing falls, with one scale. docs/ranges.md says more.\n"
      "Examples:\n  galet ranges resnet20.onnx --data folder:cifar10/train --samples 512\n"
      "  galet ranges lenet.galet --sigma 1,2,2.5,3 --csv ranges.csv");
  command->callback([flags] { run_ranges(*flags); });
}

}  // namespace galet::tools
