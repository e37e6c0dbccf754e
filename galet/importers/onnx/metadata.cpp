// What galet's own exporter writes into a file's metadata_props.
#include <nlohmann/json.hpp>

#include "galet/importers/onnx/conversion.h"

namespace galet::importers {
namespace {

using nlohmann::json;

Preprocessing preprocessing_of(const json& object) {
  Preprocessing p;
  p.assumed = object.value("assumed", false);
  p.resize = object.value("resize", p.resize);
  p.crop_height = object.value("crop_height", p.crop_height);
  p.crop_width = object.value("crop_width", p.crop_width);
  p.stretch = object.value("stretch", p.stretch);
  p.letterbox = object.value("letterbox", p.letterbox);
  p.fill = object.value("fill", p.fill);
  p.order = object.value("order", p.order);
  p.mean = object.value("mean", p.mean);
  p.std = object.value("std", p.std);
  if (p.order != "rgb" && p.order != "bgr" && p.order != "gray") fail("order \"{}\", expected rgb, bgr or gray", p.order);
  if (p.resize < 0 || p.crop_height < 0 || p.crop_width < 0) fail("a negative size");
  if (p.fill < 0 || p.fill > 255) fail("fill {}, expected 0 to 255", p.fill);
  return p;
}

}  // namespace

void read_metadata(const std::map<std::string, std::string>& metadata, ModelInfo& info) {
  const std::string* current = nullptr;
  try {
    if (const auto it = metadata.find("galet.preprocessing"); it != metadata.end()) {
      current = &it->first;
      info.preprocessing = preprocessing_of(json::parse(it->second));
    }
    if (const auto it = metadata.find("galet.labels"); it != metadata.end()) {
      current = &it->first;
      info.labels = json::parse(it->second).get<std::vector<std::string>>();
    }
    if (const auto it = metadata.find("galet.calibration_samples"); it != metadata.end()) {
      current = &it->first;
      info.calibration_samples = json::parse(it->second).get<std::vector<std::string>>();
    }
    for (const auto& [key, value] : metadata)  // the rest of what galet's exporter wrote
      if (key.starts_with("galet.") && key != "galet.preprocessing" && key != "galet.labels" && key != "galet.calibration_samples")
        info.metadata.emplace(key.substr(6), value);
  } catch (const json::exception&) {
    fail("metadata \"{}\" is not the JSON expected", *current);
  } catch (const Error& error) {
    fail("metadata \"{}\": {}", *current, error.what());
  }
}

}  // namespace galet::importers
