// Writes a quantized network as C99 that needs nothing: no library, no allocation, no floating point inside the network. Its functions are
// the reference kernels of galet/kernels/reference/c99, word for word, and its integers are those of the runtime (docs/c-export.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "galet/core/remark.h"
#include "galet/ir/graph.h"

namespace galet::exporters {

struct CExportOptions {
  std::string name = "model";              // of files, functions and macros: a C identifier
  bool weights_in_file = false;            // NAME.bin, which the caller hands over, instead of arrays in NAME_weights.h
  bool fixed_point = false;                // requantization in fixed point (docs/arithmetic.md) instead of the float one
  std::vector<std::string> postprocess;    // "argmax", "topk:5", "softmax", "peaks:0.3"
  int64_t rom_budget = 0, ram_budget = 0;  // bytes; 0: none
  int test_vectors = 2;
  std::vector<Tensor> images;  // test vectors to use instead of made-up ones: pixels u8 (1, h, w, channels) or f32 (1, c, h, w)
};

/// What the network costs a microcontroller; bytes.
struct CSizes {
  int64_t weights = 0;            // int8 weights
  int64_t constants = 0;          // everything else in read-only memory but code: biases, scales, tables, layer descriptions
  int64_t arena = 0;              // what the caller must give
  int64_t live = 0;               // lower bound of the arena: the largest set of tensors that are needed at one time
  int64_t input = 0, output = 0;  // the caller's buffers
  int64_t code_lines = 0;         // of NAME.c and NAME.h
  int64_t macs = 0;
  std::string peak_layer;  // where `live` is reached
};

struct CExport {
  CSizes sizes;
  Remarks remarks;
  std::vector<std::string> files;  // written, relative to the folder
};

/// Writes NAME.c, NAME.h, NAME_weights.h, NAME_test.h, main.c and README.md into `folder`, which is made where it is missing. The same
/// graph and options give the same bytes. Throws Error: for nodes that cannot be written (all in one error, each with its reason), for
/// budgets that do not hold (naming the layer to blame), for bad names, when writing fails; then nothing is written.
CExport export_c(const Graph& graph, const std::string& folder, const CExportOptions& options = {});

}  // namespace galet::exporters
