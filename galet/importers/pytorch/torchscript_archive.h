// Telling TorchScript archives, which are programs, from state dicts; and whether they came whole.
#pragma once

#include <string>

namespace galet::importers {

/// A zip archive with TorchScript code. False for everything else, damaged archives too. Throws Error where the file cannot be opened.
bool is_torchscript(const std::string& path);
/// Holds names, places and checksums of the members against the directory: libtorch does not look at checksums. Throws Error.
void check_torchscript(const std::string& path);

}  // namespace galet::importers
