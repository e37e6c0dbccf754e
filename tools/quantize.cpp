// galet quantize: a float network in, an integer network out.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "galet/calibrate/observer.h"
#include "galet/data/dataset.h"
#include "galet/evaluate/latency.h"
#include "galet/package/package.h"
#include "galet/pipeline/quantize_model.h"
#include "tools/cli.h"
#include "tools/report_files.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::string data, output, mode = "static", weights = "min_max";
  pipeline::QuantizeRecipe recipe;
  bool json = false, explain = false;
  package::SaveOptions stored;
  ReportFiles report;
};

void quantize_command(Flags flags) {
  // Large blocks go back to the system at once, so that peak memory does not depend on how the allocator's threads happened to meet.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 18);
  const auto begin = std::chrono::steady_clock::now();
  flags.recipe.quantization.mode = quantize::parse_mode(flags.mode);
  flags.recipe.quantization.weights = quantize::parse_weight_range(flags.weights);
  calibrate::parse_observer(flags.recipe.calibration.observer);
  if (!flags.recipe.clip_weights.empty()) calibrate::parse_observer(flags.recipe.clip_weights);
  if (flags.recipe.quantization.mode == quantize::Mode::fixed && flags.data.empty())
    throw UsageError("static quantization needs images: --data SPEC");
  check_report_files(flags.report);
  const Graph graph = load(flags.model);
  std::unique_ptr<data::Dataset> dataset;
  if (!flags.data.empty()) dataset = data::open_dataset(flags.data);
  ProgressBar bar;
  pipeline::QuantizedModel model = pipeline::quantize_model(graph, dataset.get(), flags.recipe, bar);
  bar.finish();
  const auto package_bytes = static_cast<int64_t>(package::save(model.graph, flags.output, flags.stored));
  if (flags.explain)
    print_remarks(model.remarks);
  else
    print_remarks(model.quantization.remarks);

  const auto float_bytes = static_cast<int64_t>(std::filesystem::file_size(flags.model.path));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (flags.report.wanted()) {
    report::Findings findings;
    findings.title = model_title(flags.output);
    findings.models.push_back(report_model_file("float", flags.model.path, &graph));
    findings.models.push_back(report_model_file("int8", flags.output, &model.graph));
    findings.remarks = model.remarks;
    if (dataset)
      findings.about.emplace_back(
          "calibration", fmt::format("{} images, seed {}, of {}, observer {}", model.calibration.images, flags.recipe.calibration.seed,
                                     dataset->description(), model.calibration.observer));
    write_report(flags.report, std::move(findings));
  }
  const auto& q = model.quantization;
  if (flags.json) {
    const nlohmann::ordered_json root{{"package_bytes", package_bytes},
                                      {"float_bytes", float_bytes},
                                      {"seconds", seconds},
                                      {"peak_memory_bytes", evaluate::peak_memory_bytes()},
                                      {"observer", model.calibration.observer},
                                      {"samples", model.calibration.images},
                                      {"mode", flags.mode},
                                      {"integer_nodes", q.integer_nodes},
                                      {"float_nodes", q.float_nodes},
                                      {"interior_dequantizes", q.interior_dequantizes},
                                      {"output", flags.output}};
    return print(root.dump() + "\n");
  }
  print(fmt::format("{}: {} ({}), {:.2f} times smaller than {} ({})\n", flags.output, bytes_text(package_bytes), flags.mode,
                    static_cast<double>(float_bytes) / static_cast<double>(package_bytes), flags.model.path, bytes_text(float_bytes)));
  print(fmt::format("{} nodes on integers, {} float, {} interior dequantize; ", q.integer_nodes, q.float_nodes, q.interior_dequantizes));
  if (model.calibration.images > 0)
    print(fmt::format("{} calibration images, observer {}; ", model.calibration.images, model.calibration.observer));
  print(fmt::format("{:.1f} s, peak memory {}\n", seconds, bytes_text(evaluate::peak_memory_bytes())));
}

}  // namespace

void add_quantize(CLI::App& app) {
  CLI::App* command = app.add_subcommand("quantize", "to 8-bit integers: static (calibrated) or dynamic");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command
      ->add_option("--data", flags->data, "images to calibrate on: folder:DIR, list:FILE, cifar:FILE, mnist:DIR, npy:FILE, tidewrack:train")
      ->type_name("SPEC");
  command->add_option("-o,--output", flags->output, "the .galet file to write")->required()->type_name("FILE");
  add_compress(*command, flags->stored);
  command->add_option("--mode", flags->mode, "static or dynamic")->capture_default_str()->type_name("MODE");
  command->add_option("--samples", flags->recipe.calibration.samples, "calibration images, drawn at random")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command->add_option("--seed", flags->recipe.calibration.seed, "of that draw")->capture_default_str();
  std::string observers;
  for (const calibrate::ObserverRule& rule : calibrate::observer_rules())
    observers += fmt::format("{}{}{}", observers.empty() ? "" : ", ", rule.name, rule.has_parameter ? ":X" : "");
  command->add_option("--observer", flags->recipe.calibration.observer, "how activations' ranges are chosen: " + observers)
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--weights", flags->weights, "how weights' ranges are chosen: min_max or mse")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_flag("--equalize-channels", flags->recipe.equalize_channels,
                    "scale channels of neighbouring layers against each other first");
  command
      ->add_option("--clip-weights", flags->recipe.clip_weights,
                   "first clip weights to the range that an observer finds for them, per channel: n_sigma:2.5, percentile:99.9, mse, ...")
      ->type_name("NAME");
  command->add_flag("--correct-bias", flags->recipe.correct_bias, "take the mean shift of each layer out of its bias afterwards");
  command->add_option("--keep-float", flags->recipe.quantization.keep_float, "names of nodes that stay float")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NODE,...");
  command->add_option("--without", flags->recipe.without, "transforms to leave out, e.g. fold_batchnorm")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("PASS,...");
  command->add_option("--threads", flags->recipe.calibration.threads, "0: one per processor")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  command->add_flag("--json", flags->json, "one JSON object on stdout");
  command->add_flag("--explain", flags->explain, "what every step did to which node and why, on stderr");
  add_report_flags(*command, flags->report);
  command->footer(
      "Examples:\n  galet quantize resnet20.onnx --data folder:cifar10/train --samples 512 --seed 1 -o resnet20.galet\n"
      "  galet quantize net.onnx --mode dynamic -o net.galet\n  galet quantize net.onnx --data list:images.txt --observer mse "
      "--correct-bias -o net.galet");
  command->callback([flags] { quantize_command(*flags); });
}

}  // namespace galet::tools
