// What an operator is: its schema, its shape rule and its reference. The list of operators lies in galet/ops; the graph knows only this
// interface.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "galet/core/tensor.h"
#include "galet/ir/attribute.h"

namespace galet {

struct Op;

struct TensorType {
  DType dtype = DType::f32;
  Shape shape;
  bool operator==(const TensorType&) const = default;
};

/// One operand as a shape rule sees it. An absent optional operand has present == false.
struct Operand {
  bool present = false;
  TensorType type;
  Tensor constant;  // defined when the value is known before the network runs
};

/// One application of an operator: what its shape rule and its reference work from. Accessors throw Error naming operator and node.
class OpCall {
 public:
  OpCall(const Op& called, std::string_view node_name, const Attributes& given, std::vector<Operand> values)
      : op(called), node(node_name), attributes(given), operands(std::move(values)) {}

  const Op& op;
  std::string_view node;
  const Attributes& attributes;
  std::vector<Operand> operands;

  bool has(size_t i) const { return i < operands.size() && operands[i].present; }
  const TensorType& type(size_t i) const;
  const Shape& shape(size_t i) const { return type(i).shape; }
  DType dtype(size_t i) const { return type(i).dtype; }
  size_t rank(size_t i) const { return type(i).shape.size(); }

  /// The attribute, or the default of the operator's schema; has_attribute is false where neither exists.
  bool has_attribute(std::string_view name) const;
  int64_t get_int(std::string_view name) const;
  float get_float(std::string_view name) const;
  const std::string& get_string(std::string_view name) const;
  const Ints& get_ints(std::string_view name) const;
  const Floats& get_floats(std::string_view name) const;
  const Tensor& get_tensor(std::string_view name) const;

  /// Throws Error: `conv2d "layer1.0.conv1": ` and the text.
  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    raise(fmt::format(format, std::forward<Args>(args)...));
  }
  /// The operand must have this rank, else Error: "src has 3 dimensions, expected 4 (NCHW)".
  void expect_rank(size_t i, size_t rank, std::string_view layout) const;
  std::string operand_name(size_t i) const;

 private:
  [[noreturn]] void raise(const std::string& text) const;
  const Attribute& attribute(std::string_view name) const;
  template <typename T>
  const T& get(std::string_view name, std::string_view wanted) const;
};

struct AttributeSpec {
  std::string_view name;
  Attribute example;      // its alternative is the type
  bool required = false;  // otherwise `example` is the default, unless `optional`
  bool optional = false;  // may be missing, without default
};

/// How an operator can be computed on integers (docs/arithmetic.md).
enum class QuantTrait : uint8_t {
  none,       // float only (softmax, reductions other than mean over h and w, comparisons)
  weighted,   // src * weight + bias: conv2d, conv_transpose2d, linear, matmul with a constant
  rescaled,   // own destination spec: add, sub, mul, concat, average pools, linear resize
  same_spec,  // moves codes: destination has the source's spec
  table,      // a function of one element of one tensor
};

/// An operator: everything that is known about it, in one struct made in one file of galet/ops.
struct Op {
  std::string_view name;                   // "conv2d"
  std::vector<std::string_view> operands;  // {"src", "weight", "bias?"}; "?" optional, a last "srcs..." takes any number
  std::vector<AttributeSpec> attributes;
  /// Result types; throws Error through the call for operands that do not fit.
  std::vector<TensorType> (*infer)(const OpCall& call) = nullptr;
  /// Results from operand values (absent operands are undefined tensors), in plain loops: the oracle. Types and shapes have been checked by
  /// infer.
  std::vector<Tensor> (*reference)(const OpCall& call, std::span<const Tensor> operands) = nullptr;
  QuantTrait quant = QuantTrait::none;
  /// Multiply-accumulates of one call; nullptr: none worth counting.
  int64_t (*macs)(const OpCall& call) = nullptr;
};

}  // namespace galet
