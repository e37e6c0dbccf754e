// An ONNX model in plain types: what is to be written. protobuf stays in serialize.cpp.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::exporters {

struct OnnxBody;

struct OnnxNode {
  std::string type, name;
  std::vector<std::string> operands, results;  // ONNX calls them inputs and outputs; "" is an absent one
  Attributes attributes;
  std::shared_ptr<const OnnxBody> body = nullptr;  // of a Loop
};

/// What the first extent of an input or output says.
enum class Batch : uint8_t { fixed, symbol, open };

struct OnnxPort {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  Batch batch = Batch::fixed;
};

/// A graph inside a node; it may name what lies outside.
struct OnnxBody {
  std::string name;
  std::vector<OnnxNode> nodes;
  std::vector<OnnxPort> inputs, outputs;
};

struct OnnxModel {
  int64_t opset = 0;
  std::string producer, version, name;
  std::vector<OnnxNode> nodes;
  std::vector<std::pair<std::string, Tensor>> constants;  // initializers
  std::vector<OnnxPort> inputs, outputs;
  std::map<std::string, std::string> metadata;
};

/// TensorProto.DataType of an element type.
int onnx_dtype(DType type);
/// The bytes of the file. Throws Error for more than 2 GB, which protobuf cannot hold.
std::string serialize(const OnnxModel& model);
/// graph.info as metadata: JSON texts under "galet.preprocessing", "galet.labels", "galet.calibration_samples", plain text under
/// "galet.KEY".
std::map<std::string, std::string> onnx_metadata(const ModelInfo& info);

}  // namespace galet::exporters
