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
    if (models::get(f.model).detects())
      fail("{} is a detector: training knows classifiers only; its weights come from its source (galet import --model {})", f.model,
           f.model);
    Graph graph = models::build(f.model, f.build);
    graph.info.preprocessing = pipeline::apply(f.about, graph.info.preprocessing);
    graph.info.preprocessing.assumed = false;
    return graph;
  }
  if (f.build.classes != 0 || f.build.height != 0 || !f.build.shortcut.empty())
    throw UsageError("--classes, --size and --shortcut belong to --model; --from brings its own");
  Graph graph = load(f.from, f.about);
  for (const ValueId id : graph.values())
    if (graph.value(id).quant) fail("{}: is quantized already; galet tune trains quantized networks", f.from);
  transform::simplify(graph, kLeftOut);
  graph.info.preprocessing.assumed = false;
  return graph;
}

void write(torch::Executor& executor, const TrainingFlags& f, const torch::train::TrainStatus& s, const std::string& path) {
  Graph graph = executor.trained_graph();
  auto& metadata = graph.info.metadata;
  metadata["trained.data"] = f.data;
  metadata["trained.epochs"] = std::to_string(s.epoch + 1);
  if (s.evaluation) {
    metadata["trained.test"] = f.test;
    metadata["trained.top1"] = fmt::format("{:.4f} ({} of {})", s.evaluation->accuracy(), s.evaluation->correct, s.evaluation->images);
  }
  package::save(graph, path);
}

void report(const TrainingFlags& f, const torch::train::TrainResult& result, const std::string& best_path) {
  const auto& last = result.last;
  if (f.json) {
    nlohmann::ordered_json root{{"output", f.output}, {"epochs", last.epoch + 1}, {"loss", last.loss}, {"accuracy", last.accuracy}};
    if (last.evaluation)
      root["test"] = {{"images", last.evaluation->images},
                      {"correct", last.evaluation->correct},
                      {"top1", last.evaluation->accuracy()},
                      {"loss", last.evaluation->loss}};
    if (result.best) root["best"] = {{"epoch", result.best_epoch + 1}, {"top1", result.best->accuracy()}, {"output", best_path}};
    root["seconds"] = last.seconds;
    root["images_per_second"] = last.images_per_second;
    root["cpu_ms_per_image"] = last.images > 0 ? 1e3 * last.cpu_seconds / static_cast<double>(last.images) : 0;
    root["peak_memory_bytes"] = evaluate::peak_memory_bytes();
    return print(root.dump() + "\n");
  }
  std::string text = f.output;
  if (last.evaluation) text += fmt::format(": top-1 {:.2f} %", 100 * last.evaluation->accuracy());
  if (result.best)
    text += fmt::format("; best was epoch {} with {:.2f} %: {}", result.best_epoch + 1, 100 * result.best->accuracy(), best_path);
  print(text + "\n");
}

void run_train(Flags f) {
  prepare_training(f.training);
  Graph graph = start(f);
  const TrainingData data = open_training_data(f.training, graph);
  if (graph.info.labels.empty()) graph.info.labels = data.dataset->class_names();
  torch::Executor executor(std::move(graph), {f.training.device, !f.training.contiguous});
  const bool go_on = f.training.resume && std::ifstream(f.training.checkpoint).good();
  TrainingLog log(f.training, go_on);
  const std::string best_path = without_ending(f.training.output) + ".best.galet";
  torch::train::TrainHooks hooks;
  hooks.after_step = [&](const auto& status) { log.after_step(status); };
  hooks.after_epoch = [&](const auto& status) { log.after_epoch(status); };
  hooks.best = [&](const auto& status) { write(executor, f.training, status, best_path); };
  torch::train::Trainer trainer(executor, data.training, data.test, f.training.options, std::move(hooks));
  if (go_on) trainer.resume(f.training.checkpoint);
  const torch::train::TrainResult result = trainer.run();
  if (!result.finished)
    fail("stopped in epoch {} of {}; the same command with --resume goes on from {}", result.last.epoch + 1, result.last.epochs,
         f.training.checkpoint);
  trainer.swap_averaged();
  write(executor, f.training, result.last, f.training.output);
  report(f.training, result, best_path);
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
  add_training_flags(*command, flags->training);
  add_about_flags(*command, flags->about);
  command->footer(
      "Examples:\n  galet train --model resnet20 --data folder:cifar10/train --test folder:cifar10/test --epochs 100 -o net.galet\n  galet "
      "train --from net.onnx --data tidewrack:train,count=20000 --epochs 3 --lr 0.01 -o tuned.galet\nCtrl-C leaves NAME.checkpoint; the "
      "same command with --resume goes on.");
  command->callback([flags] {
    flags->build.width = flags->build.height;
    run_train(*flags);
  });
}

}  // namespace galet::tools
