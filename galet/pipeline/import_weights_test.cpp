#include "galet/pipeline/import_weights.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "galet/core/file.h"
#include "galet/exporters/weights/weights.h"
#include "galet/ops/parameters.h"
#include "galet/package/package.h"

namespace galet::pipeline {
namespace {

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("galet_import_weights_test_{}", ::getpid());
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

Tensor parameter(const Graph& graph, const char* name) { return graph.value(*graph.find_value(name)).constant; }

}  // namespace

TEST_CASE("weights that are written are read again, bit by bit") {
  const Folder folder;
  for (const std::string& listed : models::names()) {
    const std::string name = listed == "fcos" ? "fcos-resnet18" : listed;
    if (name == "resnet34" || name == "resnet50" || name == "retinanet") continue;  // as resnet18, and large
    CAPTURE(name);
    const Graph graph = models::build(name, {.classes = 10, .height = 64, .width = 64, .seed = 3});
    const exporters::WeightsExport pth = exporters::export_pth(graph, folder / "a.pth");
    const exporters::WeightsExport st = exporters::export_safetensors(graph, folder / "a.safetensors");
    CHECK(pth.tensors == st.tensors);
    for (const std::string& file : {folder / "a.pth", folder / "a.safetensors"}) {
      const ImportedWeights imported = import_weights({.files = {file},
                                                       .key = {},
                                                       .model = name,
                                                       .options = {.classes = 10, .height = 64, .width = 64},
                                                       .map = {},
                                                       .allow = {},
                                                       .about = {}});
      CHECK(imported.report.complete());
      for (const ValueId id : ops::parameters_of(graph))
        CHECK(parameter(imported.graph, graph.value(id).name.c_str()).same_as(graph.value(id).constant));
    }
  }
}

TEST_CASE("rules: a torchvision ResNet goes onto the backbones of detectors, and back") {
  const Folder folder;
  std::filesystem::path rules = std::filesystem::path(__FILE__).parent_path() / "../../models/rules";  // relative to the build folder
  if (!std::filesystem::exists(rules)) rules = "models/rules";
  exporters::export_pth(models::build("resnet18", {.seed = 1}), folder / "a.pth");
  ImportWeights request{.files = {folder / "a.pth"},
                        .key = {},
                        .model = "fcos-resnet18",
                        .options = {.classes = 3, .height = 64, .width = 64},
                        .map = (rules / "torchvision_to_detectron2.txt").string(),
                        .allow = {"backbone.fpn*", "backbone.top*", "proposal*", "fc.*"},
                        .about = {}};
  const ImportedWeights fcos = import_weights(request);
  CHECK(fcos.report.complete());
  CHECK(fcos.report.matched.size() == 100);
  exporters::export_pth(fcos.graph, folder / "b.pth");
  request = {.files = {folder / "b.pth"},
             .key = {},
             .model = "resnet18",
             .options = {},
             .map = (rules / "detectron2_to_torchvision.txt").string(),
             .allow = {"fc.*", "backbone.*", "proposal*"},
             .about = {}};
  const ImportedWeights back = import_weights(request);
  CHECK(back.report.complete());
  CHECK(parameter(back.graph, "layer4.0.downsample.1.bias")
            .same_as(parameter(models::build("resnet18", {.seed = 1}), "layer4.0.downsample.1.bias")));
}

TEST_CASE("parameters without weights keep their first values, when that is allowed") {
  const Folder folder;
  exporters::export_pth(models::build("resnet20", {.seed = 1}), folder / "a.pth");
  ImportWeights request{.files = {folder / "a.pth"},
                        .key = {},
                        .model = "resnet20",
                        .options = {.classes = 7, .seed = 5},
                        .map = {},
                        .allow = {},
                        .about = {}};
  CHECK(!import_weights(request).report.complete());
  CHECK(import_weights(request).advice == "it looks like --classes 10");
  request.allow = {"linear.*"};
  const ImportedWeights imported = import_weights(request);
  CHECK(imported.report.complete());
  const Graph fresh = models::build("resnet20", {.classes = 7, .seed = 5});
  CHECK(parameter(imported.graph, "linear.weight").same_as(parameter(fresh, "linear.weight")));
  CHECK(!parameter(imported.graph, "conv1.weight").same_as(parameter(fresh, "conv1.weight")));
}

TEST_CASE("shortcuts with weights are advised") {
  const Folder folder;
  exporters::export_pth(models::build("resnet20", {.shortcut = "B"}), folder / "b.pth");
  ImportWeights request{.files = {folder / "b.pth"}, .key = {}, .model = "resnet20", .options = {}, .map = {}, .allow = {}, .about = {}};
  CHECK(import_weights(request).advice == "it looks like --shortcut B");
  request.options.shortcut = "B";
  CHECK(import_weights(request).report.complete());
}

TEST_CASE("a network gives its parameters to another") {
  const Folder folder;
  package::save(models::build("resnet20", {.seed = 1}), folder / "trained.galet");
  exporters::export_pth(models::build("resnet20", {.seed = 2}), folder / "base.pth");
  ImportWeights request{.files = {folder / "base.pth", folder / "trained.galet"},
                        .key = {},
                        .model = "resnet20",
                        .options = {},
                        .map = {},
                        .allow = {},
                        .about = {}};
  const ImportedWeights imported = import_weights(request);
  CHECK(imported.report.complete());
  CHECK(imported.report.overridden.size() == 97);
  CHECK(parameter(imported.graph, "conv1.weight").same_as(parameter(models::build("resnet20", {.seed = 1}), "conv1.weight")));
  LoadedModel folded{.graph = models::build("resnet20"), .remarks = {}, .notes = {}};
  make_ready(folded);
  package::save(folded.graph, folder / "folded.galet");
  request.files = {folder / "folded.galet"};
  CHECK(import_weights(request).advice.find("batch norms were folded") != std::string::npos);
  request.files = {folder / "base.pth"};
  request.key = "model";
  CHECK_THROWS_WITH(import_weights(request), doctest::Contains("no state dict under the key"));
}

TEST_CASE("a float network in a file takes weights, a quantized one does not") {
  const Folder folder;
  CHECK_THROWS_WITH(import_weights({.files = {}, .key = {}, .model = "resnet19", .options = {}, .map = {}, .allow = {}, .about = {}}),
                    doctest::Contains("unknown model"));
  write_file(folder / "rules", std::string("nonsense"));
  CHECK_THROWS_WITH(
      import_weights({.files = {}, .key = {}, .model = "resnet20", .options = {}, .map = folder / "rules", .allow = {}, .about = {}}),
      doctest::Contains("is no rule"));
}

}  // namespace galet::pipeline
