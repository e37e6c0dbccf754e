#include "galet/torch/prune/taylor.h"

#include <ATen/ATen.h>

#include "galet/core/error.h"
#include "galet/data/image_store.h"
#include "galet/torch/executor.h"
#include "galet/torch/tensors.h"
#include "galet/torch/train/batches.h"
#include "galet/torch/train/losses.h"

namespace galet::torch {

std::map<std::string, std::vector<float>> taylor_scores(const Graph& graph, std::shared_ptr<const data::Dataset> dataset,
                                                        const TaylorOptions& options) {
  if (graph.inputs().size() != 1) fail("gradients over images need a network with one input, this one has {}", graph.inputs().size());
  if (options.samples < 1 || options.batch < 1) fail("{} images in steps of {}: expected at least 1", options.samples, options.batch);
  Executor executor(graph);
  executor.set_training(false);
  data::StoreOptions store;
  store.limit = options.samples, store.seed = options.seed;
  const auto images =
      std::make_shared<data::ImageStore>(std::move(dataset), graph.info.preprocessing, graph.value(graph.inputs()[0]).shape, store);
  train::BatchOptions plain;
  plain.batch = options.batch, plain.threads = 0;
  const train::Batches batches(images, plain);

  std::map<std::string, at::Tensor> sums;
  int64_t steps = 0;
  batches.for_each(0, 0, executor.device(), [&](int64_t, train::Minibatch& batch) {
    for (Parameter& p : executor.parameters()) p.tensor.mutable_grad() = at::Tensor();
    const std::vector<at::Tensor> outputs = executor.forward(std::vector<at::Tensor>{batch.images});
    batch.labels = at::where(batch.labels.ge(0), batch.labels, outputs.at(0).detach().flatten(1).argmax(1));
    train::cross_entropy(outputs.at(0), batch).backward();
    for (const Parameter& p : executor.parameters()) {
      if (p.role != Role::weight || !p.tensor.grad().defined()) continue;
      const at::Tensor change = (p.tensor.detach() * p.tensor.grad()).abs();
      at::Tensor& sum = sums[p.name];
      sum = sum.defined() ? sum + change : change;
    }
    ++steps;
    return true;
  });
  if (sums.empty()) fail("\"{}\" has no float weights that gradients reach: prune before quantizing", graph.info.name);
  std::map<std::string, std::vector<float>> scores;
  for (const auto& [name, sum] : sums) {
    const Tensor mean = from_torch(sum / static_cast<double>(steps));
    scores[name] = {mean.data<float>(), mean.data<float>() + mean.size()};
  }
  return scores;
}

}  // namespace galet::torch
