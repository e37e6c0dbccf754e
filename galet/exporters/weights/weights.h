// Writes the parameters of a network as PyTorch and safetensors read them.
#pragma once

#include <string>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::exporters {

struct WeightsExport {
  size_t tensors = 0;
  std::vector<std::string> notes;  // what the file cannot say: folded batch norms, weights that are codes in the network
};

/// A state dict in the zip format of torch.save (an OrderedDict; torch.load(path, weights_only=True) reads it). Parameters keep their
/// names; each batch norm also gets its counter num_batches_tracked, so that strict load_state_dict is content. Quantized parameters are
/// written as the real values of their codes. The same graph gives the same bytes. Throws Error for networks without parameters and files
/// that cannot be written.
WeightsExport export_pth(const Graph& graph, const std::string& path);
/// The same tensors as .safetensors.
WeightsExport export_safetensors(const Graph& graph, const std::string& path);

}  // namespace galet::exporters
