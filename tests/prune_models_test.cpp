// Networks by name, with channels removed: they compute what they compute with these channels zero, and batch norms can be told again.
#include <doctest/doctest.h>

#include "galet/data/dataset.h"
#include "galet/models/models.h"
#include "galet/prune/correct.h"
#include "galet/prune/testing.h"
#include "galet/transform/passes.h"

using namespace galet;
using namespace galet::prune;

TEST_CASE("networks by name lose channels and keep their function") {
  struct Model {
    std::string name, shortcut;
    int64_t size;
    bool folded;
  };
  for (const Model& model : {Model{"resnet20", "A", 16, false},
                             {"resnet20", "B", 16, true},
                             {"resnet18", "", 64, false},
                             {"mobilenet_v2", "", 64, true},
                             {"mobilenet_v3_small", "", 64, false},
                             {"squeezenet1_1", "", 64, false},
                             {"lenet", "", 0, false}}) {
    CAPTURE(model.name);
    models::Options options;
    options.shortcut = model.shortcut, options.height = options.width = model.size, options.classes = 10, options.seed = 3;
    Graph before = models::build(model.name, options);
    if (model.folded) transform::simplify(before);
    for (const double share : {0.3, 0.6}) {
      Graph graph = before;
      PruneOptions how;
      how.structure.grain = Grain::channel, how.amount = share, how.budget = Budget::macs;
      const Pruned pruned = remove_channels(graph, how);
      CHECK(static_cast<double>(pruned.macs_left) <= (1 - share) * static_cast<double>(pruned.macs));
      CHECK(prune::testing::difference(prune::testing::zeroed(before, pruned), graph) < 1e-5);
      for (const LayerPruned& layer : pruned.layers) CHECK(layer.left.size() == layer.weight.size());
    }
  }
}

TEST_CASE("corrected statistics are those of the network before, by batch norms or without") {
  const auto dataset = data::open_dataset("tidewrack:train,count=24,size=16");
  for (const bool folded : {false, true}) {
    models::Options options;
    options.height = options.width = 16, options.classes = 10;
    Graph before = models::build("resnet20", options);
    PruneOptions how;
    how.structure.grain = Grain::channel, how.amount = 0.4;
    {  // running statistics as after training
      const Graph untrained = before;
      correct_statistics(before, untrained, {}, *dataset, {.samples = 24});
    }
    if (folded) transform::simplify(before);
    Graph graph = before;
    const Pruned pruned = remove_channels(graph, how);
    Graph corrected = graph;
    const Remarks remarks = correct_statistics(corrected, before, pruned.places, *dataset, {.samples = 24});
    REQUIRE(!remarks.empty());
    CHECK(remarks.back().decision == (folded ? "corrected" : "re-estimated"));
    // Means and deviations of every addition's operand that a convolution or norm makes, over the same images.
    calibrate::CollectOptions wanted;
    wanted.samples = 24, wanted.channels = true, wanted.histograms = false;
    for (const NodeId id : before.order())
      if (before.node(id).op->name == (folded ? "conv2d" : "batch_norm") &&
          before.node(id).name.find(folded ? ".conv2" : ".bn2") != std::string::npos)
        wanted.values.push_back(before.result(id));
    const auto was = calibrate::collect(before, *dataset, wanted), is = calibrate::collect(corrected, *dataset, wanted),
               raw = calibrate::collect(graph, *dataset, wanted);
    double off = 0, off_raw = 0;
    for (size_t v = 0; v < was.values.size(); ++v) {
      const auto found = pruned.places.find(was.values[v].value.index);
      for (size_t c = 0; c < is.values[v].channels.size(); ++c) {
        const auto& goal = was.values[v].channels[found == pruned.places.end() ? c : static_cast<size_t>(found->second[c])];
        off = std::max(off,
                       std::fabs(is.values[v].channels[c].mean - goal.mean) + std::fabs(is.values[v].channels[c].sigma() - goal.sigma()));
        off_raw = std::max(
            off_raw, std::fabs(raw.values[v].channels[c].mean - goal.mean) + std::fabs(raw.values[v].channels[c].sigma() - goal.sigma()));
      }
    }
    CAPTURE(folded);
    CHECK(off < 0.01);
    CHECK(off_raw > 0.1);
  }
}
