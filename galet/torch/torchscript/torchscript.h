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

/// The network of an archive. Parameters keep their names ("layer1.0.conv1.weight") and batch norms stay nodes; batch 1 means any number of
/// images. Then the module itself is run on random inputs (and options.images) and compared with the graph, and run again on two images at
/// once and on another size, to find what was fixed when it was traced. Throws Error: for damaged archives, for all operators that cannot
/// be read (each with its source line, in one error), where shapes are not given, where graph and module disagree.
TorchScriptImport import_torchscript(const std::string& path, const TorchScriptOptions& options);

struct TorchScriptExportOptions {
  bool named_outputs = false;        // a dictionary name -> tensor; else one tensor: several outputs are flattened and joined along axis 1
  bool pixels = false;               // the input is u8 (n, h, w, 3), as Session's; the graph's preprocessing is written into the code
  bool mobile = false;               // libtorch's optimizeForMobile
  std::vector<std::string> blocked;  // of its passes, those that are left out (mobile_passes())
  bool lite = false;                 // for the lite interpreter (.ptl): bytecode beside the code
  std::vector<Tensor> images;        // for the comparison: f32 (1, c, h, w), with `pixels` u8 (1, h, w, 3)
  double bound = 1.0;  // largest mean difference of an output, in its codes (or in 1/255 of the largest output where it is float)
};

/// One run of the written file, loaded again, beside galet's own.
struct TorchScriptRun {
  std::string engine;  // "qnnpack", "onednn"; "float"
  int64_t images = 0;
  double max_difference = 0, mean_difference = 0;  // as `bound`
  double agreement = 0;                            // of the largest element of the first output
};

struct TorchScriptExport {
  Remarks remarks;                                      // what differs from galet's arithmetic, operator by operator
  int interior_dequantizes = 0;                         // pairs inside the network: float operators between integer ones
  std::vector<std::pair<std::string, int64_t>> layout;  // packed outputs: name and elements an image, in order
  std::vector<TorchScriptRun> runs;
};

/// Writes the network, then loads the file again, runs it with every quantized engine of this libtorch and compares with galet's Session.
/// Quantized values are quint8, weights qint8 per channel. Parameters keep their names. Throws Error, and leaves no file, for operators
/// that TorchScript has not (all of them in one error) and where the file disagrees beyond the bound.
TorchScriptExport export_torchscript(const Graph& graph, const std::string& path, const TorchScriptExportOptions& options);

/// The names that `blocked` may have: "insert_fold_prepack_ops", "conv_bn_fusion" ...
std::vector<std::string> mobile_passes();

}  // namespace galet::torch
