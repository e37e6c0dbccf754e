// galet compare: layer by layer, how far two forms of a network lie apart.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "galet/analysis/compare.h"
#include "galet/data/dataset.h"
#include "galet/package/package.h"
#include "galet/pipeline/report_detector.h"
#include "galet/pipeline/study.h"
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

/// What two forms of a detector find on the images of the comparison.
struct Boxes {
  bool labelled = false;
  pipeline::DetectorForm first, second;
  report::Detector findings;
};

/// A data set whose objects are not known still tells how far two forms lie apart.
Boxes compare_boxes(const Graph& first, const Graph& second, const data::Dataset& dataset, const Flags& flags) {
  const pipeline::SpreadImages images(dataset, flags.options.images);
  ProgressBar bar;
  Boxes boxes;
  boxes.labelled = dataset.has_objects();
  if (boxes.labelled) {
    boxes.first = pipeline::detect_form(first, images, flags.options.threads, bar);
    boxes.second = pipeline::detect_form(second, images, flags.options.threads, bar);
    boxes.findings = pipeline::detector_findings(boxes.first, &boxes.second, "the first", "the second", images);
  } else {
    evaluate::DetectOptions options;
    options.threads = flags.options.threads;
    boxes.first.found = evaluate::detect(first, images, options, bar), boxes.second.found = evaluate::detect(second, images, options, bar);
    int classes = 1;
    for (const auto* form : {&boxes.first, &boxes.second})
      for (const evaluate::ImageDetections& image : form->found.images)
        for (const Detection& one : image.found) classes = std::max(classes, one.label + 1);
    boxes.findings.agreement = evaluate::agreement(boxes.first.found.images, boxes.second.found.images, classes);
  }
  bar.finish();
  return boxes;
}

nlohmann::ordered_json json_of(const Boxes& boxes) {
  using evaluate::CocoNumber;
  const evaluate::DetectionAgreement& found = *boxes.findings.agreement;
  nlohmann::ordered_json root{{"min_score", found.min_score},
                              {"pairs", found.pairs},
                              {"lost", found.lost},
                              {"gained", found.gained},
                              {"mean_iou", found.mean_iou},
                              {"ap_against_first", found.as_truth[CocoNumber::ap]},
                              {"ap50_against_first", found.as_truth[CocoNumber::ap50]}};
  if (boxes.labelled) {
    root["ap"] = {boxes.first.coco[CocoNumber::ap], boxes.second.coco[CocoNumber::ap]};
    root["ap50"] = {boxes.first.coco[CocoNumber::ap50], boxes.second.coco[CocoNumber::ap50]};
  }
  return root;
}

std::string text_of(const Boxes& boxes) {
  using evaluate::CocoNumber;
  const evaluate::DetectionAgreement& found = *boxes.findings.agreement;
  std::string text = fmt::format("boxes of score {:.2f} or more on {} images: {} alike (mean IoU {:.3f}), {} lost, {} new", found.min_score,
                                 found.images.size(), found.pairs, found.mean_iou, found.lost, found.gained);
  if (found.as_truth[CocoNumber::ap] >= 0)
    text += fmt::format("; AP {:.3f}, AP50 {:.3f} with what the first finds as the truth", found.as_truth[CocoNumber::ap],
                        found.as_truth[CocoNumber::ap50]);
  text += "\n";
  if (boxes.labelled)
    text += fmt::format("AP {:.4f} and {:.4f}, AP50 {:.4f} and {:.4f}\n", boxes.first.coco[CocoNumber::ap],
                        boxes.second.coco[CocoNumber::ap], boxes.first.coco[CocoNumber::ap50], boxes.second.coco[CocoNumber::ap50]);
  return text;
}

void run_compare(const Flags& flags) {
  check_report_files(flags.report);
  pipeline::ModelFlags about = flags.about;
  if (package::is_package(flags.b)) about.detections.clear();  // which is for what is imported: the other one
  const Graph b = load_ready(flags.b, about);
  // The float network sees images as the integer one does: it was made from it.
  pipeline::LoadedModel first = pipeline::load_model(flags.a, flags.about);
  if (first.graph.info.preprocessing.assumed) first.graph.info.preprocessing = b.info.preprocessing;
  pipeline::make_ready(first);
  const auto dataset = data::open_dataset(flags.data);
  ProgressBar bar;
  const analysis::Comparison comparison = analysis::compare(first.graph, b, *dataset, flags.options, bar);
  bar.finish();
  std::optional<Boxes> boxes;
  if (evaluate::is_detector(first.graph) && evaluate::is_detector(b)) boxes = compare_boxes(first.graph, b, *dataset, flags);
  if (flags.report.wanted()) {
    report::Findings findings;
    findings.title = model_title(flags.b);
    findings.models.push_back(report_model_file("first", flags.a, &first.graph));
    findings.models.push_back(report_model_file("second", flags.b, &b));
    findings.comparison = comparison;
    if (boxes && boxes->labelled) {
      findings.models[0].detection = boxes->first.coco, findings.models[1].detection = boxes->second.coco;
      findings.detector = boxes->findings;
    }
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
    nlohmann::ordered_json root{
        {"images", comparison.images},
        {"agreement", comparison.agreement ? nlohmann::ordered_json(*comparison.agreement) : nlohmann::ordered_json(nullptr)}};
    if (boxes) root["detections"] = json_of(*boxes);
    root["layers"] = std::move(layers);
    return print(root.dump() + "\n");
  }
  Table table({"value", "op", "SQNR dB", "max error", "mean error"});
  for (const analysis::LayerError& layer : comparison.layers)
    table.add({layer.name, layer.op, fmt::format("{:.1f}", layer.sqnr_db), fmt::format("{:.4g}", layer.max_error),
               fmt::format("{:.3g}", layer.mean_error)});
  print(table.text());
  if (boxes)
    print("\n" + text_of(*boxes));
  else if (comparison.agreement)
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
