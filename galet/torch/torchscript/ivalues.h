// Between libtorch's IValue and ScriptValue.
#pragma once

#include <ATen/core/ivalue.h>

#include <map>

#include "galet/torch/torchscript/graph_builder.h"

namespace galet::torch {

struct ScriptObject {
  c10::IValue value;
  std::string path;  // "layer1.0" for the module of that name; empty for the root
};

class IValues {
 public:
  explicit IValues(const GraphBuilder& builder) : builder_(builder) {}

  /// `name` is what a tensor is called in the graph. The same tensor gives the same object each time. Throws Error for tensors that galet
  /// cannot hold.
  ScriptValue from(const c10::IValue& value, const std::string& name);
  /// The value as libtorch wants it for an argument of `type`; only for values that are known. `tensors`: what a tensor of the graph
  /// becomes, where it may stand in for its shape and type alone.
  c10::IValue to(const ScriptValue& value, const c10::TypePtr& type, bool shapes_only) const;
  /// Whether the value is free of tensors that the network computes, of modules and of Poison.
  static bool known(const ScriptValue& value);
  /// The same, but tensors of the graph may be there.
  static bool known_type(const ScriptValue& value);

 private:
  const GraphBuilder& builder_;
  std::map<const void*, std::pair<at::Tensor, Ref>> tensors_;  // keeps what it knows alive, so that addresses stay unique
};

}  // namespace galet::torch
