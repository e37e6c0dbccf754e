// What galet ranges writes beside its tables.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "galet/analysis/ranges.h"

namespace galet::tools {

nlohmann::ordered_json ranges_json(const analysis::Ranges& ranges, bool channels);
/// One row a tensor, and with `channels` one a channel.
std::string ranges_csv(const analysis::Ranges& ranges, bool channels);

}  // namespace galet::tools
