// galet evaluate: accuracy over a labelled data set, for float and integer networks alike.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "galet/data/dataset.h"
#include "galet/data/npy.h"
#include "galet/evaluate/accuracy.h"
#include "galet/package/package.h"
#include "tools/cli.h"
#include "tools/report_files.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::string data, dump;
  bool integers = false, json = false, reference = false, record = false;
  evaluate::AccuracyOptions options;
  ReportFiles report;
};

/// Keeps what was measured in the package's metadata.
void record(Graph graph, const evaluate::Accuracy& accuracy, const std::string& data, const std::string& path) {
  auto& metadata = graph.info.metadata;
  metadata["measured.data"] = data;
  metadata["measured.top1"] = fmt::format("{:.4f} ({} of {})", accuracy.top1, accuracy.top1_correct, accuracy.images);
  metadata["measured.top5"] = fmt::format("{:.4f}", accuracy.top5);
  package::save(graph, path, {.compress = package::is_compressed(path)});
}

void run_evaluate(Flags flags) {
  if (flags.integers && flags.dump.empty()) throw UsageError("--dump-integers says what --dump-outputs FILE.npy writes: give both");
  if (flags.record && !package::is_package(flags.model.path))
    throw UsageError("--record writes into a .galet file, and " + flags.model.path + " is none");
  check_report_files(flags.report);
  const Graph graph = load_ready(flags.model);
  const auto dataset = data::open_dataset(flags.data);
  flags.options.keep = flags.dump.empty() ? evaluate::Keep::nothing : flags.integers ? evaluate::Keep::codes : evaluate::Keep::outputs;
  flags.options.reference = flags.reference;
  ProgressBar bar;
  const evaluate::Accuracy accuracy = evaluate::accuracy(graph, *dataset, flags.options, bar);
  bar.finish();
  if (flags.record) record(graph, accuracy, dataset->description(), flags.model.path);
  if (!flags.dump.empty()) data::write_npy(flags.dump, accuracy.outputs);
  if (flags.report.wanted()) {
    report::Findings findings;
    findings.title = model_title(flags.model.path);
    report::Model model = report_model_file(form_name(graph), flags.model.path, &graph);
    model.accuracy = accuracy;
    findings.models.push_back(std::move(model));
    findings.about.emplace_back("evaluation", fmt::format("first {} of {}", accuracy.images, dataset->description()));
    write_report(flags.report, std::move(findings));
  }
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
  CLI::App* command = app.add_subcommand("evaluate", "top-1 and top-5 over a data set");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("--data", flags->data, "folder:DIR, list:FILE, cifar:FILE, mnist:DIR, npy:FILE or tidewrack:test")
      ->required()
      ->type_name("SPEC");
  command->add_option("--limit", flags->options.limit, "the first N images only, in sorted path order")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command->add_option("--dump-outputs", flags->dump, "write the raw outputs of all images, in order, as float32")->type_name("FILE.npy");
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
