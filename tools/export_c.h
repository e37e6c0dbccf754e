// What galet export --to c takes beyond the model and the folder.
#pragma once

#include <string>
#include <vector>

#include "galet/exporters/c/c.h"
#include "tools/cli.h"

namespace galet::tools {

struct CFlags {
  exporters::CExportOptions options;
  std::string weights = "inline", requantize = "float", budget, save_state, load_state;
  std::string data;    // pictures for the test vectors
  bool given = false;  // one of those that a state holds
};
void add_c_flags(CLI::App& command, CFlags& flags);
/// Says in flags.given what the command line had.
void find_c_flags(const CLI::App& command, CFlags& flags);
/// The model, or what flags.load_state says instead of model and flags.
void export_as_c(const ModelArgument& model, const std::string& folder, const CFlags& flags);

}  // namespace galet::tools
