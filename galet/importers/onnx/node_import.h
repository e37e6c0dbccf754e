// One ONNX node as the function that converts it sees it.
#pragma once

#include "galet/importers/onnx/conversion.h"

namespace galet::importers {

struct OnnxOp;

class NodeImport {
 public:
  NodeImport(Conversion& conversion, const OnnxNode& node, const OnnxOp& op, std::string name);

  const OnnxNode& node;  // as in the file
  const OnnxOp& row;
  const std::string name;  // what the graph calls it
  int64_t opset() const { return node.opset; }

  // Operands: ONNX's inputs, by position.
  size_t operands() const { return node.operands.size(); }
  bool has(size_t i) const { return i < node.operands.size() && !node.operands[i].empty(); }
  Ref operand(size_t i) const;  // throws Error when absent
  Ref optional(size_t i) const { return has(i) ? operand(i) : nullptr; }
  std::vector<Ref> all_operands() const;
  Shape shape(const Ref& value) const { return conversion_.shape_of(value); }
  Shape shape(size_t i) const { return shape(operand(i)); }
  int64_t rank(size_t i) const { return static_cast<int64_t>(shape(i).size()); }
  DType dtype(const Ref& value) const { return conversion_.dtype_of(value); }
  DType dtype(size_t i) const { return dtype(operand(i)); }
  /// The value of an operand that must be known now; throws DataDependentError.
  Tensor constant(size_t i, std::string_view what) const;
  Ints ints(size_t i, std::string_view what) const { return constant(i, what).to_ints(); }
  int64_t one_int(size_t i, std::string_view what) const;
  float one_float(const Tensor& tensor, std::string_view what) const;

  // Attributes.
  bool has_attribute(const std::string& attribute) const { return find(attribute) != nullptr; }
  int64_t get_int(const std::string& attribute, int64_t missing) const;
  float get_float(const std::string& attribute, float missing) const;
  std::string get_string(const std::string& attribute, const std::string& missing) const;
  Ints get_ints(const std::string& attribute, const Ints& missing) const;
  Floats get_floats(const std::string& attribute, const Floats& missing) const;
  /// What moved from an attribute to an operand between opsets; nullopt when neither is there.
  std::optional<Ints> ints_of(const std::string& attribute, size_t operand_index) const;
  /// An attribute as it stands; nullptr when absent. Throws Error when it is of a kind that cannot be read.
  const Attribute* find(const std::string& attribute) const;

  // Axes.
  int64_t axis(int64_t given, int64_t rank) const;   // 0 .. rank-1; throws Error
  Ints axes(const Ints& given, int64_t rank) const;  // each as above, no duplicates

  // Making nodes. `emit` makes an inner one, `finish` the one that stands for the ONNX node: it has its name and its results (as many as
  // the operator has; a result that nothing defines is an Error after the conversion).
  Ref emit(std::string_view op, const std::vector<Ref>& operands, Attributes attributes = {}) {
    return emit_all(op, operands, std::move(attributes)).at(0);
  }
  std::vector<Ref> emit_all(std::string_view op, const std::vector<Ref>& operands, Attributes attributes = {});
  void finish(std::string_view op, const std::vector<Ref>& operands, Attributes attributes = {});
  /// Result i is this value: a constant takes its place, another one gets an `identity`.
  void bind(const Ref& value, size_t i = 0);
  Ref constant_value(Tensor tensor, std::string_view what) const;
  Ref reshape(const Ref& value, const Shape& shape);  // the value itself when it has this shape; constants keep their name
  Ref transpose(const Ref& value, const Ints& perm);  // the same
  void reserve(const Shape& shape, DType dtype) { conversion_.reserve(shape, dtype); }
  bool wants(size_t result) const { return result < node.results.size() && !node.results[result].empty(); }
  Conversion& conversion() { return conversion_; }
  void remark(std::string decision, std::string reason) { conversion_.remark(name, std::move(decision), std::move(reason)); }

  /// Throws Error: `Conv "conv1": ` and the text.
  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(describe(node) + ": " + fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  template <typename T>
  const T* get(const std::string& attribute, std::string_view wanted) const;

  Conversion& conversion_;
};

/// How one ONNX operator is converted: a row of onnx_ops.inc.
struct OnnxOp {
  std::string_view domain, type;
  void (*convert)(NodeImport& node);
  std::vector<std::string_view> needs;       // galet's operators without which it is unsupported
  std::vector<std::string_view> attributes;  // simple rows: attributes handed on under the same name
};

/// The row of an operator; nullptr when there is none or when galet lacks an operator that it needs.
const OnnxOp* find_onnx_op(const std::string& domain, const std::string& type);
/// Why a node cannot be converted; empty when it can, as far as can be seen before converting.
std::string refusal(const OnnxNode& node, const OnnxGraph& graph);

}  // namespace galet::importers
