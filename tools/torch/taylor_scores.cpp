// galet taylor_scores: what `galet prune --criterion taylor` starts.
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>

#include "galet/ir/rewriter.h"
#include "galet/package/package.h"
#include "galet/torch/prune/taylor.h"
#include "tools/cli.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::string data, output;
  torch::TaylorOptions options;
  int threads = 0;
};

/// The network with each weight's scores in the weight's place.
void run_scores(const Flags& flags) {
  if (flags.threads > 0) at::set_num_threads(flags.threads);
  Graph graph = load(flags.model);
  Rewriter rewriter(graph);
  for (const auto& [name, scores] : torch::taylor_scores(graph, data::open_dataset(flags.data), flags.options)) {
    const ValueId weight = *graph.find_value(name);
    const Shape shape = graph.value(weight).shape;
    rewriter.set_constant(weight, Tensor::from<float>(shape, scores));
    rewriter.set_mask(weight, {});
  }
  package::save(graph, flags.output);
}

}  // namespace

void add_taylor_scores(CLI::App& app) {
  CLI::App* command = app.add_subcommand("taylor_scores", "what galet prune --criterion taylor starts");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("--data", flags->data, "images; labels are used where there are some")->required()->type_name("SPEC");
  command->add_option("-o,--output", flags->output, "the .galet file to write: the network with scores for weights")
      ->required()
      ->type_name("FILE");
  command->add_option("--samples", flags->options.samples, "images, drawn at random")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command->add_option("--seed", flags->options.seed, "of that draw")->capture_default_str();
  command->add_option("--threads", flags->threads, "0: one per processor")->capture_default_str()->check(CLI::Range(0, 1024));
  command->callback([flags] { run_scores(*flags); });
}

}  // namespace galet::tools
