// The whole state of a run of training in one file, from which it goes on as if it had never stopped.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "galet/torch/train/optimizer.h"

namespace galet::torch::train {

/// A .safetensors file: tensors by name, and texts in its metadata.
struct Checkpoint {
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::string> texts;
};

/// Whole or not at all. Throws Error where the file cannot be written.
void save_checkpoint(const Checkpoint& checkpoint, const std::string& path);
/// Throws Error for anything that is not a whole checkpoint.
Checkpoint load_checkpoint(const std::string& path);
/// Copies each of `into` from the tensor of the checkpoint with its name. Throws Error naming the first that is missing, left over or of
/// another shape or type.
void restore(const Checkpoint& checkpoint, const std::vector<NamedTensor>& into, const std::string& path);

}  // namespace galet::torch::train
