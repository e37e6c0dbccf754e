#include <fmt/ranges.h>
#include <algorithm>
#include <filesystem>

#include "galet/torch/torchscript/export_context.h"
#include "galet/torch/torchscript/saved_module.h"
#include "galet/torch/torchscript/torchscript.h"

namespace galet::torch {
namespace {

/// Pixels (n, h, w, 3) to what the network takes, in the order of docs/arithmetic.md: each step rounded.
Handle from_pixels(Scribe& scribe, Handle pixels, const Preprocessing& p, int64_t channels) {
  Handle x = scribe.insert("aten::to", {scribe.insert("aten::permute", {pixels, Ints{0, 3, 1, 2}}), int64_t{6}, false, false});
  if (p.order == "bgr") x = scribe.insert("aten::flip", {x, Ints{1}});
  x = scribe.insert("aten::div", {x, 255.0});
  if (p.order == "gray" && channels > 1) x = scribe.insert("aten::repeat", {x, Ints{1, channels, 1, 1}});
  auto per_channel = [&](const std::string& name, const std::array<float, 3>& values) {
    return scribe.parameter("preprocessing." + name,
                            Tensor::from<float>({1, channels, 1, 1}, std::vector<float>(values.begin(), values.begin() + channels)));
  };
  x = scribe.insert("aten::sub", {x, per_channel("mean", p.mean)});
  return scribe.insert("aten::div", {x, per_channel("std", p.std)});
}

void add_inputs(ExportContext& x, bool pixels) {
  for (const ValueId id : x.graph.inputs()) {
    const Value& value = x.graph.value(id);
    Handle handle = x.scribe.input(value.name);
    if (pixels) {
      if (x.graph.inputs().size() != 1 || value.shape.size() != 4 || value.shape[1] > 3)
        fail("pixels: the network must have one input (n, 3 or 1, h, w)");
      handle = from_pixels(x.scribe, handle, x.graph.info.preprocessing, value.shape[1]);
    }
    x.define_real(id, handle);
  }
}

void add_outputs(ExportContext& x, bool named, TorchScriptExport& result) {
  std::vector<std::pair<std::string, Handle>> outputs;
  for (const ValueId id : x.graph.outputs()) {
    const Value& value = x.graph.value(id);
    outputs.emplace_back(value.name, x.real(id));
    result.layout.emplace_back(value.name, value.shape.empty() ? 1 : count(value.shape) / std::max<int64_t>(1, value.shape[0]));
  }
  if (named) return x.scribe.finish_named(outputs);
  if (outputs.size() == 1) return x.scribe.finish(outputs[0].second);
  std::vector<Handle> flat;
  for (const auto& [name, handle] : outputs) {
    const Handle real = x.scribe.insert("aten::to", {handle, int64_t{6}, false, false});
    flat.push_back(x.scribe.insert("aten::flatten", {real, int64_t{1}, int64_t{-1}}));
  }
  x.scribe.finish(x.scribe.insert("aten::cat", {flat, int64_t{1}}));
}

}  // namespace

void export_node(ExportContext& x, NodeId id) {
  const Node& node = x.graph.node(id);
  const runtime::Choice choice = runtime::choose_computation(x.graph, id);
  using enum runtime::Computation;
  switch (choice.computation) {
    case weighted:
      return export_weighted(x, id);
    case add:
      return export_add(x, id);
    case mul:
      return export_mul(x, id);
    case concat:
      return export_concat(x, id);
    case average:
      return export_average(x, id);
    case linear_resize:
      return export_resize(x, id);
    case table:
      return export_table(x, id);
    case movement: {
      const runtime::Affine src = x.spec(node.operands[0]);
      const Handle codes = x.codes(node.operands[0]);
      if (node.op->name == "split") {
        int64_t begin = 0;
        const OpCall call = x.graph.call(id);
        for (size_t i = 0; i < node.results.size(); ++i) {
          const int64_t size = call.get_ints("sizes")[i];
          const Handle part = x.scribe.insert("aten::slice", {codes, call.get_int("axis"), begin, begin + size, int64_t{1}});
          x.define_codes(node.results[i], x.requantized(part, src, x.spec(node.results[i])));
          begin += size;
        }
        return;
      }
      if (const Handle y = moved(x, id, codes, true))
        return x.define_codes(node.results[0], x.requantized(y, src, x.spec(node.results[0])));
      break;
    }
    case weighted_real:
      x.remark(id, "computed in float", "PyTorch has no quantized layer with a float result");
      break;
    case weighted_dynamic:
      x.remark(id, "computed in float",
               "its source is quantized image by image, which PyTorch does for linear layers of its own kind alone");
      break;
    case real:
      break;
  }
  bool from_codes = false;
  for (const ValueId v : node.operands) {
    if (!v.valid() || x.graph.value(v).is_constant()) continue;
    from_codes |= x.from_codes.contains(v.index) || runtime::is_coded(x.graph.value(v));
  }
  if (!export_real(x, id)) fail("TorchScript has nothing for it in this form");
  if (!from_codes) return;
  for (const ValueId v : node.results) {
    x.from_codes.insert(v.index);
    if (!runtime::is_coded(x.graph.value(v))) continue;
    x.interior_dequantizes++;
    x.remark(id, "float between integers", choice.reason.empty() ? "PyTorch has no quantized form of it" : choice.reason);
  }
}

TorchScriptExport export_torchscript(const Graph& graph, const std::string& path, const TorchScriptExportOptions& options) {
  for (const std::string& pass : options.blocked)
    if (const auto all = mobile_passes(); std::find(all.begin(), all.end(), pass) == all.end())
      fail("there is no pass \"{}\" to block, there are {}", pass, fmt::join(all, ", "));
  const PackingEngine engine;  // packed parameters want an engine while they are made; the file does not remember it
  Scribe scribe("Network");
  ExportContext context(graph, scribe);
  TorchScriptExport result;
  add_inputs(context, options.pixels);
  std::vector<std::string> refused;
  for (const NodeId id : graph.order()) {
    try {
      export_node(context, id);
    } catch (const Error& error) {
      refused.push_back(fmt::format("{} \"{}\": {}", graph.node(id).op->name, graph.node(id).name, error.what()));
      for (const ValueId v : graph.node(id).results)
        runtime::is_coded(graph.value(v)) ? context.define_codes(v, context.any()) : context.define_real(v, context.any());
    }
  }
  if (!refused.empty())
    fail("{} node{} cannot be written as TorchScript: {}", refused.size(), refused.size() == 1 ? "" : "s", fmt::join(refused, "; "));
  add_outputs(context, options.named_outputs, result);
  result.remarks = std::move(context.remarks);
  result.interior_dequantizes = context.interior_dequantizes;
  save_and_check(scribe.module(), graph, path, options, result);
  return result;
}

}  // namespace galet::torch
