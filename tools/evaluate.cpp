// galet evaluate: accuracy over a labelled data set, for float and integer networks alike.
#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "galet/core/file.h"
#include "galet/data/dataset.h"
#include "galet/data/npy.h"
#include "galet/evaluate/accuracy.h"
#include "galet/evaluate/detection/detect.h"
#include "galet/package/package.h"
#include "tools/cli.h"
#include "tools/report_files.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::string data, dump, detections;
  bool integers = false, json = false, reference = false, record = false;
  evaluate::AccuracyOptions options;
  ReportFiles report;
};

/// Keeps what was measured in the package's metadata; the file stays as compressed as it was.
void record(Graph graph, const std::string& path, const std::map<std::string, std::string>& measured) {
  for (const auto& [key, value] : measured) graph.info.metadata["measured." + key] = value;
  package::save(graph, path, {.compress = package::is_compressed(path)});
}

/// The report on one network; `add` puts in what was measured.
void report_on(const Flags& flags, const Graph& graph, int64_t images, const data::Dataset& dataset,
               const std::function<void(report::Model&, report::Findings&)>& add) {
  if (!flags.report.wanted()) return;
  report::Findings findings;
  findings.title = model_title(flags.model.path);
  report::Model model = report_model_file(form_name(graph), flags.model.path, &graph);
  add(model, findings);
  findings.models.push_back(std::move(model));
  findings.about.emplace_back("evaluation", fmt::format("first {} of {}", images, dataset.description()));
  write_report(flags.report, std::move(findings));
}

/// COCO's result format, which pycocotools reads.
void write_detections(const std::string& path, const evaluate::Detections& found, const data::Dataset& dataset) {
  nlohmann::ordered_json root = nlohmann::json::array();
  for (size_t i = 0; i < found.images.size(); ++i)
    for (const Detection& one : found.images[i].found) {
      const Box& b = one.box;
      root.push_back({{"image_id", dataset.image_id(static_cast<int64_t>(i))},
                      {"category_id", dataset.category_id(one.label)},
                      {"bbox", {b.left, b.top, double{b.right} - b.left, double{b.bottom} - b.top}},
                      {"score", one.score}});
    }
  write_file(path, root.dump() + "\n");
}

void evaluate_detector(const Flags& flags, const Graph& graph, const data::Dataset& dataset) {
  if (!dataset.has_objects())
    fail("{} is a detector, but {} says nothing of boxes: give coco:, voc:, yolo: or tidewrack_scenes:", flags.model.path,
         dataset.description());
  if (!flags.dump.empty()) throw UsageError("--dump-outputs is for classifiers: --dump-detections writes what a detector finds");
  evaluate::DetectOptions options;
  options.threads = flags.options.threads;
  options.limit = flags.options.limit;
  options.reference = flags.reference;
  ProgressBar bar;
  evaluate::Detections found = evaluate::detect(graph, dataset, options, bar);
  bar.finish();
  const int classes = static_cast<int>(dataset.class_names().size());
  evaluate::relabel(found, graph.info.labels, dataset);
  const evaluate::CocoResult coco = evaluate::coco_ap(found.images, classes);
  const evaluate::VocResult points = evaluate::voc_ap(found.images, classes, evaluate::VocRule::points11),
                            area = evaluate::voc_ap(found.images, classes, evaluate::VocRule::area);
  if (!flags.detections.empty()) write_detections(flags.detections, found, dataset);
  if (flags.record)
    record(graph, flags.model.path,
           {{"data", dataset.description()},
            {"ap", fmt::format("{:.4f}", coco[evaluate::CocoNumber::ap])},
            {"ap50", fmt::format("{:.4f}", coco[evaluate::CocoNumber::ap50])}});
  const auto images = static_cast<int64_t>(found.images.size());
  report_on(flags, graph, images, dataset, [&](report::Model& model, report::Findings& findings) {
    model.detection = coco;
    findings.detector.emplace();
    findings.detector->classes = dataset.class_names(), findings.detector->images = images;
  });
  if (flags.json) {
    nlohmann::ordered_json root{{"images", found.images.size()}};
    constexpr const char* kNames[] = {"ap",  "ap50", "ap75",  "ap_small", "ap_medium", "ap_large",
                                      "ar1", "ar10", "ar100", "ar_small", "ar_medium", "ar_large"};
    for (size_t i = 0; i < evaluate::kCocoNumbers; ++i) root[kNames[i]] = coco.numbers[i];
    root["voc_ap50_points11"] = points.mean;
    root["voc_ap50_area"] = area.mean;
    nlohmann::ordered_json rows = nlohmann::json::array();
    for (size_t c = 0; c < coco.class_ap.size(); ++c)
      rows.push_back({{"class", dataset.class_names()[c]},
                      {"ap", coco.class_ap[c]},
                      {"ap50", coco.class_ap50[c]},
                      {"voc_ap50_area", area.class_ap[c]}});
    root["classes"] = std::move(rows);
    root["seconds"] = found.seconds;
    root["images_per_second"] = found.images_per_second;
    return print(root.dump() + "\n");
  }
  print(evaluate::coco_lines(coco));
  print(fmt::format("VOC AP at IoU 0.5: {:.3f} (area), {:.3f} (11 points)\n", area.mean, points.mean));
  Table table({"class", "AP", "AP50", "VOC AP50"});
  for (size_t c = 0; c < coco.class_ap.size(); ++c)
    if (coco.class_ap[c] >= 0)
      table.add({dataset.class_names()[c], fmt::format("{:.3f}", coco.class_ap[c]), fmt::format("{:.3f}", coco.class_ap50[c]),
                 fmt::format("{:.3f}", area.class_ap[c])});
  print(table.text());
  print(fmt::format("{} images, {:.2f} s, {:.1f} images/s\n", found.images.size(), found.seconds, found.images_per_second));
}

void run_evaluate(Flags flags) {
  if (flags.integers && flags.dump.empty()) throw UsageError("--dump-integers says what --dump-outputs FILE.npy writes: give both");
  if (flags.record && !package::is_package(flags.model.path))
    throw UsageError("--record writes into a .galet file, and " + flags.model.path + " is none");
  check_report_files(flags.report);
  const Graph graph = load_ready(flags.model);
  const auto dataset = data::open_dataset(flags.data);
  if (evaluate::is_detector(graph)) return evaluate_detector(flags, graph, *dataset);
  if (!flags.detections.empty()) throw UsageError("--dump-detections is for detectors, and " + flags.model.path + " is none");
  flags.options.keep = flags.dump.empty() ? evaluate::Keep::nothing : flags.integers ? evaluate::Keep::codes : evaluate::Keep::outputs;
  flags.options.reference = flags.reference;
  ProgressBar bar;
  const evaluate::Accuracy accuracy = evaluate::accuracy(graph, *dataset, flags.options, bar);
  bar.finish();
  if (flags.record)
    record(graph, flags.model.path,
           {{"data", dataset->description()},
            {"top1", fmt::format("{:.4f} ({} of {})", accuracy.top1, accuracy.top1_correct, accuracy.images)},
            {"top5", fmt::format("{:.4f}", accuracy.top5)}});
  if (!flags.dump.empty()) data::write_npy(flags.dump, accuracy.outputs);
  report_on(flags, graph, accuracy.images, *dataset, [&](report::Model& model, report::Findings&) { model.accuracy = accuracy; });
  if (flags.json) {
    const nlohmann::ordered_json root{{"images", accuracy.images},   {"top1_correct", accuracy.top1_correct},
                                      {"top1", accuracy.top1},       {"top5", accuracy.top5},
                                      {"seconds", accuracy.seconds}, {"images_per_second", accuracy.images_per_second}};
    return print(root.dump() + "\n");
  }
  if (accuracy.labelled)
    print(fmt::format("top-1 {:.2f} % ({} of {}), top-5 {:.2f} %\n", 100 * accuracy.top1, accuracy.top1_correct, accuracy.images,
                      100 * accuracy.top5));
  else
    print(fmt::format("{} images without labels\n", accuracy.images));
  print(fmt::format("{:.2f} s, {:.0f} images/s\n", accuracy.seconds, accuracy.images_per_second));
}

}  // namespace

void add_evaluate(CLI::App& app) {
  CLI::App* command = app.add_subcommand("evaluate", "top-1 and top-5 of a classifier, average precision of a detector, over a data set");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command
      ->add_option(
          "--data", flags->data,
          "folder:DIR, list:FILE, cifar:FILE, mnist:DIR, npy:FILE, tidewrack:test; with boxes: coco:FILE.json, voc:DIR,split=test, "
          "yolo:DIR, tidewrack_scenes:test")
      ->required()
      ->type_name("SPEC");
  command->add_option("--limit", flags->options.limit, "the first N images only, in sorted path order")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command->add_option("--dump-outputs", flags->dump, "write the raw outputs of all images, in order, as float32")->type_name("FILE.npy");
  command->add_option("--dump-detections", flags->detections, "of a detector: what it finds, in COCO's result format")
      ->type_name("FILE.json");
  command->add_flag("--dump-integers", flags->integers, "with --dump-outputs: the integers instead");
  command->add_option("--threads", flags->options.threads, "0: one per processor")->capture_default_str()->check(CLI::Range(0, 1024));
  command->add_flag("--reference", flags->reference, "run the plain references instead of the kernels (slow: the oracle)");
  command->add_flag("--record", flags->record, "keep the result in the .galet file (galet inspect shows it)");
  command->add_flag("--json", flags->json, "one JSON object on stdout");
  add_report_flags(*command, flags->report);
  command->footer(
      "Examples:\n  galet evaluate resnet20.galet --data folder:cifar10/test\n  galet evaluate resnet20.onnx --data folder:cifar10/test "
      "--limit 1000 --json");
  command->callback([flags] { run_evaluate(*flags); });
}

}  // namespace galet::tools
