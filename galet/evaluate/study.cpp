#include "galet/evaluate/study.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "galet/core/error.h"

namespace galet::evaluate {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const StudySettings& s) {
  return {{"model", s.model}, {"weights", s.weights}, {"calibration", s.calibration}, {"data", s.data}, {"recipe", s.recipe}};
}

StudySettings settings_of(const Json& j) { return {j.at("model"), j.at("weights"), j.at("calibration"), j.at("data"), j.at("recipe")}; }

Json json_of(const Measured& m) {
  Json j{{"images", m.images},
         {"labelled", m.labelled},
         {"top1_correct", m.top1_correct},
         {"top1", m.top1},
         {"top5", m.top5},
         {"sqnr_db", nullptr},
         {"kl", m.from_float.kl},
         {"agreement", m.from_float.agreement},
         {"weight_bytes", m.weight_bytes},
         {"seconds", m.seconds}};
  if (std::isfinite(m.from_float.sqnr_db)) j["sqnr_db"] = m.from_float.sqnr_db;
  if (m.stored_bytes > 0) j["stored_bytes"] = m.stored_bytes;
  if (m.image_ms > 0) j["image_ms"] = m.image_ms, j["whole_ms"] = m.whole_ms;
  return j;
}

Measured measured_of(const Json& j) {
  Measured m;
  m.images = j.at("images"), m.labelled = j.at("labelled"), m.top1_correct = j.at("top1_correct");
  m.top1 = j.at("top1"), m.top5 = j.at("top5");
  m.from_float.sqnr_db = j.at("sqnr_db").is_null() ? std::numeric_limits<double>::infinity() : j.at("sqnr_db").get<double>();
  m.from_float.kl = j.at("kl"), m.from_float.agreement = j.at("agreement");
  m.weight_bytes = j.at("weight_bytes"), m.seconds = j.at("seconds");
  m.stored_bytes = j.value("stored_bytes", int64_t{0}), m.image_ms = j.value("image_ms", 0.0), m.whole_ms = j.value("whole_ms", 0.0);
  return m;
}

/// Names come from files of others and may hold any bytes: invalid UTF-8 is replaced.
std::string text_of(const Json& j) { return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

template <typename F>
auto parse(const std::string& json, const std::string& path, const char* kind, F&& read) {
  try {
    const Json j = Json::parse(json);
    if (j.at("kind") != kind) fail("{} holds a {}, expected a {}", path, j.at("kind").get<std::string>(), kind);
    return read(j);
  } catch (const nlohmann::json::exception& error) {
    fail("{} is no {} of galet, or damaged: {}", path, kind, error.what());
  }
}

}  // namespace

std::string to_json(const Sweep& sweep) {
  Json j{{"kind", "sweep"},
         {"name", sweep.name},
         {"axis", sweep.axis},
         {"about", sweep.about},
         {"settings", json_of(sweep.settings)},
         {"seconds", sweep.seconds},
         {"float", json_of(sweep.reference)},
         {"points", Json::array()}};
  if (sweep.by_layer) j["by_layer"] = true;
  for (const SweepPoint& point : sweep.points) {
    Json row{{"label", point.label}, {"value", point.value}, {"beside", point.beside}};
    if (!point.series.empty()) row["series"] = point.series;
    row.update(json_of(point.measured));
    j["points"].push_back(row);
  }
  return text_of(j);
}

std::string to_json(const Sensitivity& sensitivity) {
  Json j{{"kind", "sensitivity"},          {"settings", json_of(sensitivity.settings)},
         {"seconds", sensitivity.seconds}, {"bits", sensitivity.bits},
         {"layers", sensitivity.layers},   {"float", json_of(sensitivity.reference)},
         {"points", Json::array()}};
  for (const LayerSensitivity& point : sensitivity.points) {
    Json row{{"layer", point.layer}, {"op", point.op}, {"bits", point.bits}, {"weights", point.weights}};
    row.update(json_of(point.measured));
    j["points"].push_back(row);
  }
  return text_of(j);
}

std::string study_kind(const std::string& json) {
  const Json j = Json::parse(json, nullptr, false);
  const auto kind = j.is_object() ? j.find("kind") : j.end();
  return j.is_object() && kind != j.end() && kind->is_string() ? kind->get<std::string>() : "";
}

Sweep parse_sweep(const std::string& json, const std::string& path) {
  return parse(json, path, "sweep", [](const Json& j) {
    Sweep sweep;
    sweep.name = j.at("name"), sweep.axis = j.at("axis"), sweep.about = j.at("about"), sweep.seconds = j.at("seconds");
    sweep.settings = settings_of(j.at("settings"));
    sweep.by_layer = j.value("by_layer", false);
    sweep.reference = measured_of(j.at("float"));
    for (const Json& row : j.at("points"))
      sweep.points.push_back({row.at("label"), row.at("value"), row.at("beside"), measured_of(row), row.value("series", "")});
    return sweep;
  });
}

Sensitivity parse_sensitivity(const std::string& json, const std::string& path) {
  return parse(json, path, "sensitivity", [](const Json& j) {
    Sensitivity result;
    result.settings = settings_of(j.at("settings"));
    result.seconds = j.at("seconds");
    result.bits = j.at("bits").get<std::vector<int>>();
    result.layers = j.at("layers").get<std::vector<std::string>>();
    result.reference = measured_of(j.at("float"));
    for (const Json& row : j.at("points"))
      result.points.push_back({row.at("layer"), row.at("op"), row.at("bits"), row.at("weights"), measured_of(row)});
    return result;
  });
}

}  // namespace galet::evaluate
