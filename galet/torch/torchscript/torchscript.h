// TorchScript archives (traced or scripted) as graphs, and back.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "galet/core/remark.h"
#include "galet/ir/graph.h"

namespace galet::torch {

struct TorchScriptOptions {
  std::vector<Shape> input_shapes;  // of forward's arguments, in order: archives do not tell them
  std::vector<Tensor> images;       // (1, ...) for the first input, beside random ones, for the comparison with the module
};

/// How far the graph is from what libtorch computes with the archive's own module.
struct TorchScriptCheck {
  int64_t inputs = 0;
  double max_difference = 0;  // largest absolute difference of an output
  double scale = 0;           // largest absolute output
};

struct TorchScriptImport {
  Graph graph;
  Remarks remarks;  // decision "warning": the program is not a function of its input alone, or holds for one shape only
  TorchScriptCheck check;
};

/// Whether the file is a zip archive with TorchScript code; false for state dicts and everything else.
bool is_torchscript(const std::string& path);

/// The network of an archive. Parameters keep their names ("layer1.0.conv1.weight") and batch norms stay nodes; batch 1 means any number of
/// images. Then the module itself is run on random inputs (and options.images) and compared with the graph, and run again on two images at
/// once and on another size, to find what was fixed when it was traced. Throws Error: for damaged archives, for all operators that cannot
/// be read (each with its source line, in one error), where shapes are not given, where graph and module disagree.
TorchScriptImport import_torchscript(const std::string& path, const TorchScriptOptions& options);

}  // namespace galet::torch
