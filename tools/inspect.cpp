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
  if (p.letterbox) text += fmt::format("{}letterbox on code {}", text.empty() ? "" : ", ", p.fill);
  if (text.empty()) text = "resize to the input";
  return fmt::format("{}; {}/255, mean {}, std {}{}", text, p.order, fmt::join(p.mean, ","), fmt::join(p.std, ","),
                     p.assumed ? " (assumed)" : "");
}

std::string tensor_kind(package::StoredTensor::Kind kind) {
  switch (kind) {
    case package::StoredTensor::Kind::constant:
      return "constants";
    case package::StoredTensor::Kind::mask:
      return "masks";
    case package::StoredTensor::Kind::attribute:
      return "attributes";
  }
  return "";
}

/// Where the bytes of a file went: a row for each way in which tensors are stored.
struct StoredRow {
  int64_t tensors = 0, elements = 0, dense_bytes = 0, bytes = 0;
};
std::map<std::array<std::string, 2>, StoredRow> stored_rows(const std::string& path) {
  std::map<std::array<std::string, 2>, StoredRow> rows;
  for (const package::StoredTensor& tensor : package::stored_tensors(path)) {
    StoredRow& row = rows[{tensor_kind(tensor.kind), tensor.encoding + (tensor.bits == 0 ? "" : fmt::format(", {} bits", tensor.bits))}];
    row.tensors += 1, row.elements += tensor.elements;
    row.dense_bytes += static_cast<int64_t>(tensor.dense_bytes), row.bytes += static_cast<int64_t>(tensor.bytes);
  }
  return rows;
}

void print_bytes(const std::string& path) {
  const package::Sections sections = package::sections(path);
  print(fmt::format("file: {} metadata, {} constants, {} total\n", grouped(static_cast<int64_t>(sections.metadata)),
                    grouped(static_cast<int64_t>(sections.constants)), grouped(static_cast<int64_t>(sections.total))));
  Table table({"what", "stored as", "tensors", "elements", "bytes dense", "bytes stored"});
  for (const auto& [key, row] : stored_rows(path))
    table.add({key[0], key[1], grouped(row.tensors), grouped(row.elements), grouped(row.dense_bytes), grouped(row.bytes)});
  print(table.text());
}

nlohmann::ordered_json bytes_json(const std::string& path) {
  const package::Sections sections = package::sections(path);
  nlohmann::ordered_json stored = nlohmann::json::array();
  for (const auto& [key, row] : stored_rows(path))
    stored.push_back({{"what", key[0]},
                      {"encoding", key[1]},
                      {"tensors", row.tensors},
                      {"elements", row.elements},
                      {"dense_bytes", row.dense_bytes},
                      {"bytes", row.bytes}});
  return {{"metadata", sections.metadata}, {"constants", sections.constants}, {"total", sections.total}, {"stored", stored}};
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
  const bool bytes = flags.bytes && package::is_package(flags.model.path);
  if (flags.json) {
    nlohmann::ordered_json root = to_json(graph, cost, file_bytes);
    if (bytes) root["file"] = bytes_json(flags.model.path);
    return print(root.dump() + "\n");
  }

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
  if (bytes) print_bytes(flags.model.path);
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
  command->add_flag("--bytes", flags->bytes, "how the file's bytes divide: sections, and tensors by how they are stored");
  add_report_flags(*command, flags->report);
  command->footer(
      "Examples:\n  galet inspect resnet20.onnx\n  galet inspect resnet20.onnx --simplify --explain\n  galet inspect resnet20.galet "
      "--json");
  command->callback([flags] { inspect(*flags); });
}

}  // namespace galet::tools
