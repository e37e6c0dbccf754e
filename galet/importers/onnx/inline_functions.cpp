// Calls of functions that the file defines itself become the functions' nodes. Inner values are renamed "CALL/NAME", so that calls do not
// meet.
#include "galet/importers/onnx/model.h"

namespace galet::importers {
namespace {

constexpr size_t kMaxDepth = 32, kMaxNodes = 1'000'000;  // far beyond real models; a damaged file may nest or multiply without end

using Names = std::map<std::string, std::string>;

void rename(std::vector<std::string>& names, const Names& map) {
  for (std::string& name : names)
    if (const auto it = map.find(name); it != map.end()) name = it->second;
}

void resolve_references(OnnxNode& node, const OnnxNode& call) {
  for (const auto& [attribute, source] : node.references) {
    if (const auto it = call.attributes.find(source); it != call.attributes.end()) node.attributes[attribute] = it->second;
    if (const auto it = call.graphs.find(source); it != call.graphs.end()) node.graphs[attribute] = it->second;
    if (const auto it = call.references.find(source); it != call.references.end()) fail("attribute {} refers to a reference", attribute);
  }
  node.references.clear();
}

void adapt(OnnxNode& node, const Names& map, const OnnxNode& call, size_t depth) {
  if (depth > kMaxDepth) fail("branches of function {} are nested too deeply", call.type);
  rename(node.operands, map);
  rename(node.results, map);
  resolve_references(node, call);
  for (auto& [name, graph] : node.graphs) {
    OnnxGraph copy = *graph;
    for (OnnxNode& inner : copy.nodes) adapt(inner, map, call, depth + 1);
    rename(copy.outputs, map);
    graph = std::make_shared<OnnxGraph>(std::move(copy));
  }
}

void expand(const OnnxModel& model, std::vector<OnnxNode> nodes, std::vector<OnnxNode>& out, size_t depth) {
  if (depth > kMaxDepth) fail("functions call one another more than {} deep", kMaxDepth);
  for (OnnxNode& node : nodes) {
    if (out.size() > kMaxNodes) fail("functions expand to more than {} nodes", kMaxNodes);
    const auto it = model.functions.find({node.domain, node.type});
    if (it == model.functions.end()) {
      for (auto& [attribute, graph] : node.graphs) {
        OnnxGraph copy = *graph;
        std::vector<OnnxNode> inner;
        expand(model, std::move(copy.nodes), inner, depth + 1);
        copy.nodes = std::move(inner);
        graph = std::make_shared<OnnxGraph>(std::move(copy));
      }
      out.push_back(std::move(node));
      continue;
    }
    const OnnxFunction& function = it->second;
    const std::string prefix = (!node.results.empty() && !node.results[0].empty() ? node.results[0] : node.name) + "/";
    Names map;
    map[""] = "";
    for (const OnnxNode& inner : function.nodes)
      for (const std::string& name : inner.results)
        if (!name.empty()) map[name] = prefix + name;
    for (size_t i = 0; i < function.operands.size(); ++i) map[function.operands[i]] = i < node.operands.size() ? node.operands[i] : "";
    for (size_t i = 0; i < function.results.size() && i < node.results.size(); ++i)
      if (!node.results[i].empty()) map[function.results[i]] = node.results[i];
    std::vector<OnnxNode> body = function.nodes;
    for (OnnxNode& inner : body) {
      if (!inner.name.empty()) inner.name = prefix + inner.name;
      adapt(inner, map, node, 0);
    }
    expand(model, std::move(body), out, depth + 1);
  }
}

}  // namespace

void inline_functions(OnnxModel& model) {
  if (model.functions.empty()) return;
  std::vector<OnnxNode> nodes;
  expand(model, std::move(model.graph.nodes), nodes, 0);
  model.graph.nodes = std::move(nodes);
}

}  // namespace galet::importers
