// Detectors by name through the steps: folding, running, quantizing.
#include <doctest/doctest.h>

#include <cmath>

#include "galet/core/random.h"
#include "galet/data/dataset.h"
#include "galet/models/models.h"
#include "galet/pipeline/quantize_model.h"
#include "galet/runtime/session.h"
#include "galet/transform/passes.h"

using namespace galet;

namespace {

/// Statistics of batch norms that are not trivial, and scores around one half.
Tensor lively(const std::string& name, const Shape& shape) {
  const bool variance = name.ends_with("running_var"), scale = shape.size() == 1 && name.ends_with("weight");
  if (!variance && !scale && !name.ends_with("running_mean") && !name.ends_with("cls_logits.bias") && !name.ends_with("cls_score.bias") &&
      !name.ends_with("hm.2.bias"))
    return {};
  uint64_t seed = 1;
  for (const char c : name) seed = seed * 31 + static_cast<uint8_t>(c);
  Random random(seed);
  Tensor tensor(DType::f32, shape);
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.mutable_data<float>()[i] = static_cast<float>(variance || scale ? random.uniform(.5, 1.5) : random.normal() * .1);
  return tensor;
}

Graph detector(const std::string& name, const std::string& fpn = "", const std::string& head = "") {
  return models::build(name, {.classes = 3, .height = 64, .width = 96, .fpn = fpn, .head = head, .seed = 4, .parameter = lively});
}

Tensor picture(uint64_t seed) {
  Random random(seed);
  Tensor image(DType::f32, {1, 3, 64, 96});
  for (int64_t i = 0; i < image.size(); ++i) image.mutable_data<float>()[i] = static_cast<float>(random.normal());
  return image;
}

Tensor rows_of(const Graph& graph, const Tensor& image, bool reference = false) {
  runtime::SessionOptions options;
  options.reference = reference;
  return runtime::Session(graph, options).run(std::span(&image, 1))[0];
}

/// Share of the rows of `a` with a score that have a row of nearly the same box, score and class in `b`.
double found_again(const Tensor& a, const Tensor& b, float tolerance) {
  int64_t rows = 0, found = 0;
  for (int64_t i = 0; i < a.dim(1); ++i) {
    const float* x = a.data<float>() + 6 * i;
    if (x[4] <= 0) continue;
    ++rows;
    bool near = false;
    for (int64_t j = 0; j < b.dim(1) && !near; ++j) {
      const float* y = b.data<float>() + 6 * j;
      near = x[5] == y[5] && std::fabs(x[4] - y[4]) < tolerance;
      for (int c = 0; c < 4; ++c) near = near && std::fabs(x[c] - y[c]) < tolerance * (1 + std::fabs(x[c]));
    }
    found += near;
  }
  return rows == 0 ? -1 : static_cast<double>(found) / static_cast<double>(rows);
}

}  // namespace

TEST_CASE("detectors keep what they find when they are simplified, batch norms of single levels too") {
  struct Case {
    const char *name, *fpn, *head;
  };
  for (const Case& c :
       {Case{"fcos-resnet18", "bn", "bn_per_level"}, {"retinanet-resnet18", "bn_relu", "bn"}, {"centernet-mobilenet_v3_small", "", ""}}) {
    CAPTURE(c.name);
    const Graph before = detector(c.name, c.fpn, c.head);
    Graph after = before;
    transform::simplify(after);
    for (const NodeId id : after.order()) CHECK(after.node(id).op->name != "batch_norm");
    const Tensor image = picture(1);
    const Tensor a = rows_of(before, image), b = rows_of(after, image);
    CHECK(found_again(a, b, 1e-2f) > 0.97);
    CHECK(found_again(b, a, 1e-2f) > 0.97);
  }
}

TEST_CASE("quantized detectors: the reference and the kernels find the same, whatever the threads; heads and decoding stay float") {
  const auto dataset = data::open_dataset("tidewrack_scenes:train,count=8,size=64");
  for (const char* name : {"centernet-mobilenet_v3_small", "fcos-resnet18"}) {
    CAPTURE(name);
    pipeline::QuantizeRecipe recipe;
    recipe.calibration.samples = 8;
    const pipeline::QuantizedModel model = pipeline::quantize_model(detector(name), dataset.get(), recipe);
    for (const NodeId id : model.graph.order()) {
      const Node& node = model.graph.node(id);
      if (node.op->name == "concat" || node.op->name == "sigmoid" || node.op->name.starts_with("decode"))
        CHECK_FALSE(model.graph.value(node.results[0]).quant.has_value());
    }
    const Tensor image = picture(2), wanted = rows_of(model.graph, image, true);
    for (const int threads : {1, 3}) {
      runtime::SessionOptions options;
      options.threads = threads;
      CHECK(runtime::Session(model.graph, options).run(std::span(&image, 1))[0].same_as(wanted));
    }
  }
}
