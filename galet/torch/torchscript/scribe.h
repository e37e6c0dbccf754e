// Writes the code of a TorchScript module, operator by operator. Only scribe.cpp sees libtorch.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "galet/ir/graph.h"
#include "galet/runtime/codes.h"

namespace torch::jit {
struct Value;
struct Module;
}  // namespace torch::jit

namespace galet::torch {

/// A value of the code.
using Handle = ::torch::jit::Value*;
/// An argument that has a name alone.
struct Keyword {
  std::string name;
  int64_t value;
};
/// std::monostate is None.
using Argument = std::variant<std::monostate, Handle, bool, int64_t, double, Ints, std::vector<double>, std::vector<Handle>, Keyword>;

class Scribe {
 public:
  explicit Scribe(const std::string& name);
  ~Scribe();

  Handle input(const std::string& name);
  /// Code that calls "aten::relu", "quantized::add" ... with these arguments by position; overloads are found as TorchScript does. Throws
  /// Error where there is no such operator.
  Handle insert(const std::string& op, const std::vector<Argument>& arguments);
  Handle list_item(Handle list, int64_t i);

  /// A parameter of the module; dots make submodules. The same name gives the same parameter.
  Handle parameter(const std::string& name, const Tensor& data);
  /// Codes with one scale.
  Handle quantized(const std::string& name, const Tensor& codes, const runtime::Affine& spec);
  struct Weight {
    std::string name;
    Tensor codes;               // i8, output channels in front (in front of in/group for transposed convolutions: as the operator has them)
    std::vector<float> scales;  // one, or one an output channel
    int axis = 0;
    Tensor bias;  // f32 or absent
  };
  /// Packed parameters, in the form of the quantized engine that runs it when it is loaded.
  Handle packed_convolution(const Weight& weight, const Ints& strides, const Ints& padding, const Ints& dilations, int64_t groups,
                            const Ints* output_padding);
  Handle packed_linear(const Weight& weight);

  /// Ends the code: one result, or a dictionary of named ones.
  void finish(Handle result);
  void finish_named(const std::vector<std::pair<std::string, Handle>>& results);
  ::torch::jit::Module& module();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace galet::torch
