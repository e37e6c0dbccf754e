#include <nlohmann/json.hpp>

#include "galet/exporters/onnx/model.h"

namespace galet::exporters {
namespace {

std::string compact(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);  // names of files need not be UTF-8
}

}  // namespace

std::map<std::string, std::string> onnx_metadata(const ModelInfo& info) {
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : info.metadata) metadata["galet." + key] = value;
  const Preprocessing& p = info.preprocessing;
  metadata["galet.preprocessing"] = compact({{"resize", p.resize},
                                             {"crop_height", p.crop_height},
                                             {"crop_width", p.crop_width},
                                             {"stretch", p.stretch},
                                             {"letterbox", p.letterbox},
                                             {"fill", p.fill},
                                             {"order", p.order},
                                             {"mean", p.mean},
                                             {"std", p.std},
                                             {"assumed", p.assumed}});
  if (!info.labels.empty()) metadata["galet.labels"] = compact(info.labels);
  if (!info.calibration_samples.empty()) metadata["galet.calibration_samples"] = compact(info.calibration_samples);
  metadata["galet.version"] = GALET_VERSION;
  return metadata;
}

}  // namespace galet::exporters
