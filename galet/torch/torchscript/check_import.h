// Holds an imported graph against the module that it was read from.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include "galet/torch/torchscript/torchscript.h"

namespace galet::torch {

/// The graph of `forward` for these input shapes.
Graph read_module(const ::torch::jit::Module& module, const std::vector<Shape>& shapes);

/// Fills result.check and adds warnings to result.remarks; throws Error where graph and module disagree.
void check_import(::torch::jit::Module& module, const TorchScriptOptions& options, TorchScriptImport& result);

}  // namespace galet::torch
