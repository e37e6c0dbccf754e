// Reads ONNX files: opsets 7 to the newest, every version of the intermediate representation.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "galet/core/remark.h"
#include "galet/ir/graph.h"

namespace galet::importers {

struct OnnxImportOptions {
  std::map<std::string, Tensor> bind;         // graph inputs to be treated as constants, by name
  std::map<std::string, Shape> input_shapes;  // full shapes of graph inputs whose file leaves extents open
};

struct OnnxImport {
  Graph graph;
  Remarks remarks;  // element types converted, attributes without meaning here, batch taken as 1
};

/// Shapes are static in galet: an operand that decides about a shape must be known while importing. `inputs` are the graph inputs that it
/// is computed from; binding them (OnnxImportOptions::bind) makes it known.
class DataDependentError : public Error {
 public:
  DataDependentError(const std::string& text, std::vector<std::string> from) : Error(text), inputs(std::move(from)) {}
  std::vector<std::string> inputs;
};

/// The network of an ONNX file. Values keep their ONNX names; nodes are named for their parameters ("layer1.0.conv1") where the file tells
/// these, else as in the file. An open first dimension of the inputs becomes a batch of 1 (Graph::dynamic_batch). Half, bfloat16 and double
/// elements become f32, with a remark. What is known before the network runs is computed while importing. Metadata "galet.preprocessing" (a
/// JSON object with the fields of Preprocessing) and "galet.labels" (a JSON list of names) fill Graph::info. Throws Error, one line that
/// begins with the path: for damaged files, for operators that galet has not (all of them in one error), for open extents.
OnnxImport import_onnx(const std::string& path, const OnnxImportOptions& options = {});

/// A file with one serialized TensorProto, as the ONNX test suites store them.
Tensor read_onnx_tensor(const std::string& path);

}  // namespace galet::importers
