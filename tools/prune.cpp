// galet prune: weights to zero, or channels out of the network.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "galet/data/dataset.h"
#include "galet/package/package.h"
#include "galet/pipeline/prune_model.h"
#include "tools/cli.h"
#include "tools/prune_flags.h"
#include "tools/prune_torch.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  package::SaveOptions stored;
  std::string data, output;
  std::optional<std::string> scope;
  std::optional<double> amount, macs;
  PruneFlags how;
  TuneFlags tune;
  bool json = false, explain = false, no_correct = false;
};

/// Words into options; what contradicts itself is a usage error.
void prepare(Flags& flags) {
  prune::PruneOptions& options = flags.how.recipe.options;
  read_prune_flags(flags.how);
  if (flags.scope) options.scope = prune::parse_scope(*flags.scope);
  if (options.structure.grain == prune::Grain::n_m) {
    if (flags.amount || flags.macs || flags.scope)
      throw UsageError("--structure " + flags.how.structure + " says itself how much goes: leave out --amount, --macs and --scope");
    if (flags.tune.rounds > 0) throw UsageError("--schedule raises an amount, which --structure " + flags.how.structure + " does not have");
    options.amount = 0;
    return;
  }
  if (flags.tune.rounds > 0 && flags.data.empty()) throw UsageError("--schedule trains between its rounds: --data SPEC");
  flags.tune.data = flags.data;
  if (flags.amount && flags.macs) throw UsageError("--amount and --macs both say how much goes: give one");
  if (!flags.amount && !flags.macs) throw UsageError("how much is to go? --amount 0.3, or --macs 0.5");
  options.amount = flags.amount ? *flags.amount : *flags.macs;
  options.budget = flags.macs ? prune::Budget::macs : prune::Budget::weights;
  prune::check(options);
}

std::string percent(int64_t part, int64_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.1f} %", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string table_of(const prune::Pruned& pruned) {
  Table table({"layer", "op", "shape", "left", "weights", "gone", "", "MACs", "stay", "kept because"});
  for (const prune::LayerPruned& layer : pruned.layers)
    table.add({layer.name, layer.op, to_string(layer.weight), layer.left == layer.weight ? "" : to_string(layer.left),
               grouped(layer.weights), grouped(layer.gone), percent(layer.gone, layer.weights), grouped(layer.macs),
               percent(layer.macs_left, layer.macs), layer.kept});
  table.add({"all", "", "", "", grouped(pruned.weights), grouped(pruned.gone), percent(pruned.gone, pruned.weights), grouped(pruned.macs),
             percent(pruned.macs_left, pruned.macs), ""});
  return table.text();
}

nlohmann::ordered_json json_of(const prune::Pruned& pruned) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const prune::LayerPruned& layer : pruned.layers)
    layers.push_back({{"name", layer.name},
                      {"op", layer.op},
                      {"shape", layer.weight},
                      {"shape_left", layer.left},
                      {"weights", layer.weights},
                      {"gone", layer.gone},
                      {"macs", layer.macs},
                      {"macs_left", layer.macs_left},
                      {"kept", layer.kept}});
  return {{"weights", pruned.weights}, {"gone", pruned.gone}, {"macs", pruned.macs}, {"macs_left", pruned.macs_left}, {"layers", layers}};
}

void run_prune(Flags flags) {
  prepare(flags);
  const Graph graph = load(flags.model);
  std::unique_ptr<data::Dataset> dataset;
  if (!flags.data.empty()) dataset = data::open_dataset(flags.data);
  flags.how.recipe.correct = !flags.no_correct;
  const bool gradients = prune::criterion(flags.how.recipe.options.criterion).needs == prune::Needs::gradients;
  pipeline::PrunedModel model;
  if (flags.tune.rounds > 0) {
    model = prune_in_rounds(graph, dataset.get(), gradients ? flags.data : "", flags.how.recipe, flags.tune);
  } else {
    if (gradients) flags.how.recipe.scores = scores_by_gradient(graph, flags.data, flags.how.recipe);
    ProgressBar bar;
    model = pipeline::prune_model(graph, dataset.get(), flags.how.recipe, bar);
    bar.finish();
  }
  const auto bytes = static_cast<int64_t>(package::save(model.graph, flags.output, flags.stored));
  if (flags.explain) print_remarks(model.pruned.remarks);
  for (const Remark& remark : model.pruned.remarks)
    if (remark.decision == prune::kLessThanAsked) fmt::print(stderr, "galet: note: {}\n", remark.reason);
  if (flags.json) {
    nlohmann::ordered_json root{{"output", flags.output}, {"package_bytes", bytes}, {"recipe", model.graph.info.metadata.at("pruned")}};
    root.update(json_of(model.pruned));
    return print(root.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  }
  print(table_of(model.pruned));
  print(fmt::format("\n{}: {}; {}\n", flags.output, bytes_text(bytes), model.graph.info.metadata.at("pruned")));
}

}  // namespace

void add_prune(CLI::App& app) {
  CLI::App* command = app.add_subcommand("prune", "weights that matter little to zero, or whole channels out of the network");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("-o,--output", flags->output, "the .galet file to write")->required()->type_name("FILE");
  add_compress(*command, flags->stored);
  command->add_option("--amount", flags->amount, "share of the weights to remove, 0 to below 1")->type_name("SHARE");
  command->add_option("--macs", flags->macs, "or: share of the multiply-accumulates to remove")->type_name("SHARE");
  command->add_option("--scope", flags->scope, "local: this share of each layer; global (the default): one threshold over the model")
      ->type_name("SCOPE");
  add_prune_flags(*command, flags->how);
  command
      ->add_option("--data", flags->data,
                   "images: for criteria that look at them, and to correct the network's statistics afterwards; labels are not used")
      ->type_name("SPEC");
  command->add_option("--samples", flags->how.recipe.samples, "how many of them, drawn at random")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command->add_option("--seed", flags->how.recipe.seed, "of that draw")->capture_default_str();
  command->add_flag("--no-correct", flags->no_correct,
                    "leave batch norms, and means and deviations where they are folded, as pruning left them");
  command->add_option("--threads", flags->how.recipe.threads, "0: one per processor")->capture_default_str()->check(CLI::Range(0, 1024));
  const std::string group = "Training (by galet-torch; labels are used)";
  command->add_option("--schedule", flags->tune.rounds, "prune in N rounds, less each time, and train on --data after each")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->group(group);
  command->add_option("--tune-epochs", flags->tune.epochs, "of each round")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}))
      ->group(group);
  command->add_option("--tune-lr", flags->tune.lr, "learning rate at its highest; networks whose batch norms are folded want a small one")
      ->capture_default_str()
      ->check(CLI::PositiveNumber)
      ->group(group);
  command->add_option("--tune-limit", flags->tune.limit, "train on N images only")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}))
      ->group(group);
  command->add_option("--test", flags->tune.test, "images to evaluate on after each epoch")->type_name("SPEC")->group(group);
  command->add_flag("--json", flags->json, "one JSON object on stdout");
  command->add_flag("--explain", flags->explain, "which layers were left alone and why, on stderr");
  command->footer(
      "Examples:\n  galet prune resnet56.onnx --amount 0.5 -o sparse.galet\n  galet prune resnet56.onnx --amount 0.75 --structure block -o "
      "blocks.galet\n"
      "  galet prune resnet20.galet --amount 0.3 --scope local --protect conv1,linear -o thin.galet\n"
      "  galet prune resnet56.onnx --macs 0.5 --structure channel --data folder:cifar10/train -o half.galet\n"
      "  galet prune resnet56.onnx --amount 0.8 --schedule 4 --data folder:cifar10/train --test folder:cifar10/test -o rounds.galet\nWorks "
      "on float networks and on "
      "quantized ones. docs/pruning.md says what each word means.");
  command->callback([flags] { run_prune(*flags); });
}

}  // namespace galet::tools
