#include "galet/models/models.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

namespace galet::models {
namespace {

int64_t parameters(const Graph& graph, bool statistics = false) {
  int64_t total = 0;
  for (const ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    const bool grid = value.name == "anchors" || value.name == "points" || value.name.starts_with("stride");
    if (value.is_constant() && !grid && (statistics || value.name.find(".running_") == std::string::npos)) total += value.constant.size();
  }
  return total;
}

Graph cheap(std::string_view name, Options options = {}) {
  options.parameter = [](const std::string&, const Shape& shape) { return Tensor(DType::f32, shape); };
  return build(name, options);
}

}  // namespace

TEST_CASE("models have as many parameters as their sources say") {
  // torchvision's num_params; the table of akamaster/pytorch_resnet_cifar10; 61,770 weights of LeNet
  const std::map<std::string, int64_t> expected{{"lenet", 61'770},
                                                {"resnet20", 269'722},
                                                {"resnet32", 464'154},
                                                {"resnet56", 853'018},
                                                {"squeezenet1_1", 1'235'496},
                                                {"mobilenet_v2", 3'504'872},
                                                {"mobilenet_v3_small", 2'542'856},
                                                {"mobilenet_v3_large", 5'483'032},
                                                {"resnet18", 11'689'512},
                                                {"resnet34", 21'797'672},
                                                {"resnet50", 25'557'032},
                                                // by hand, from the layers of their sources: resnet18 and resnet50
                                                {"centernet", 15'820'372},
                                                {"retinanet", 37'968'692},
                                                {"fcos", 32'297'370}};
  CHECK(names().size() == expected.size());
  for (const std::string& name : names()) {
    CAPTURE(name);
    const Graph graph = cheap(name);
    CHECK(parameters(graph) == expected.at(name));
    const bool detects = get(name).detects();
    CHECK(graph.value(graph.outputs().front()).name == (detects ? "detections" : "output"));
    CHECK(graph.value(graph.outputs().front()).shape == (detects ? Shape{1, 100, 6} : Shape{1, get(name).classes}));
  }
}

TEST_CASE("options change what they say") {
  CHECK(cheap("resnet20", {.shortcut = "B"}).find_value("layer2.0.shortcut.0.weight").has_value());
  CHECK(parameters(cheap("resnet20", {.shortcut = "B"})) == 272'474);
  const Graph graph = cheap("mobilenet_v3_small", {.classes = 7, .height = 64, .width = 48});
  CHECK(graph.value(graph.inputs().front()).shape == Shape{1, 3, 64, 48});
  CHECK(graph.value(graph.outputs().front()).shape == Shape{1, 7});
  CHECK(graph.info.preprocessing.stretch);
  CHECK(graph.info.metadata.at("model") == "mobilenet_v3_small classes=7 input=64x48");
  const Graph larger = cheap("resnet18", {.height = 448, .width = 448});
  CHECK(larger.info.preprocessing.resize == 512);
  CHECK(larger.info.preprocessing.crop_width == 448);
}

TEST_CASE("what a model does not have is refused") {
  CHECK_THROWS_WITH(build("resnet19"), doctest::Contains("unknown model \"resnet19\", expected one of lenet, resnet20"));
  CHECK_THROWS_WITH(cheap("resnet18", {.shortcut = "A"}), doctest::Contains("no choice of shortcuts"));
  CHECK_THROWS_WITH(cheap("resnet20", {.shortcut = "C"}), doctest::Contains("expected A or B"));
  CHECK_THROWS_WITH(cheap("resnet20", {.classes = -1}), doctest::Contains("number of classes is -1"));
  CHECK_THROWS_WITH(cheap("resnet20", {.height = 1 << 20}), doctest::Contains("height"));
  CHECK_THROWS_AS(cheap("squeezenet1_1", {.height = 4, .width = 4}), Error);
  CHECK_THROWS_AS(cheap("lenet", {.height = 8, .width = 8}), Error);
}

TEST_CASE("detectors: backbones and options, names as in their sources") {
  const auto has = [](const Graph& graph, const char* name) { return graph.find_value(name).has_value(); };
  for (const char* backbone : {"resnet18", "resnet34", "resnet50", "mobilenet_v3_small", "mobilenet_v3_large"})
    for (const char* name : {"centernet", "retinanet", "fcos"}) {
      CAPTURE(name);
      CAPTURE(backbone);
      const Graph graph = cheap(std::string(name) + "-" + backbone, {.classes = 3, .height = 128, .width = 96});
      CHECK(graph.value(graph.outputs().front()).shape == Shape{1, 100, 6});
      CHECK(graph.info.metadata.at("model").find(std::string("backbone=") + backbone) != std::string::npos);
    }
  const Graph center = cheap("centernet");
  for (const char* name : {"conv1.weight", "layer4.1.bn2.running_var", "deconv_layers.6.weight", "deconv_layers.7.running_mean",
                           "hm.0.bias", "hm.2.weight", "wh.2.bias", "reg.0.weight"})
    CHECK(has(center, name));
  const Graph retina = cheap("retinanet", {.fpn = "bn", .head = "bn"});
  for (const char* name : {"backbone.bottom_up.stem.conv1.norm.weight", "backbone.bottom_up.res2.0.shortcut.norm.bias",
                           "backbone.bottom_up.res5.2.conv3.weight", "backbone.fpn_lateral5.norm.weight", "backbone.fpn_output3.weight",
                           "backbone.top_block.p7.bias", "head.cls_subnet.9.weight", "head.bbox_subnet.1.running_mean",
                           "head.cls_score.weight", "head.bbox_pred.bias"})
    CHECK(has(retina, name));
  CHECK_FALSE(has(retina, "backbone.fpn_output3.bias"));
  CHECK(has(cheap("retinanet"), "head.cls_subnet.6.weight"));
  const Graph fcos = cheap("fcos", {.head = "bn_per_level"});
  for (const char* name : {"proposal_generator.fcos_head.cls_tower.1.4.running_var", "proposal_generator.fcos_head.bbox_tower.9.weight",
                           "proposal_generator.fcos_head.ctrness.bias", "proposal_generator.fcos_head.scales.4.scale"})
    CHECK(has(fcos, name));
  CHECK_THROWS_WITH(cheap("fcos-resnet19"), doctest::Contains("backbones \"resnet19\", expected resnet18"));
  CHECK_THROWS_WITH(cheap("fcos-resnet18", {.backbone = "resnet34"}), doctest::Contains("backbone resnet18 in its name"));
  CHECK_THROWS_WITH(cheap("fcos", {.head = "sync"}), doctest::Contains("head \"sync\", expected none, gn, bn, bn_per_level"));
  CHECK_THROWS_WITH(cheap("centernet", {.fpn = "bn"}), doctest::Contains("centernet has no choice of fpn"));
  CHECK_THROWS_WITH(cheap("resnet18", {.backbone = "resnet18"}), doctest::Contains("no choice of backbones"));
  CHECK_THROWS_WITH(cheap("centernet", {.height = 100, .width = 64}), doctest::Contains("expected multiples of 32"));
  CHECK_THROWS_WITH(build("resnet18-resnet18"), doctest::Contains("unknown model"));
}

TEST_CASE("first values are seeded and have the deviation of their source") {
  const Graph a = build("resnet20"), b = build("resnet20"), c = build("resnet20", {.seed = 1});
  const auto data = [](const Graph& graph, const char* name) { return graph.value(*graph.find_value(name)).constant; };
  CHECK(data(a, "layer3.1.conv2.weight").same_as(data(b, "layer3.1.conv2.weight")));
  CHECK(!data(a, "layer3.1.conv2.weight").same_as(data(c, "layer3.1.conv2.weight")));
  CHECK(!data(a, "layer3.1.conv2.weight").same_as(data(a, "layer3.1.conv1.weight")));
  double square = 0;
  for (const float w : data(a, "layer3.1.conv2.weight").span<float>()) square += double{w} * w;
  CHECK(std::sqrt(square / (64 * 64 * 9)) == doctest::Approx(std::sqrt(2.0 / (64 * 9))).epsilon(0.02));
  float most = 0;
  for (const float w : data(a, "linear.bias").span<float>()) most = std::max(most, std::abs(w));
  CHECK(most <= 0.125f);
  CHECK(most > 0.01f);
  for (const float w : data(a, "bn1.running_var").span<float>()) CHECK(w == 1.0f);
}

}  // namespace galet::models
