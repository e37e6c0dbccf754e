// The parameters of a network as a list of named tensors.
#pragma once

#include "galet/exporters/weights/weights.h"

namespace galet::exporters {

struct NamedTensor {
  std::string name;
  Tensor data;  // f32; counters i64
};

struct NamedTensors {
  std::vector<NamedTensor> tensors;  // in the order of use; names are unique
  std::vector<std::string> notes;
};

NamedTensors named_tensors(const Graph& graph);

}  // namespace galet::exporters
