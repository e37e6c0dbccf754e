// galet compare: layer by layer, how far two forms of a network lie apart.
#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "galet/analysis/compare.h"
#include "galet/data/dataset.h"
#include "tools/cli.h"
#include "tools/report_files.h"

namespace galet::tools {
namespace {

struct Flags {
  std::string a, b, data;
  pipeline::ModelFlags about;
  analysis::CompareOptions options;
  bool json = false;
  ReportFiles report;
};

void run_compare(const Flags& flags) {
  check_report_files(flags.report);
  const Graph b = load_ready(flags.b, flags.about);
  // The float network sees images as the integer one does: it was made from it.
  pipeline::LoadedModel first = pipeline::load_model(flags.a, flags.about);
  if (first.graph.info.preprocessing.assumed) first.graph.info.preprocessing = b.info.preprocessing;
  pipeline::make_ready(first);
  const auto dataset = data::open_dataset(flags.data);
  ProgressBar bar;
  const analysis::Comparison comparison = analysis::compare(first.graph, b, *dataset, flags.options, bar);
  bar.finish();
  if (flags.report.wanted()) {
    report::Findings findings;
    findings.title = model_title(flags.b);
    findings.models.push_back(report_model_file("first", flags.a, &first.graph));
    findings.models.push_back(report_model_file("second", flags.b, &b));
    findings.comparison = comparison;
    for (const ValueId id : b.values()) findings.value_order.push_back(b.value(id).name);
    findings.about.emplace_back("images", fmt::format("{}, spread over {}", comparison.images, dataset->description()));
    write_report(flags.report, std::move(findings));
  }
  if (flags.json) {
    nlohmann::ordered_json layers = nlohmann::json::array();
    for (const analysis::LayerError& layer : comparison.layers) {
      nlohmann::ordered_json row{
          {"name", layer.name}, {"sqnr_db", nullptr}, {"op", layer.op}, {"max_error", layer.max_error}, {"mean_error", layer.mean_error}};
      if (std::isfinite(layer.sqnr_db)) row["sqnr_db"] = layer.sqnr_db;
      layers.push_back(row);
    }
    const nlohmann::ordered_json root{
        {"images", comparison.images},
        {"agreement", comparison.agreement ? nlohmann::ordered_json(*comparison.agreement) : nlohmann::ordered_json(nullptr)},
        {"layers", layers}};
    return print(root.dump() + "\n");
  }
  Table table({"value", "op", "SQNR dB", "max error", "mean error"});
  for (const analysis::LayerError& layer : comparison.layers)
    table.add({layer.name, layer.op, fmt::format("{:.1f}", layer.sqnr_db), fmt::format("{:.4g}", layer.max_error),
               fmt::format("{:.3g}", layer.mean_error)});
  print(table.text());
  if (comparison.agreement)
    print(fmt::format("\nthe highest score agrees on {:.2f} % of {} images\n", 100 * *comparison.agreement, comparison.images));
  else
    print(fmt::format("\n{} images; no agreement is given: the first output is not one vector of scores\n", comparison.images));
}

}  // namespace

void add_compare(CLI::App& app) {
  CLI::App* command = app.add_subcommand("compare", "per layer signal-to-noise between two forms of a network, worst first");
  auto flags = std::make_shared<Flags>();
  command->add_option("a", flags->a, "the reference, usually the float .onnx")->required()->type_name("MODEL");
  command->add_option("b", flags->b, "the other, usually the .galet")->required()->type_name("MODEL");
  add_about_flags(*command, flags->about);
  command->add_option("--data", flags->data, "images: folder:DIR, list:FILE, cifar:FILE, npy:FILE or tidewrack:test")
      ->required()
      ->type_name("SPEC");
  command->add_option("--images", flags->options.images, "how many, spread evenly over the data set; 0: all")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{0}, int64_t{1'000'000'000}));
  command->add_option("--threads", flags->options.threads, "0: one per processor")->capture_default_str()->check(CLI::Range(0, 1024));
  command->add_flag("--json", flags->json, "one JSON object on stdout");
  add_report_flags(*command, flags->report);
  command->footer("Example:\n  galet compare resnet20.onnx resnet20.galet --data folder:cifar10/test");
  command->callback([flags] { run_compare(*flags); });
}

}  // namespace galet::tools
