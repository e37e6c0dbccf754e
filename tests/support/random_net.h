// A small residual network with random weights and a data set of random images for it, for tests that need no files.
#pragma once

#include <string>
#include <vector>

#include "galet/core/random.h"
#include "galet/data/dataset.h"
#include "galet/ir/graph.h"
#include "galet/ops/ops.h"

namespace galet::testing {

inline Tensor random_tensor(Random& random, Shape shape, double deviation) {
  Tensor tensor(DType::f32, std::move(shape));
  float* x = tensor.mutable_data<float>();
  for (int64_t i = 0; i < tensor.size(); ++i) x[i] = static_cast<float>(random.normal() * deviation);
  return tensor;
}

/// input (1, 3, 12, 12): conv relu, conv, add, concat with a strided branch, pool, linear, softmax; ten classes.
inline Graph random_net(uint64_t seed = 1) {
  Random random(seed);
  Graph graph;
  const std::string relu = "relu";
  auto conv = [&](const std::string& name, ValueId src, int64_t out, int64_t in, Attributes attributes) {
    const ValueId weight =
        graph.add_constant(name + ".weight", random_tensor(random, {out, in, 3, 3}, 1.4 / std::sqrt(static_cast<double>(in) * 9)));
    const ValueId bias = graph.add_constant(name + ".bias", random_tensor(random, {out}, 0.1));
    attributes["pads"] = Ints{1, 1, 1, 1};
    return graph.result(graph.add_node(ops::get("conv2d"), name, {src, weight, bias}, std::move(attributes)));
  };
  const ValueId input = graph.add_input("input", DType::f32, {1, 3, 12, 12});
  const ValueId a = conv("conv1", input, 8, 3, {{"activation", relu}});
  const ValueId b = conv("conv2", a, 8, 8, {});
  const ValueId sum = graph.result(graph.add_node(ops::get("add"), "sum", {a, b}, {{"activation", relu}}));
  const ValueId c = conv("left", sum, 8, 8, {{"activation", relu}});
  const ValueId d = conv("right", sum, 8, 8, {});
  const ValueId joined = graph.result(graph.add_node(ops::get("concat"), "joined", {c, d}, {{"axis", int64_t{1}}}));
  const ValueId pooled = graph.result(graph.add_node(ops::get("global_average_pool"), "pooled", {joined}));
  const ValueId flat = graph.result(graph.add_node(ops::get("reshape"), "flat", {pooled}, {{"shape", Ints{1, 16}}}));
  const ValueId weight = graph.add_constant("fc.weight", random_tensor(random, {10, 16}, 0.5));
  const ValueId bias = graph.add_constant("fc.bias", random_tensor(random, {10}, 0.1));
  const ValueId scores = graph.result(graph.add_node(ops::get("linear"), "fc", {flat, weight, bias}));
  graph.add_output(graph.result(graph.add_node(ops::get("softmax"), "probabilities", {scores}, {{"axis", int64_t{1}}})));
  verify(graph);
  return graph;
}

/// Random tensors (3, 12, 12); labels count up modulo ten.
class RandomImages : public data::Dataset {
 public:
  explicit RandomImages(int64_t size, uint64_t seed = 1) : size_(size), seed_(seed) {}
  int64_t size() const override { return size_; }
  data::Sample get(int64_t index) const override {
    Random random(seed_ * 1000003 + static_cast<uint64_t>(index));
    data::Sample sample;
    sample.tensor = random_tensor(random, {3, 12, 12}, 1);
    sample.label = label(index);
    sample.name = sample_name(index);
    return sample;
  }
  std::string sample_name(int64_t index) const override { return "random[" + std::to_string(index) + "]"; }
  int label(int64_t index) const override { return static_cast<int>(index % 10); }
  const std::vector<std::string>& class_names() const override { return names_; }
  std::string description() const override { return std::to_string(size_) + " random images"; }

 private:
  int64_t size_;
  uint64_t seed_;
  std::vector<std::string> names_;
};

}  // namespace galet::testing
