// What galet bench says, as JSON and as tables.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "galet/analysis/layer_speed.h"
#include "galet/analysis/machine.h"
#include "galet/report/findings.h"

namespace galet::tools {

nlohmann::ordered_json machine_json(const analysis::MachinePeaks& peaks);
nlohmann::ordered_json layers_json(const analysis::SpeedReport& report);
nlohmann::ordered_json kinds_json(const analysis::SpeedReport& report);

/// Back from a row of the measuring process, for reports.
report::Timing timing_of(const nlohmann::ordered_json& row);

/// One column a thread count.
std::string machine_table(const nlohmann::ordered_json& machines);
/// One row a thread count, then for each with layers its kinds and its layers.
std::string bench_table(const nlohmann::ordered_json& rows);

}  // namespace galet::tools
