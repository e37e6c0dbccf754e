// Where in a checkpoint the weights are.
#pragma once

#include <string>
#include <vector>

#include "galet/importers/pytorch/pickle.h"

namespace galet::importers::pickle {

struct FoundDict {
  std::string key;  // "state_dict", "nets.student"; empty for the whole file
  Ref dict = 0;
  std::vector<std::string> others;  // keys of state dicts that were not taken
};

/// The dict of named tensors in the unpickled `root`: the one under `key`; or, where that is empty, the root itself; else the only one;
/// else the one under a usual name ("state_dict", "model", ...; what belongs to an optimizer or a moving average comes last). Throws Error,
/// with the keys that there are, when there is none or no saying which.
FoundDict find_state_dict(const Heap& heap, Ref root, const std::string& key);

}  // namespace galet::importers::pickle
