// Saving a module, loading it again, and holding what it computes against galet.
#pragma once

#include "galet/torch/torchscript/torchscript.h"

namespace torch::jit {
struct Module;
}

namespace galet::torch {

/// Chooses a quantized engine for the lifetime of the object.
class PackingEngine {
 public:
  PackingEngine();
  ~PackingEngine();
  PackingEngine(const PackingEngine&) = delete;
  PackingEngine& operator=(const PackingEngine&) = delete;

 private:
  int before_;
};

/// Optimizes for mobiles where wanted, writes, loads and runs; fills result.runs. Throws Error and leaves no file where it disagrees.
void save_and_check(::torch::jit::Module& module, const Graph& graph, const std::string& path, const TorchScriptExportOptions& options,
                    TorchScriptExport& result);

}  // namespace galet::torch
