// galet tune: a float network in, an integer network of few bits out, trained with its quantizers.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "galet/core/crc32.h"
#include "galet/package/package.h"
#include "galet/torch/tune/tune.h"
#include "tools/cli.h"
#include "tools/torch/training.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  TrainingFlags training;
  pipeline::TuneRecipe recipe;
  std::string recipe_file;
  std::vector<std::string> layers;
  bool explain = false;
};

constexpr double kWideGap = 0.2, kWideApGap = 0.5;  // points of top-1 and of AP between the trained and the integer network

/// "PATTERN=WEIGHTS/ACTIVATIONS"
pipeline::TuneRecipe::Layer parse_layer(const std::string& text) {
  const size_t equal = text.rfind('='), slash = text.find('/', equal == std::string::npos ? 0 : equal);
  if (equal == std::string::npos || equal == 0 || slash == std::string::npos)
    throw UsageError("--layer wants PATTERN=WEIGHTS/ACTIVATIONS, not \"" + text + "\"");
  return {text.substr(0, equal), text.substr(equal + 1, slash - equal - 1), text.substr(slash + 1)};
}

struct Packed {
  int64_t codes = 0, bytes = 0;  // of int8 and narrower constants; the same codes for several levels of a pyramid are stored once
};
Packed packed_weights(const Graph& graph) {
  Packed packed;
  std::set<std::pair<int64_t, uint32_t>> seen;  // size and checksum
  for (const ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (!value.is_constant() || !value.quant || value.quant->storage != DType::i8) continue;
    if (!seen.emplace(value.constant.size(), crc32({value.constant.bytes(), value.constant.byte_size()})).second) continue;
    packed.codes += value.constant.size(), packed.bytes += static_cast<int64_t>(package::stored_constant(value).bytes);
  }
  return packed;
}

void report(const Flags& f, const torch::tune::TuneResult& result, int64_t file_bytes) {
  const Packed packed = packed_weights(result.network);
  if (result.images > 0 && std::fabs(result.gap()) > (result.detects() ? kWideApGap : kWideGap))
    fmt::print(stderr, "warning: {}\n",
               fmt::format("the integer network is {:.2f} points {} than training said; it is farthest from it in \"{}\" ({:.1f} dB)",
                           std::fabs(result.gap()), result.gap() > 0 ? "worse" : "better", result.farthest, result.farthest_sqnr));
  if (f.training.json) {
    nlohmann::ordered_json root{{"output", f.training.output}, {"epochs", result.last.epoch + 1}, {"loss", result.last.loss}};
    if (result.images > 0 && result.detects()) {
      root["ap"] = {
          {"float", result.teacher.ap}, {"trained", result.trained.ap}, {"integer", result.integer.ap}, {"images", result.images}};
      root["ap50"] = {{"float", result.teacher.ap50}, {"trained", result.trained.ap50}, {"integer", result.integer.ap50}};
    } else if (result.images > 0)
      root["top1"] = {{"float", result.teacher.accuracy()},
                      {"trained", result.trained.accuracy()},
                      {"integer", result.integer_accuracy()},
                      {"images", result.images}};
    root["farthest"] = {{"value", result.farthest}, {"sqnr", result.farthest_sqnr}};
    root["weights"] = {{"codes", packed.codes}, {"bytes", packed.bytes}};
    root["package_bytes"] = file_bytes;
    root["seconds"] = result.last.seconds;
    return print(root.dump() + "\n");
  }
  std::string text = fmt::format("{}: {}, weights {} in {} bytes", f.training.output, bytes_text(file_bytes), grouped(packed.codes),
                                 grouped(packed.bytes));
  if (result.images > 0 && result.detects())
    text += fmt::format("\n{} images: float {}; as trained {}; integer {}", result.images, merit_text(result.teacher),
                        merit_text(result.trained), merit_text(result.integer));
  else if (result.images > 0)
    text += fmt::format("\ntop-1 of {} images: float {:.2f} %, as trained {:.2f} %, integer {:.2f} %", result.images,
                        100 * result.teacher.accuracy(), 100 * result.trained.accuracy(), 100 * result.integer_accuracy());
  print(text + "\n");
}

void run_tune(Flags f) {
  if (!f.recipe_file.empty()) {
    pipeline::TuneRecipe recipe;
    pipeline::read_tune_recipe(f.recipe_file, recipe);
    f.recipe = std::move(recipe);
  }
  for (const std::string& text : f.layers) f.recipe.layers.push_back(parse_layer(text));
  prepare_training(f.training);
  Graph graph = load(f.model);
  const TrainingData data = open_training_data(f.training, graph);
  if (graph.info.labels.empty()) graph.info.labels = data.dataset->class_names();
  graph.info.preprocessing.assumed = false;
  torch::tune::TuneOptions options;
  options.recipe = f.recipe, options.training = f.training.options;
  options.training.checkpoint = f.training.checkpoint;
  options.resume = f.training.resume;
  options.threads = f.training.threads;
  options.detector = detector_options(f.training, graph);
  TrainingLog log(f.training, f.training.resume && std::filesystem::exists(f.training.checkpoint), detect::is_detector(graph));
  torch::tune::TuneHooks hooks;
  hooks.round_begins = [&](const std::string& text) {
    if (!f.training.json) print("tuning to " + text + "\n");
  };
  hooks.after_step = [&](const auto& status) { log.after_step(status); };
  hooks.after_epoch = [&](const auto& status) { log.after_epoch(status); };
  const torch::tune::TuneResult result = torch::tune::tune(graph, data.training, data.test, options, hooks);
  if (f.explain) print_remarks(result.remarks);
  if (!result.finished)
    fail("stopped in epoch {} of {}; the same command with --resume goes on from {}", result.last.epoch + 1, result.last.epochs,
         f.training.checkpoint);
  Graph network = result.network;
  auto& metadata = network.info.metadata;
  metadata["tuned.data"] = f.training.data;
  metadata["tuned.epochs"] = std::to_string(result.last.epoch + 1);
  if (result.images > 0) {
    metadata["tuned.test"] = f.training.test;
    if (result.detects())
      metadata["tuned.ap"] = fmt::format("{:.4f}", result.integer.ap), metadata["tuned.ap50"] = fmt::format("{:.4f}", result.integer.ap50);
    else
      metadata["tuned.top1"] = fmt::format("{:.4f} ({} of {})", result.integer_accuracy(), result.integer_correct, result.images);
  }
  report(f, result, static_cast<int64_t>(package::save(network, f.training.output, f.training.stored)));
}

}  // namespace

void add_tune(CLI::App& app) {
  CLI::App* command = app.add_subcommand("tune", "train a network with its quantizers: 8 bits and fewer, by distillation and labels");
  auto flags = std::make_shared<Flags>();
  flags->training.options.epochs = 1;
  flags->training.options.schedule.lr = 0.01;
  add_model(*command, flags->model);
  pipeline::TuneRecipe& r = flags->recipe;
  command->add_option("--weights", r.weights, "quantizer: int:8..2, lsq:8..2, dorefa:7..2, lqnet:4..2, twn, ttq, binary")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--activations", r.activations, "quantizer: int:8..2, lsq:8..2, dorefa:8..2, pact:8..2, lqnet:4..2, ternary")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--first", r.first, "of the first layer, both sides; or float")->capture_default_str()->type_name("NAME");
  command->add_option("--last", r.last, "of the last layer, both sides; or float")->capture_default_str()->type_name("NAME");
  command->add_option("--shortcut", r.shortcut, "what residual additions read: int8, float, or low (as layers)")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--layer", flags->layers, "other quantizers for layers whose name the pattern matches: PATTERN=WEIGHTS/ACTIVATIONS")
      ->allow_extra_args(false)
      ->type_name("RULE");
  command->add_option("--bn", r.bn, "batch norms: absorb, freeze, fold or reestimate")->capture_default_str()->type_name("POLICY");
  command->add_option("--gradual", r.gradual, "rounds with so many bits before the wanted ones")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("8,4,...");
  command->add_option("--distill", r.distill, "weight of the float network's scores as teacher")->capture_default_str();
  command->add_option("--temperature", r.temperature, "that softens these scores")->capture_default_str();
  command->add_option("--labels", r.labels, "weight of the labels, where images have them")->capture_default_str();
  command->add_option("--features", r.features, "weight of what residual blocks give and the last layer reads, against the teacher's")
      ->capture_default_str();
  command->add_option("--calibration-batches", r.warmup, "batches that find the first ranges")->capture_default_str();
  command->add_option("--recipe", flags->recipe_file, "all of these from a .yaml file")->type_name("FILE");
  add_training_flags(*command, flags->training);
  command->add_flag("--explain", flags->explain, "what was decided about which layer and why, on stderr");
  command->footer(
      "Examples:\n  galet tune resnet20.onnx --data folder:cifar10/train --test folder:cifar10/test --weights lsq:2 --activations lsq:2 "
      "--epochs 10 -o net.galet\n  galet tune net.onnx --data folder:images --labels 0 --weights int8 --activations int8 -o net.galet\n"
      "docs/tuning.md says what each quantizer is.");
  command->callback([flags] { run_tune(*flags); });
}

}  // namespace galet::tools
