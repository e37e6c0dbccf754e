// galet inspect: what a network is made of and what it costs.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "galet/analysis/cost.h"
#include "galet/ir/text.h"
#include "galet/package/package.h"
#include "galet/transform/passes.h"
#include "tools/cli.h"
#include "tools/report_files.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  bool json = false, text = false, simplify = false, explain = false, bytes = false;
  ReportFiles report;
};

nlohmann::ordered_json to_json(const Graph& graph, const analysis::Cost& cost, int64_t file_bytes) {
  nlohmann::ordered_json layers = nlohmann::json::array();
  for (const analysis::LayerCost& layer : cost.layers)
    layers.push_back({{"name", layer.name},
                      {"op", layer.op},
                      {"src", layer.src},
                      {"dst", layer.dst},
                      {"parameters", layer.parameters},
                      {"macs", layer.macs},
                      {"weight_bytes", layer.weight_bytes},
                      {"activation_bytes", layer.activation_bytes},
                      {"precision", layer.precision}});
  nlohmann::ordered_json root{
      {"name", graph.info.name},        {"parameters", cost.parameters}, {"macs", cost.macs},
      {"bytes", cost.weight_bytes},     {"file_bytes", file_bytes},      {"largest_activation_bytes", cost.largest_activation_bytes},
      {"metadata", graph.info.metadata}};
  root["layers"] = layers;
  return root;
}

std::string describe(const Preprocessing& p) {
  std::string text = p.resize != 0 ? fmt::format("resize {}", p.resize) : "";
  if (p.crop_height != 0) text += fmt::format("{}crop {}x{}", text.empty() ? "" : ", ", p.crop_height, p.crop_width);
  if (text.empty()) text = "resize to the input";
  return fmt::format("{}; {}/255, mean {}, std {}{}", text, p.order, fmt::join(p.mean, ","), fmt::join(p.std, ","),
                     p.assumed ? " (assumed)" : "");
}

/// One line for each number of bits.
void print_packed(const Graph& graph) {
  std::map<int, std::array<int64_t, 3>> rows;  // tensors, codes, bytes
  for (const ValueId id : graph.values()) {
    const package::StoredConstant stored = package::stored_constant(graph.value(id));
    if (stored.bits == 0) continue;
    auto& row = rows[stored.bits];
    row[0] += 1, row[1] += graph.value(id).constant.size(), row[2] += static_cast<int64_t>(stored.bytes);
  }
  for (const auto& [bits, row] : rows)
    print(fmt::format("packed: {} codes of {} tensors in {} bits each, {} bytes\n", grouped(row[1]), row[0], bits, grouped(row[2])));
}

void inspect(const Flags& flags) {
  check_report_files(flags.report);
  Graph graph = load(flags.model);
  Remarks remarks;
  if (flags.simplify) {
    remarks = transform::simplify(graph);
    if (flags.explain) print_remarks(remarks);
  }
  if (flags.text) return print(galet::print(graph));
  const analysis::Cost cost = analysis::cost(graph);
  const auto file_bytes = static_cast<int64_t>(std::filesystem::file_size(flags.model.path));
  if (flags.report.wanted()) {
    report::Findings findings;
    findings.title = model_title(flags.model.path);
    findings.models.push_back(report_model_file(form_name(graph), flags.model.path, &graph));
    findings.remarks = remarks;
    for (const auto& [key, text] : graph.info.metadata) findings.about.emplace_back(key, text);
    write_report(flags.report, std::move(findings));
  }
  if (flags.json) return print(to_json(graph, cost, file_bytes).dump() + "\n");

  Table table({"layer", "op", "output", "parameters", "MMAC", "weight bytes", "precision"});
  for (const analysis::LayerCost& layer : cost.layers)
    table.add({layer.name, layer.op, to_string(layer.dst), grouped(layer.parameters),
               layer.macs == 0 ? "" : fmt::format("{:.3f}", static_cast<double>(layer.macs) / 1e6), grouped(layer.weight_bytes),
               layer.precision});
  print(table.text());
  print(fmt::format("\n{}: {} parameters, {:.1f} MMAC, {} of weights, file {}\n", graph.info.name, grouped(cost.parameters),
                    static_cast<double>(cost.macs) / 1e6, bytes_text(cost.weight_bytes), bytes_text(file_bytes)));
  for (const ValueId id : graph.inputs())
    print(fmt::format("input \"{}\" {} {}{}\n", graph.value(id).name, to_string(graph.value(id).dtype), to_string(graph.value(id).shape),
                      graph.dynamic_batch ? " (any batch)" : ""));
  for (const ValueId id : graph.outputs())
    print(fmt::format("output \"{}\" {} {}\n", graph.value(id).name, to_string(graph.value(id).dtype), to_string(graph.value(id).shape)));
  print("preprocessing: " + describe(graph.info.preprocessing) + "\n");
  for (const auto& [key, text] : graph.info.metadata) print(key + ": " + text + "\n");
  if (!graph.info.calibration_samples.empty()) print(fmt::format("calibrated on {} images\n", graph.info.calibration_samples.size()));
  if (flags.bytes && package::is_package(flags.model.path)) {
    const package::Sections sections = package::sections(flags.model.path);
    print(fmt::format("file: {} metadata, {} constants, {} total\n", grouped(static_cast<int64_t>(sections.metadata)),
                      grouped(static_cast<int64_t>(sections.constants)), grouped(static_cast<int64_t>(sections.total))));
    print_packed(graph);
  }
}

}  // namespace

void add_inspect(CLI::App& app) {
  CLI::App* command = app.add_subcommand("inspect", "layers, parameters, multiply-accumulates, bytes");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_flag("--json", flags->json, "one JSON object on stdout");
  command->add_flag("--text", flags->text, "the whole graph in text form");
  command->add_flag("--simplify", flags->simplify, "after fusing and folding, as quantize sees it");
  command->add_flag("--explain", flags->explain, "with --simplify: what was done to which node, on stderr");
  command->add_flag("--bytes", flags->bytes, "how the file's bytes divide");
  add_report_flags(*command, flags->report);
  command->footer(
      "Examples:\n  galet inspect resnet20.onnx\n  galet inspect resnet20.onnx --simplify --explain\n  galet inspect resnet20.galet "
      "--json");
  command->callback([flags] { inspect(*flags); });
}

}  // namespace galet::tools
