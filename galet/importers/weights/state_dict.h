// Named tensors without a network: what .pth, .pt, .th and .safetensors files hold.
#pragma once

#include <string>
#include <vector>

#include "galet/core/tensor.h"
#include "galet/importers/weights/element.h"

namespace galet::importers {

struct StoredTensor {
  std::string name;
  Tensor data;  // f16 and bf16 elements are f32 here
  Element stored_as = Element::f32;
};

struct StateDict {
  std::string path;                   // of the file
  std::string format;                 // "PyTorch zip", "PyTorch legacy", "safetensors"
  std::string key;                    // where in a checkpoint it was found ("state_dict"); empty: the file is the state dict
  std::vector<StoredTensor> tensors;  // in the file's order (safetensors: by position of the data); names are unique
  std::vector<std::string> notes;     // what was done to it, one line each: prefixes taken off, other state dicts left alone
  const StoredTensor* find(std::string_view name) const {
    for (const StoredTensor& tensor : tensors)
      if (tensor.name == name) return &tensor;
    return nullptr;
  }
};

/// The tensors of a weights file, told apart by its content. Nothing in a file is executed, whatever it asks for: a pickle may build
/// tensors, containers and scalars, and is refused by name when it wants anything else. Tensors are views of the mapped file where their
/// type and order allow it. `key` chooses a state dict inside of a checkpoint ("model", or "nets.student": dots go deeper); empty: the only
/// one, or the one under a usual name. A prefix "module." or "_orig_mod." that all names share is taken off. Throws Error, one line that
/// begins with the path.
StateDict read_weights(const std::string& path, const std::string& key = {});

/// True when the file begins as one of these formats does (a zip file, a pickle, a safetensors header).
bool is_weights(const std::string& path);

}  // namespace galet::importers
