// For the tests: pictures with bright rectangles, and small detectors of each kind that find them after a few dozen steps.
#pragma once

#include "galet/torch/train/detector.h"
#include "galet/torch/train/testing.h"

namespace galet::torch::train::testing {

/// 64x64 dark noise with one to three rectangles, red ones (class 0) and blue ones (class 1).
class Blocks : public data::Dataset {
 public:
  explicit Blocks(int64_t size, uint64_t seed = 1) {
    for (int64_t i = 0; i < size; ++i) {
      Random random(seed * 1000003 + static_cast<uint64_t>(i));
      std::vector<data::Annotation> objects;
      for (uint64_t n = 1 + random.below(3); n > 0; --n) {
        const int w = 12 + static_cast<int>(random.below(16)), h = 12 + static_cast<int>(random.below(16));
        const int x = static_cast<int>(random.below(static_cast<uint64_t>(65 - w))),
                  y = static_cast<int>(random.below(static_cast<uint64_t>(65 - h)));
        const Box box{static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + w), static_cast<float>(y + h)};
        if (std::any_of(objects.begin(), objects.end(), [&](const auto& other) { return overlap(box, other.box) > 0; })) continue;
        objects.push_back({box, static_cast<int>(random.below(2)), box.area()});
      }
      objects_.push_back(std::move(objects));
    }
  }
  int64_t size() const override { return static_cast<int64_t>(objects_.size()); }
  int label(int64_t) const override { return -1; }
  data::Sample get(int64_t index) const override {
    Random random(77 + static_cast<uint64_t>(index));
    data::Sample sample{data::Image(64, 64, 3), {}, -1, sample_name(index)};
    for (uint8_t& pixel : sample.image.pixels) pixel = static_cast<uint8_t>(random.below(80));
    for (const data::Annotation& object : objects(index))
      for (int y = static_cast<int>(object.box.top); y < static_cast<int>(object.box.bottom); ++y)
        for (int x = static_cast<int>(object.box.left); x < static_cast<int>(object.box.right); ++x)
          sample.image.at(x, y)[object.label == 0 ? 0 : 2] = static_cast<uint8_t>(160 + random.below(90));
    return sample;
  }
  std::string sample_name(int64_t index) const override { return "blocks[" + std::to_string(index) + "]"; }
  const std::vector<std::string>& class_names() const override { return names_; }
  bool has_objects() const override { return true; }
  const std::vector<data::Annotation>& objects(int64_t index) const override { return objects_.at(static_cast<size_t>(index)); }
  std::string description() const override { return std::to_string(size()) + " pictures of blocks"; }

 private:
  std::vector<std::vector<data::Annotation>> objects_;
  std::vector<std::string> names_{"red", "blue"};
};

inline std::shared_ptr<const Batches> block_batches(int64_t images, bool training, uint64_t seed = 1) {
  BatchOptions options;
  options.batch = 16, options.objects = true;
  options.shuffle = options.drop_last = training;
  if (training) options.augmentation.flip = true, options.augmentation.zoom = 0.2;
  return std::make_shared<Batches>(
      std::make_shared<data::ImageStore>(std::make_shared<Blocks>(images, seed), Preprocessing{}, Shape{1, 3, 64, 64}), options);
}

/// A few convolutions, and the heads and decoding of the kind.
class SmallDetector {
 public:
  explicit SmallDetector(detect::Kind kind) : kind_(kind) {
    ValueId x = graph.add_input("image", DType::f32, {1, 3, 64, 64});
    x = layer("a", x, 16, 2);
    x = layer("b", x, 32, 2);
    if (kind != detect::Kind::centers) x = layer("c", x, 32, 2);
    x = layer("d", x, 32, 1);
    x = layer("e", x, 32, 1);
    graph.add_output(kind == detect::Kind::centers ? centers(x) : rows(x));
    graph.info.labels = {"red", "blue"};
  }
  Graph graph;

 private:
  ValueId add(const std::string& op, const std::string& name, std::vector<ValueId> operands, Attributes attributes = {}) {
    return graph.result(graph.add_node(*ops::find(op), name, std::move(operands), std::move(attributes)));
  }
  ValueId constant(const std::string& name, const Shape& shape, const models::Init& init) {
    return graph.add_constant(name, models::draw(init, shape, 1, name));
  }
  ValueId conv(const std::string& name, ValueId x, int64_t out, int64_t stride, const models::Init& bias) {
    const Shape shape{out, graph.value(x).shape[1], 3, 3};
    // Boxes start as the anchors: wild ones grow until the limit of decode_anchors, where GIoU has no gradient.
    const models::Init init = name == "boxes" && kind_ == detect::Kind::anchors ? models::normal(0.01) : models::kaiming_normal_in(shape);
    return add("conv2d", name, {x, constant(name + ".weight", shape, init), constant(name + ".bias", {out}, bias)},
               {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{stride, stride}}});
  }
  ValueId layer(const std::string& name, ValueId x, int64_t out, int64_t stride) {
    x = conv(name, x, out, stride, models::zeros());
    x = add("batch_norm", name + ".bn",
            {x, constant(name + ".bn.weight", {out}, models::ones()), constant(name + ".bn.bias", {out}, models::zeros()),
             constant(name + ".bn.mean", {out}, models::zeros()), constant(name + ".bn.var", {out}, models::ones())});
    return add("relu", name + ".relu", {x});
  }
  static models::Init rare() { return {models::Init::Kind::constant, -2.19}; }

  ValueId centers(ValueId x) {
    const ValueId hm = add("sigmoid", "hm.sigmoid", {conv("hm", x, 2, 1, rare())});
    const ValueId wh = conv("wh", x, 2, 1, {models::Init::Kind::constant, 4}),
                  reg = conv("reg", x, 2, 1, {models::Init::Kind::constant, 0.5});
    return add("decode_centers", "detections", {add("heatmap_peaks", "peaks", {hm}), wh, reg}, {{"k", int64_t{20}}, {"stride", 4.f}});
  }
  ValueId as_rows(const std::string& name, ValueId map, int64_t columns) {
    const ValueId last = add("transpose", name + "_transpose", {map}, {{"perm", Ints{0, 2, 3, 1}}});
    return add("reshape", name + "_rows", {last}, {{"shape", Ints{1, 64, columns}}});
  }
  ValueId rows(ValueId x) {
    const bool points = kind_ == detect::Kind::points;
    std::vector<float> places;
    for (int64_t i = 0; i < 64; ++i) {
      const auto cx = static_cast<float>(i % 8 * 8 + 4), cy = static_cast<float>(i / 8 * 8 + 4);
      if (points)
        places.insert(places.end(), {cx, cy});
      else
        places.insert(places.end(), {cx - 10, cy - 10, cx + 10, cy + 10});
    }
    const ValueId where = graph.add_constant("places", Tensor::from<float>({64, points ? 2 : 4}, places));
    const ValueId logits = as_rows("scores", conv("scores", x, 2, 1, rare()), 2);
    ValueId scores = add("sigmoid", "class_scores", {logits}), boxes = as_rows("boxes", conv("boxes", x, 4, 1, models::zeros()), 4);
    if (points) {
      const ValueId centre = add("sigmoid", "centre_scores", {as_rows("centre", conv("centre", x, 1, 1, models::zeros()), 1)});
      scores = add("sqrt", "ranking", {add("mul", "both", {scores, centre})});
      boxes = add("relu", "distances", {add("mul", "pixels", {boxes, graph.add_constant("stride", Tensor::scalar(8.f))})});
    }
    boxes = add(points ? "decode_points" : "decode_anchors", "decode", {boxes, where});
    return add("select_detections", "detections", {boxes, scores}, {{"k", int64_t{20}}});
  }

  detect::Kind kind_;
};

inline Graph small_detector(detect::Kind kind) { return SmallDetector(kind).graph; }

/// The hooks that make the loop train a detector.
inline TrainHooks detector_hooks(Detector& detector, Executor& executor, std::shared_ptr<const Batches> test) {
  TrainHooks hooks;
  hooks.loss = [&](std::span<const at::Tensor> outputs, const Minibatch& batch) { return detector.loss(outputs, batch); };
  if (test) hooks.evaluate = [&detector, &executor, test] { return detector.evaluate(executor, nullptr, *test); };
  return hooks;
}

}  // namespace galet::torch::train::testing
