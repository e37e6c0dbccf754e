#include "tools/prune_torch.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "galet/package/package.h"
#include "tools/cli.h"
#include "tools/torch_process.h"

namespace galet::tools {
namespace {

/// A folder of our own that goes away.
class Scratch {
 public:
  Scratch() : path_((std::filesystem::temp_directory_path() / "galet-prune-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) fail("cannot make a folder for what galet-torch reads: {}", path_);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

Graph trained(const Graph& graph, const TuneFlags& tune, const pipeline::PruneRecipe& recipe) {
  const Scratch folder;
  package::save(graph, folder / "pruned.galet");
  std::vector<std::string> arguments{"train",
                                     "--from",
                                     folder / "pruned.galet",
                                     "-o",
                                     folder / "trained.galet",
                                     "--data",
                                     tune.data,
                                     "--epochs",
                                     std::to_string(tune.epochs),
                                     "--lr",
                                     fmt::format("{}", tune.lr),
                                     "--warmup",
                                     "0.1",
                                     "--clip-gradients",
                                     "1",
                                     "--seed",
                                     std::to_string(recipe.seed),
                                     "--threads",
                                     std::to_string(recipe.threads)};
  if (!tune.test.empty()) arguments.insert(arguments.end(), {"--test", tune.test});
  if (tune.limit > 0) arguments.insert(arguments.end(), {"--limit", std::to_string(tune.limit)});
  run_galet_torch("--schedule", arguments);
  return package::load(folder / "trained.galet");
}

/// Share of what is there now that leads from `done` to `wanted` of what was there at first.
double share_now(double done, double wanted) { return done >= 1 ? 0 : (wanted - done) / (1 - done); }

}  // namespace

std::map<std::string, std::vector<float>> scores_by_gradient(const Graph& graph, const std::string& data,
                                                             const pipeline::PruneRecipe& recipe) {
  if (data.empty()) fail("criterion {} needs images: --data SPEC", recipe.options.criterion);
  const Scratch folder;
  package::save(graph, folder / "network.galet");
  run_galet_torch("--criterion " + recipe.options.criterion,
                  {"taylor_scores", folder / "network.galet", "--data", data, "-o", folder / "scores.galet", "--samples",
                   std::to_string(recipe.samples), "--seed", std::to_string(recipe.seed), "--threads", std::to_string(recipe.threads)});
  const Graph scored = package::load(folder / "scores.galet");
  std::map<std::string, std::vector<float>> scores;
  for (const prune::Layer& layer : prune::find_layers(scored, {})) {
    const Value& weight = scored.value(layer.weight);
    if (weight.dtype == DType::f32 && !weight.quant) scores[weight.name] = prune::real_weights(weight);
  }
  return scores;
}

pipeline::PrunedModel prune_in_rounds(const Graph& graph, const data::Dataset* images, const std::string& scores,
                                      const pipeline::PruneRecipe& given, const TuneFlags& tune) {
  pipeline::PrunedModel model{graph, {}};
  const bool channels = given.options.structure.grain == prune::Grain::channel;
  double done = 0;
  for (int round = 1; round <= tune.rounds; ++round) {
    const double left = 1 - static_cast<double>(round) / tune.rounds;
    const double wanted = given.options.amount * (1 - left * left * left);
    pipeline::PruneRecipe recipe = given;
    recipe.options.amount = channels ? share_now(done, wanted) : wanted;
    if (!scores.empty()) recipe.scores = scores_by_gradient(model.graph, scores, recipe);
    ProgressBar bar;
    model = pipeline::prune_model(model.graph, images, recipe, bar);
    bar.finish();
    model.graph = trained(model.graph, tune, recipe);
    done = wanted;
  }
  model.graph.info.metadata["pruned"] =
      fmt::format("{}, in {} rounds of {} epochs", pipeline::recipe_text(given.options), tune.rounds, tune.epochs);
  return model;
}

}  // namespace galet::tools
