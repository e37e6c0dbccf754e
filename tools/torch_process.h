// Starting galet-torch, the program that links libtorch, as git starts its subcommands: the core stays light.
#pragma once

#include <string>
#include <vector>

namespace galet::tools {

/// Whether `name` is a subcommand of galet-torch.
bool is_torch_command(const std::string& name);
/// Becomes `galet-torch ARGUMENTS...`; returns only by throwing Error where that program is not there. `what`: who needs it, for the
/// message.
[[noreturn]] void become_galet_torch(const std::string& what, const std::vector<std::string>& arguments);

/// Runs it and waits; what it prints goes to stderr. Throws Error where it fails, having said why, and where it is not there.
void run_galet_torch(const std::string& what, const std::vector<std::string>& arguments);

}  // namespace galet::tools
