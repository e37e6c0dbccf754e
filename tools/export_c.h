// What galet export --to c takes beyond the model and the folder.
#pragma once

#include <string>
#include <vector>

#include "galet/exporters/c/c.h"
#include "tools/cli.h"

namespace galet::tools {

struct CFlags {
  exporters::CExportOptions options;
  std::string weights = "inline", requantize = "float", budget;
};
void add_c_flags(CLI::App& command, CFlags& flags);
void export_as_c(const Graph& graph, const std::string& folder, const CFlags& flags);

}  // namespace galet::tools
