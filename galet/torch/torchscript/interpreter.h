// Runs a TorchScript program once with tensors that stand for the network's values, and builds the graph of what it did.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <map>

#include "galet/core/remark.h"
#include "galet/torch/torchscript/ivalues.h"
#include "galet/torch/torchscript/script_ops.h"

namespace galet::torch {

/// Modules are followed where they are called, so parameters keep their names; branches are taken and loops unrolled where what decides
/// them is known: from constants and from shapes. What cannot be read is collected, so that one import names all of it.
class Interpreter {
 public:
  explicit Interpreter(GraphBuilder& builder) : builder_(builder), ivalues_(builder) {}

  /// forward(inputs...). Throws Error listing every operator that could not be read, with its source line.
  ScriptValue run(const ::torch::jit::Module& module, std::vector<ScriptValue> inputs);
  Remarks& remarks() { return remarks_; }

 private:
  struct Frame {
    std::map<const ::torch::jit::Value*, ScriptValue> values;
    std::string scope;
    bool leaf = false;  // its module has no submodules
  };

  ScriptValue call(::torch::jit::Function& function, std::vector<ScriptValue> arguments, const std::string& scope);
  void run_block(Frame& frame, ::torch::jit::Block& block);
  void run_node(Frame& frame, ::torch::jit::Node& node);
  bool run_control(Frame& frame, ::torch::jit::Node& node, const std::vector<ScriptValue>& operands);
  bool run_container(Frame& frame, ::torch::jit::Node& node, const std::vector<ScriptValue>& operands);
  bool run_object(Frame& frame, ::torch::jit::Node& node, const std::vector<ScriptValue>& operands);
  void run_if(Frame& frame, ::torch::jit::Node& node, const ScriptValue& condition);
  void run_loop(Frame& frame, ::torch::jit::Node& node, const std::vector<ScriptValue>& operands);
  void run_tensor(Frame& frame, ::torch::jit::Node& node, const std::vector<ScriptValue>& operands);
  bool compute(Frame& frame, ::torch::jit::Node& node, const std::vector<ScriptValue>& operands, bool shapes_only);
  void write_in_place(::torch::jit::Node& node, const Ref& self, const ScriptValue& result, Frame& frame);
  void refuse(Frame& frame, ::torch::jit::Node& node, const std::string& why);
  void set(Frame& frame, const ::torch::jit::Node& node, std::vector<ScriptValue> results);
  std::string name_of(const Frame& frame, const ::torch::jit::Node& node) const;

  GraphBuilder& builder_;
  IValues ivalues_;
  Remarks remarks_;
  std::vector<std::string> refused_;
  int64_t steps_ = 0;
  int depth_ = 0;
};

}  // namespace galet::torch
