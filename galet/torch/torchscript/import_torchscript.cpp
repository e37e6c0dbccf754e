#include <fmt/ranges.h>
#include <torch/csrc/jit/serialization/import.h>

#include <filesystem>

#include "galet/importers/pytorch/torchscript_archive.h"
#include "galet/torch/torchscript/check_import.h"
#include "galet/torch/torchscript/interpreter.h"
#include "galet/torch/torchscript/source_line.h"
#include "galet/torch/torchscript/torchscript.h"

namespace galet::torch {
namespace {

void add_outputs(Graph& graph, GraphBuilder& builder, const ScriptValue& value) {
  if (const Ref tensor = as_tensor(value)) {
    graph.add_output(builder.materialize(tensor));
  } else if (const ScriptList* list = as_list(value)) {
    for (const ScriptValue& item : list->items) add_outputs(graph, builder, item);
  } else if (const auto* dict = std::get_if<std::shared_ptr<ScriptDict>>(&value)) {
    for (const auto& [key, item] : (*dict)->items) add_outputs(graph, builder, item);
  } else if (!is_none(value)) {
    fail("forward returns something other than tensors");
  }
}

std::vector<std::string> input_names(const ::torch::jit::Module& module) {
  std::vector<std::string> names;
  const auto& arguments = module.get_method("forward").function().getSchema().arguments();
  for (size_t i = 1; i < arguments.size(); ++i)
    if (!arguments[i].default_value()) names.push_back(arguments[i].name());
  return names;
}

}  // namespace

Graph read_module(const ::torch::jit::Module& module, const std::vector<Shape>& shapes) {
  const std::vector<std::string> names = input_names(module);
  if (shapes.size() != names.size())
    fail("forward takes {} tensor{} ({}), and archives do not tell their shapes: {} given, say --input-shape {}=1x3x224x224 for each",
         names.size(), names.size() == 1 ? "" : "s", fmt::join(names, ", "), shapes.size(), names.empty() ? "NAME" : names[0]);
  GraphBuilder builder;
  std::vector<ScriptValue> inputs;
  builder.graph.dynamic_batch = !shapes.empty();
  for (size_t i = 0; i < shapes.size(); ++i) {
    inputs.emplace_back(builder.input(names[i], DType::f32, shapes[i]));
    if (shapes[i].empty() || shapes[i][0] != 1) builder.graph.dynamic_batch = false;
  }
  const auto& arguments = module.get_method("forward").function().getSchema().arguments();
  IValues defaults(builder);
  for (size_t i = 1 + shapes.size(); i < arguments.size(); ++i) {
    if (!arguments[i].default_value())
      fail("the argument \"{}\" of forward has no default, but stands behind one that has", arguments[i].name());
    inputs.push_back(defaults.from(*arguments[i].default_value(), arguments[i].name()));
  }
  Interpreter interpreter(builder);
  const ScriptValue result = interpreter.run(module, std::move(inputs));
  add_outputs(builder.graph, builder, result);
  if (builder.graph.outputs().empty()) fail("forward returns no tensor");
  verify(builder.graph);
  return std::move(builder.graph);
}

TorchScriptImport import_torchscript(const std::string& path, const TorchScriptOptions& options) {
  try {
    if (!std::filesystem::is_regular_file(path)) fail("no such file");
    importers::check_torchscript(path);
    ::torch::jit::Module module = ::torch::jit::load(path, c10::kCPU);
    if (!module.find_method("forward")) fail("its module has no method forward");
    module.eval();
    TorchScriptImport result;
    result.graph = read_module(module, options.input_shapes);
    result.graph.info.name = std::filesystem::path(path).stem().string();
    result.graph.info.metadata["source"] = "TorchScript";
    check_import(module, options, result);
    return result;
  } catch (const Error& error) {
    throw Error(path + ": " + error.what());
  } catch (const std::exception& error) {
    throw Error(path + ": " + first_line(error.what()));
  }
}

}  // namespace galet::torch
