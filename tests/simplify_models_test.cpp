// Real networks before and after simplify(): the same numbers by the references, fewer nodes, no batch normalisation left.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "galet/core/random.h"
#include "galet/importers/onnx/onnx.h"
#include "galet/ir/text.h"
#include "galet/ops/evaluate.h"
#include "galet/transform/passes.h"

using namespace galet;

namespace {

std::filesystem::path shared_data() {
  const char* given = std::getenv("GALET_SHARED_DATA");
  return given != nullptr ? given : "../shared/data";  // the test runs in the repository's root
}

int count_of(const Graph& graph, std::string_view op) {
  int n = 0;
  for (const NodeId id : graph.order()) n += graph.node(id).op->name == op;
  return n;
}

struct Model {
  std::string path;
  int convolutions, nodes;  // after simplify
};

}  // namespace

TEST_CASE("simplify: real networks keep their results") {
  const Model models[] = {{"models/resnet20_cifar10.onnx", 19, 35},
                          {"models/resnet20_cifar10_batchnorm_op17.onnx", 19, 35},
                          {"models/squeezenet1_1_imagenet.onnx", 26, 39},
                          {"ultraface/version-RFB-320.onnx", 52, 89}};
  for (const Model& model : models) {
    const std::filesystem::path path = shared_data() / model.path;
    CAPTURE(model.path);
    if (!std::filesystem::exists(path)) {
      MESSAGE("SKIPPED, missing: " << path.string());
      continue;
    }
    const Graph before = importers::import_onnx(path).graph;
    Graph after = before;
    const Remarks remarks = transform::simplify(after);
    CHECK(transform::simplify(after).size() <= remarks.size());
    CHECK(count_of(after, "conv2d") == model.convolutions);
    CHECK(after.order().size() == static_cast<size_t>(model.nodes));
    for (const char* gone : {"batch_norm", "identity", "relu", "clip"}) CHECK(count_of(after, gone) == 0);

    Random random(11);
    std::vector<Tensor> inputs;
    for (const ValueId id : before.inputs()) {
      Tensor x(DType::f32, before.value(id).shape);
      for (int64_t i = 0; i < x.size(); ++i) x.mutable_data<float>()[i] = static_cast<float>(random.normal());
      inputs.push_back(x);
    }
    const auto expected = ops::evaluate_reference(before, inputs), found = ops::evaluate_reference(after, inputs);
    REQUIRE(expected.size() == found.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      CHECK(before.value(before.outputs()[i]).name == after.value(after.outputs()[i]).name);
      float worst = 0, largest = 0;
      for (int64_t j = 0; j < expected[i].size(); ++j) {
        const float a = expected[i].data<float>()[j], b = found[i].data<float>()[j];
        if (!std::isfinite(a) || !std::isfinite(b)) FAIL("a result is not finite");
        worst = std::max(worst, std::abs(a - b) / (1 + std::abs(a)));
        largest = std::max(largest, std::abs(a));
      }
      CHECK(worst < 1e-4f);
      CHECK(largest > 0.1f);
      if (std::getenv("GALET_PRINT") != nullptr) MESSAGE(model.path << " " << worst << " " << largest);
    }
    if (std::getenv("GALET_PRINT") != nullptr) {
      MESSAGE(print(after, {.constants = false}));
      for (const Remark& r : remarks) MESSAGE(r.step << " " << r.node << " " << r.decision << ": " << r.reason);
    }
  }
}
