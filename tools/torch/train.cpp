// galet train: a network from random weights, or on from weights that are there.
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "galet/evaluate/latency.h"
#include "galet/models/models.h"
#include "galet/package/package.h"
#include "galet/transform/passes.h"
#include "tools/cli.h"
#include "tools/torch/training.h"

namespace galet::tools {
namespace {

struct Flags {
  std::string model, from, size;
  models::Options build;
  pipeline::ModelFlags about;
  TrainingFlags training;
};

/// What must not be folded into weights while it is to be trained.
const std::vector<std::string> kLeftOut{"fold_batchnorm", "fold_affine", "decompose_batchnorm"};

Graph start(Flags& f) {
  if (f.model.empty() == f.from.empty()) throw UsageError("give one of --model NAME and --from FILE");
  if (!f.model.empty()) {
    if (f.build.classes == 0)
      f.build.classes = static_cast<int64_t>(data::open_dataset(f.training.data)->class_names().size());  // 0: the model's own
    f.build.seed = f.training.options.seed;
    Graph graph = models::build(f.model, f.build);
    graph.info.preprocessing = pipeline::apply(f.about, graph.info.preprocessing);
    graph.info.preprocessing.assumed = false;
    return graph;
  }
  const models::Options& b = f.build;
  if (b.classes != 0 || b.height != 0 || !(b.shortcut + b.backbone + b.fpn + b.head).empty())
    throw UsageError("--classes, --size, --shortcut, --backbone, --fpn and --head belong to --model; --from brings its own");
  Graph graph = load(f.from, f.about);
  for (const ValueId id : graph.values())
    if (graph.value(id).quant) fail("{}: is quantized already; galet tune trains quantized networks", f.from);
  transform::simplify(graph, kLeftOut);
  graph.info.preprocessing.assumed = false;
  return graph;
}

void write(Graph graph, const TrainingFlags& f, const torch::train::TrainStatus& s, const std::string& path) {
  auto& metadata = graph.info.metadata;
  metadata["trained.data"] = f.data;
  metadata["trained.epochs"] = std::to_string(s.epoch + 1);
  if (s.evaluation) {
    const auto& e = *s.evaluation;
    metadata["trained.test"] = f.test;
    if (e.detects()) {
      metadata["trained.ap"] = fmt::format("{:.4f}", e.ap), metadata["trained.ap50"] = fmt::format("{:.4f}", e.ap50);
    } else {
      metadata["trained.top1"] = fmt::format("{:.4f} ({} of {})", e.accuracy(), e.correct, e.images);
    }
  }
  package::save(graph, path, f.stored);
}

/// Its measures under their usual names.
nlohmann::ordered_json measures(const torch::train::Evaluation& e) {
  if (e.detects()) return {{"images", e.images}, {"ap", e.ap}, {"ap50", e.ap50}, {"loss", e.loss}};
  return {{"images", e.images}, {"correct", e.correct}, {"top1", e.accuracy()}, {"loss", e.loss}};
}

void report(const TrainingFlags& f, const torch::train::TrainResult& result, const std::string& best_path, bool detects) {
  const auto& last = result.last;
  if (f.json) {
    nlohmann::ordered_json root{{"output", f.output}, {"epochs", last.epoch + 1}, {"loss", last.loss}};
    if (!detects) root["accuracy"] = last.accuracy;
    if (last.evaluation) root["test"] = measures(*last.evaluation);
    if (result.best) {
      root["best"] = {{"epoch", result.best_epoch + 1}};
      root["best"].update(measures(*result.best));
      root["best"]["output"] = best_path;
    }
    root["seconds"] = last.seconds;
    root["images_per_second"] = last.images_per_second;
    root["cpu_ms_per_image"] = last.images > 0 ? 1e3 * last.cpu_seconds / static_cast<double>(last.images) : 0;
    root["peak_memory_bytes"] = evaluate::peak_memory_bytes();
    return print(root.dump() + "\n");
  }
  std::string text = f.output;
  if (last.evaluation) text += ": " + merit_text(*last.evaluation);
  if (result.best) text += fmt::format("; best was epoch {} with {}: {}", result.best_epoch + 1, merit_text(*result.best), best_path);
  print(text + "\n");
}

void run_train(Flags f) {
  prepare_training(f.training);
  Graph graph = start(f);
  const TrainingData data = open_training_data(f.training, graph);
  if (graph.info.labels.empty()) graph.info.labels = data.dataset->class_names();
  const torch::train::DetectorOptions options = detector_options(f.training, graph);
  std::optional<torch::train::Detector> detector;
  if (detect::is_detector(graph)) {
    detector.emplace(graph, options);
    detector->check(*data.training);
    if (data.test) detector->check(*data.test);
  }
  torch::Executor executor(detector ? detector->body() : std::move(graph), {f.training.device, !f.training.contiguous});
  const auto trained = [&] { return detector ? detector->whole(executor.trained_graph()) : executor.trained_graph(); };
  const bool go_on = f.training.resume && std::ifstream(f.training.checkpoint).good();
  TrainingLog log(f.training, go_on, detector.has_value());
  const std::string best_path = without_ending(f.training.output) + ".best.galet";
  torch::train::TrainHooks hooks;
  if (detector) {
    hooks.loss = [&](std::span<const at::Tensor> outputs, const torch::train::Minibatch& batch) { return detector->loss(outputs, batch); };
    if (data.test) hooks.evaluate = [&] { return detector->evaluate(executor, nullptr, *data.test); };
  }
  hooks.after_step = [&](const auto& status) { log.after_step(status); };
  hooks.after_epoch = [&](const auto& status) { log.after_epoch(status); };
  hooks.best = [&](const auto& status) { write(trained(), f.training, status, best_path); };
  torch::train::Trainer trainer(executor, data.training, data.test, f.training.options, std::move(hooks));
  if (go_on) trainer.resume(f.training.checkpoint);
  const torch::train::TrainResult result = trainer.run();
  if (!result.finished)
    fail("stopped in epoch {} of {}; the same command with --resume goes on from {}", result.last.epoch + 1, result.last.epochs,
         f.training.checkpoint);
  trainer.swap_averaged();
  write(trained(), f.training, result.last, f.training.output);
  report(f.training, result, best_path, detector.has_value());
}

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* command = app.add_subcommand("train", "train a network, from random weights or from those of a file");
  auto flags = std::make_shared<Flags>();
  command->add_option("--model", flags->model, "a network by name: " + fmt::format("{}", fmt::join(models::names(), ", ")))
      ->type_name("NAME");
  command->add_option("--from", flags->from, "start from a .galet or .onnx file with float weights")->type_name("FILE");
  command->add_option("--classes", flags->build.classes, "of --model (as many as the data has)")->type_name("N");
  command->add_option("--size", flags->build.height, "height and width of --model's input (its own)")->type_name("N");
  command->add_option("--shortcut", flags->build.shortcut, "A or B, of resnet20, 32, 56")->type_name("A|B");
  command->add_option("--backbone", flags->build.backbone, "of a detector; or --model centernet-resnet18")->type_name("NAME");
  command->add_option("--fpn", flags->build.fpn, "retinanet, fcos: after the pyramid's convolutions: none, bn, bn_relu")->type_name("NAME");
  command->add_option("--head", flags->build.head, "retinanet, fcos: norms of the towers: none, gn, bn, bn_per_level")->type_name("NAME");
  add_training_flags(*command, flags->training);
  add_about_flags(*command, flags->about);
  command->footer(
      "Examples:\n  galet train --model resnet20 --data folder:cifar10/train --test folder:cifar10/test --epochs 100 -o net.galet\n  galet "
      "train --from net.onnx --data tidewrack:train,count=20000 --epochs 3 --lr 0.01 -o tuned.galet\n  galet train --model "
      "centernet-resnet18 --size 256 --data voc:BCCD,split=train --test voc:BCCD,split=val --optimizer adam --lr "
      "0.0005 --batch 8 --epochs 40 -o cells.galet\nCtrl-C leaves NAME.checkpoint; the "
      "same command with --resume goes on.");
  command->callback([flags] {
    flags->build.width = flags->build.height;
    run_train(*flags);
  });
}

}  // namespace galet::tools
