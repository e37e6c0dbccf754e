// What an ONNX file says, in plain types: protobuf stays in read_model.cpp and read_tensor.cpp.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "galet/core/remark.h"
#include "galet/ir/attribute.h"

namespace galet::importers {

struct OnnxGraph;

struct OnnxNode {
  std::string type, domain, name;              // domain "" is ONNX's own
  int64_t opset = 0;                           // version of the domain's operators
  std::vector<std::string> operands, results;  // ONNX calls them inputs and outputs; "" is an absent one
  Attributes attributes;
  std::map<std::string, std::shared_ptr<const OnnxGraph>> graphs;  // branches of If, bodies of loops
  std::map<std::string, std::string> references;                   // inside a function: attribute -> attribute of the call
  std::map<std::string, std::string> refused;                      // attribute -> why it cannot be read
};

/// An input or output of a graph.
struct OnnxInput {
  std::string name;
  std::string type;  // ONNX's name of its element type, "float16"
  DType dtype = DType::f32;
  std::string refused;  // why galet does not read its type; empty when it does
  bool has_shape = false;
  Shape shape;                       // -1: open
  std::vector<std::string> symbols;  // names of open extents
};

struct OnnxGraph {
  std::string name;
  std::vector<OnnxNode> nodes;
  std::map<std::string, Tensor> constants;  // initializers
  std::vector<OnnxInput> inputs;            // as written: may repeat initializers
  std::vector<std::string> outputs;
  std::vector<OnnxInput> output_types;  // what the file says about outputs
};

/// An operator that the file defines through others.
struct OnnxFunction {
  std::vector<std::string> operands, results;
  std::vector<OnnxNode> nodes;
};

struct OnnxModel {
  int64_t ir_version = 0;
  std::map<std::string, int64_t> opsets;
  std::string producer;
  OnnxGraph graph;
  std::map<std::pair<std::string, std::string>, OnnxFunction> functions;  // by domain and name
  std::map<std::string, std::string> metadata;
  Remarks remarks;
  size_t bytes = 0;  // of the file
};

/// Throws Error for what is no ONNX model.
OnnxModel read_model(const std::string& path);

/// Replaces calls of the model's own functions by their nodes. Throws Error for recursion.
void inline_functions(OnnxModel& model);

/// Positions of nodes such that each comes after those whose results it reads (also from inside a branch). `outer` tells names known from
/// outside. Throws Error for cycles, names defined twice, and names that nothing defines.
std::vector<size_t> topological_order(const OnnxGraph& graph, const std::function<bool(const std::string& name)>& outer);

/// "Conv "layer1/conv"", for errors; nodes without a name are told by their first result.
std::string describe(const OnnxNode& node);

}  // namespace galet::importers
