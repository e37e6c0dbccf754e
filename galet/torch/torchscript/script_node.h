// One TorchScript operator as the function that converts it sees it: galet's types alone, no libtorch.
#pragma once

#include <optional>

#include "galet/torch/torchscript/graph_builder.h"

namespace galet::torch {

class ScriptNode {
 public:
  /// `operands`: the arguments by position. `where`: "aten::conv2d at model.py:57". `scope`: the module that the call stands in.
  ScriptNode(GraphBuilder& builder, std::string aten_kind, std::string where, std::string module, bool leaf,
             std::vector<ScriptValue> operands)
      : kind(std::move(aten_kind)),
        scope(std::move(module)),
        where_(std::move(where)),
        leaf_(leaf),
        operands_(std::move(operands)),
        builder_(builder) {}

  const std::string kind;   // "conv2d", without namespace and without the underscore of in-place variants
  const std::string scope;  // "layer1.0"; empty in the root module

  size_t operands() const { return operands_.size(); }
  const ScriptValue& value(size_t i) const;  // None where there is none
  bool has(size_t i) const { return !is_none(value(i)); }
  /// A tensor; a number becomes a constant of no dimensions.
  Ref tensor(size_t i) const;
  Ref optional(size_t i) const { return has(i) ? tensor(i) : nullptr; }
  std::vector<Ref> tensors(size_t i) const;  // of a list
  const Shape& shape(size_t i) const { return tensor(i)->type.shape; }
  int64_t rank(size_t i) const { return static_cast<int64_t>(shape(i).size()); }
  bool is_number(size_t i) const;
  int64_t integer(size_t i) const;
  double real(size_t i) const;  // of an integer, too
  float real_float(size_t i) const { return static_cast<float>(real(i)); }
  bool boolean(size_t i) const;
  const std::string& text(size_t i) const;
  /// A list of integers; one of a single element stands for `n` equal ones, as does a lone integer (n = 0: as it is).
  Ints ints(size_t i, size_t n = 0) const;
  std::optional<Ints> optional_ints(size_t i) const { return has(i) ? std::optional(ints(i)) : std::nullopt; }
  /// 0 .. rank - 1; throws Error.
  int64_t axis(int64_t given, int64_t rank) const;
  Ints axes(const Ints& given, int64_t rank) const;

  /// The name of the node that stands for this one: that of the module which has the parameter, else of the module that it alone makes up,
  /// else "SCOPE.KIND".
  std::string name() const;
  void name_after(const Ref& parameter);

  Ref emit(std::string_view op, const std::vector<Ref>& operands, Attributes attributes = {}) {
    return emit_all(op, operands, std::move(attributes)).at(0);
  }
  std::vector<Ref> emit_all(std::string_view op, const std::vector<Ref>& operands, Attributes attributes = {});
  Ref constant(Tensor data, std::string_view what) const { return builder_.constant(name() + "." + std::string(what), std::move(data)); }
  Ref number(double value, DType type, std::string_view what) const;
  Ref reshape(const Ref& x, const Shape& shape);  // x itself where it has that shape
  Ref cast(const Ref& x, DType type);             // the same

  /// The result of the operator. Giving an operand says that it is the same tensor.
  void give(Ref x) { results_.emplace_back(std::move(x)); }
  void give_list(const std::vector<Ref>& list);
  void finish(std::string_view op, const std::vector<Ref>& operands, Attributes attributes = {}) {
    give(emit(op, operands, std::move(attributes)));
  }
  std::vector<ScriptValue>& results() { return results_; }

  /// Throws Error: "aten::conv2d at model.py:57: " and the text.
  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(where_ + ": " + fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  std::string where_;
  bool leaf_;
  std::vector<ScriptValue> operands_;
  std::vector<ScriptValue> results_;
  std::string named_;
  GraphBuilder& builder_;
};

}  // namespace galet::torch
