// The state of one import: which ONNX value became what.
#pragma once

#include <memory>
#include <set>

#include "galet/importers/onnx/model.h"
#include "galet/importers/onnx/onnx.h"
#include "galet/ir/graph.h"

namespace galet::importers {

struct Dequantized;

/// A value on its way into the graph. Constants and dequantized constants enter it only when a node that stays reads them: what is folded
/// away leaves no trace.
struct ImportValue {
  std::string name;
  Tensor constant;
  std::shared_ptr<const Dequantized> dequantized;  // set for what dequantize makes of a constant
  ValueId id;                                      // invalid for what is not in the graph (yet)
  std::vector<std::string> sources;                // graph inputs that it is computed from
};
using Ref = std::shared_ptr<ImportValue>;

/// A dequantize whose operands are all constant. It is never folded: passes turn codes and scales into facts.
struct Dequantized {
  std::string node;
  Ref codes, scale, zero_point;
  int64_t axis = 1;
};

class Conversion {
 public:
  Conversion(const OnnxModel& model, const OnnxImportOptions& options);
  OnnxImport run();

  /// One application of an operator, computed at once where all operands are constants. `result_names` name the results; missing ones are
  /// made from `name`.
  std::vector<Ref> emit(const Op& op, const std::string& name, const std::vector<Ref>& operands, Attributes attributes,
                        const std::vector<std::string>& result_names);
  /// Holds the size of a constant that is about to be made against what this import may use.
  void reserve(const Shape& shape, DType dtype);
  /// A name for a value that ONNX does not name.
  std::string inner_name(const std::string& wanted);
  Ref find(const std::string& name) const;  // nullptr when unknown
  void define(const std::string& name, Ref value);
  Shape shape_of(const Ref& value) const;
  DType dtype_of(const Ref& value) const;
  void remark(const std::string& node, std::string decision, std::string reason);
  /// The value where it is known now: a constant, or the dequantize of one; undefined otherwise.
  Tensor known_value(const Ref& value) const;
  /// Converts a branch of If; its outputs.
  std::vector<Ref> convert_branch(const OnnxGraph& branch);

 private:
  void add_inputs();
  void add_nodes(const OnnxGraph& graph);
  void convert_node(const OnnxNode& node, size_t index);
  ValueId materialize(const Ref& value);
  void collect_names(const OnnxGraph& graph);
  Ref defer_dequantize(const OpCall& call, const std::vector<Ref>& operands, const std::string& result_name);
  Ref move_dequantized(const Op& op, const std::string& name, const Ref& operand, const Attributes& attributes,
                       const std::string& result_name);

  const OnnxModel& model_;
  const OnnxImportOptions& options_;
  Graph graph_;
  Remarks remarks_;
  std::vector<std::map<std::string, Ref>> scopes_;  // outermost first
  std::set<std::string> names_;                     // all that the file uses or that were made
  int64_t folded_bytes_ = 0, folded_limit_ = 0;
};

/// Reads "galet.preprocessing" and "galet.labels".
void read_metadata(const std::map<std::string, std::string>& metadata, ModelInfo& info);

}  // namespace galet::importers
