// For the tests: a task that a small network learns in a second.
#pragma once

#include <memory>

#include "galet/core/random.h"
#include "galet/data/dataset.h"
#include "galet/ir/graph.h"
#include "galet/models/init.h"
#include "galet/ops/ops.h"
#include "galet/torch/train/trainer.h"

namespace galet::torch::train::testing {

/// 8x8 colour noise with one brighter quadrant: which one is the label.
class Quadrants : public data::Dataset {
 public:
  explicit Quadrants(int64_t size, uint64_t seed = 1, int classes = 4) : size_(size), seed_(seed), classes_(classes) {}
  int64_t size() const override { return size_; }
  int label(int64_t index) const override {
    return static_cast<int>(Random(seed_ * 1000003 + static_cast<uint64_t>(index)).below(static_cast<uint64_t>(classes_)));
  }
  data::Sample get(int64_t index) const override {
    Random random(seed_ * 7919 + static_cast<uint64_t>(index));
    data::Sample sample{data::Image(8, 8, 3), {}, label(index), sample_name(index)};
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x)
        for (int c = 0; c < 3; ++c)
          sample.image.at(x, y)[c] = static_cast<uint8_t>(random.below(150) + (sample.label == (y / 4) * 2 + x / 4 ? 70 : 0));
    return sample;
  }
  std::string sample_name(int64_t index) const override { return "quadrants[" + std::to_string(index) + "]"; }
  const std::vector<std::string>& class_names() const override { return names_; }
  std::string description() const override { return std::to_string(size_) + " quadrants"; }

 private:
  int64_t size_;
  uint64_t seed_;
  int classes_;
  std::vector<std::string> names_{"a", "b", "c", "d"};
};

/// conv, batch norm, relu, pool, linear.
inline Graph small_network() {
  Graph graph;
  const ValueId x = graph.add_input("image", DType::f32, {1, 3, 8, 8});
  auto constant = [&](const std::string& name, const Shape& shape, const models::Init& init) {
    return graph.add_constant(name, models::draw(init, shape, 1, name));
  };
  auto add = [&](const std::string& op, const std::string& name, std::vector<ValueId> operands, Attributes attributes = {}) {
    return graph.result(graph.add_node(*ops::find(op), name, std::move(operands), std::move(attributes)));
  };
  ValueId y = add("conv2d", "conv", {x, constant("conv.weight", {8, 3, 3, 3}, models::kaiming_normal_in({8, 3, 3, 3}))},
                  {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 2}}});
  y = add("batch_norm", "bn",
          {y, constant("bn.weight", {8}, models::ones()), constant("bn.bias", {8}, models::zeros()),
           constant("bn.running_mean", {8}, models::zeros()), constant("bn.running_var", {8}, models::ones())});
  y = add("relu", "relu", {y});
  y = add("reshape", "flat", {y}, {{"shape", Ints{1, 128}}});
  y = add("linear", "fc", {y, constant("fc.weight", {4, 128}, models::torch_default({4, 128})), constant("fc.bias", {4}, models::zeros())});
  graph.add_output(y);
  return graph;
}

inline std::shared_ptr<const Batches> batches(int64_t images, const BatchOptions& options, uint64_t seed = 1, int classes = 4) {
  return std::make_shared<Batches>(
      std::make_shared<data::ImageStore>(std::make_shared<Quadrants>(images, seed, classes), Preprocessing{}, Shape{1, 3, 8, 8}), options);
}

inline std::shared_ptr<const Batches> training_batches(int64_t images = 512) {
  BatchOptions options;
  options.batch = 32, options.shuffle = options.drop_last = true;
  options.augmentation.colour = 0.1;
  return batches(images, options);
}

inline TrainOptions short_run(int64_t epochs) {
  TrainOptions options;
  options.epochs = epochs;
  options.schedule.lr = 0.05;
  return options;
}

}  // namespace galet::torch::train::testing
