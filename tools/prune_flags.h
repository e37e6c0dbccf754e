// The flags that every command that prunes shares.
#pragma once

#include <string>

#include "galet/pipeline/prune_model.h"

namespace CLI {
class App;
}

namespace galet::tools {

struct PruneFlags {
  std::string structure = "weight", normalize = "auto";
  pipeline::PruneRecipe recipe;
};
/// --structure, --criterion, --normalize, --layer-limit, --multiple, --protect.
void add_prune_flags(CLI::App& command, PruneFlags& flags);
/// Words into the recipe's options. Throws Error for unknown ones.
void read_prune_flags(PruneFlags& flags);

/// "structure block:16x4, criterion l1, normalized by lamp": what a sweep over amounts and scopes shares.
std::string shared_text(const PruneFlags& flags);

}  // namespace galet::tools
