#include "galet/pipeline/model.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "galet/core/file.h"
#include "galet/data/preprocess.h"
#include "galet/importers/onnx/onnx.h"
#include "galet/importers/weights/state_dict.h"
#include "galet/package/package.h"
#include "galet/transform/append_detections.h"
#include "galet/transform/passes.h"

namespace galet::pipeline {
namespace {

int positive(std::string_view digits, std::string_view what, const std::string& all) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 1)
    fail("{} \"{}\": \"{}\" is not a positive whole number", what, all, digits);
  return value;
}

std::pair<std::string, Shape> parse_input_shape(const std::string& text) {
  const size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0) fail("input shape \"{}\" is not of the form NAME=1x3x224x224", text);
  Shape shape;
  for (size_t begin = equals + 1; begin <= text.size();) {
    const size_t end = std::min(text.find('x', begin), text.size());
    shape.push_back(positive(std::string_view(text).substr(begin, end - begin), "input shape", text));
    begin = end + 1;
  }
  return {text.substr(0, equals), shape};
}

std::array<float, 3> triple(const std::vector<float>& values, std::string_view what) {
  if (values.size() != 1 && values.size() != 3) fail("{} has {} numbers, expected 3 (or 1 for all channels)", what, values.size());
  std::array<float, 3> out{};
  for (size_t i = 0; i < 3; ++i) out[i] = values[values.size() == 1 ? 0 : i];
  return out;
}

ModelFlags read_sidecar(const std::string& path, std::vector<std::string>& labels) {
  ModelFlags flags;
  try {
    const YAML::Node root = YAML::Load(read_file(path));
    if (!root.IsMap()) fail("{}: expected a map with resize, crop, letterbox, mean, std, order, labels", path);
    for (const auto& entry : root) {
      const std::string key = entry.first.as<std::string>();
      if (key == "resize")
        flags.resize = entry.second.as<int>();
      else if (key == "crop")
        flags.crop = entry.second.as<std::string>();
      else if (key == "mean")
        flags.mean = entry.second.as<std::vector<float>>();
      else if (key == "std")
        flags.std = entry.second.as<std::vector<float>>();
      else if (key == "order")
        flags.order = entry.second.as<std::string>();
      else if (key == "letterbox")
        flags.letterbox = entry.second.as<bool>();
      else if (key == "detections")
        flags.detections = entry.second.as<std::string>();
      else if (key == "labels")
        labels = entry.second.as<std::vector<std::string>>();
      else
        fail("{}: unknown key \"{}\", expected resize, crop, letterbox, mean, std, order, labels or detections", path, key);
    }
  } catch (const YAML::Exception& error) {
    fail("{}: {}", path, error.what());
  }
  return flags;
}

}  // namespace

Preprocessing apply(const ModelFlags& flags, Preprocessing base) {
  if (!flags.preprocessing_given()) return base;
  base.assumed = false;
  if (flags.resize != 0) base.resize = flags.resize;
  if (!flags.crop.empty()) {
    const size_t x = flags.crop.find('x');
    base.crop_height = positive(std::string_view(flags.crop).substr(0, x), "crop", flags.crop);
    base.crop_width = x == std::string::npos ? base.crop_height : positive(std::string_view(flags.crop).substr(x + 1), "crop", flags.crop);
  }
  if (!flags.mean.empty()) base.mean = triple(flags.mean, "mean");
  if (!flags.std.empty()) base.std = triple(flags.std, "std");
  if (!flags.order.empty()) base.order = flags.order;
  if (flags.letterbox) base.letterbox = true;
  if (base.resize != 0 || base.crop_height != 0) base.stretch = false;
  data::validate(base);
  return base;
}

void make_ready(LoadedModel& model) {
  const std::vector<ValueId> values = model.graph.values();
  const bool decided =
      model.package && std::any_of(values.begin(), values.end(), [&](ValueId id) { return model.graph.value(id).quant.has_value(); });
  if (!decided) transform::simplify(model.graph);
}

LoadedModel load_model(const std::string& path, const ModelFlags& flags) {
  LoadedModel model;
  if (package::is_package(path)) {
    model.graph = package::load(path);
    model.package = true;
    Preprocessing own = model.graph.info.preprocessing;
    own.assumed = false;
    if (!flags.detections.empty()) fail("{} is ready to run: --detections is for what is imported", path);
    if (flags.preprocessing_given() && !(apply(flags, own) == own))
      fail("{} carries its own preprocessing, which these flags contradict: leave them out, or quantize the source again with them", path);
    return model;
  }
  if (importers::is_weights(path)) fail("{} holds weights without a network: `galet import` links them to one", path);
  importers::OnnxImportOptions options;
  for (const std::string& text : flags.input_shapes) options.input_shapes.insert(parse_input_shape(text));
  importers::OnnxImport imported = importers::import_onnx(path, options);
  model.graph = std::move(imported.graph);
  model.remarks = std::move(imported.remarks);
  ModelInfo& info = model.graph.info;
  if (info.name.empty()) info.name = std::filesystem::path(path).stem().string();

  std::filesystem::path sidecar(path);
  sidecar.replace_extension(".yaml");
  std::vector<std::string> labels;
  const bool has_sidecar = std::filesystem::is_regular_file(sidecar);
  std::string detections = flags.detections;
  if (has_sidecar) {
    const ModelFlags beside = read_sidecar(sidecar.string(), labels);
    info.preprocessing = apply(beside, info.preprocessing);
    if (detections.empty()) detections = beside.detections;
  }
  if (!labels.empty()) info.labels = labels;
  info.preprocessing = apply(flags, info.preprocessing);
  if (!detections.empty()) transform::append_detections(model.graph, transform::parse_detection_heads(detections));
  if (info.preprocessing.assumed)
    model.notes.push_back(
        "no preprocessing given: images are resized to the network's input, RGB/255, ImageNet mean and deviation (--resize --crop --mean "
        "--std --order, or a .yaml beside the model)");
  return model;
}

}  // namespace galet::pipeline
