#include <set>

#include "galet/importers/onnx/model.h"

namespace galet::importers {
namespace {

/// Names that the node reads, its branches included, which may read anything from outside.
void add_reads(const OnnxNode& node, std::vector<std::string>& reads);

void add_free_names(const OnnxGraph& graph, std::vector<std::string>& reads) {
  std::set<std::string> own;
  for (const auto& [name, tensor] : graph.constants) own.insert(name);
  for (const OnnxInput& input : graph.inputs) own.insert(input.name);
  for (const OnnxNode& node : graph.nodes) own.insert(node.results.begin(), node.results.end());
  std::vector<std::string> inner(graph.outputs);
  for (const OnnxNode& node : graph.nodes) add_reads(node, inner);
  for (std::string& name : inner)
    if (!own.contains(name)) reads.push_back(std::move(name));
}

void add_reads(const OnnxNode& node, std::vector<std::string>& reads) {
  for (const std::string& name : node.operands)
    if (!name.empty()) reads.push_back(name);
  for (const auto& [attribute, graph] : node.graphs) add_free_names(*graph, reads);
}

}  // namespace

std::string describe(const OnnxNode& node) {
  const std::string& name = !node.name.empty() || node.results.empty() ? node.name : node.results[0];
  return fmt::format("{}{}{} \"{}\"", node.domain, node.domain.empty() ? "" : ".", node.type, name);
}

std::vector<size_t> topological_order(const OnnxGraph& graph, const std::function<bool(const std::string& name)>& outer) {
  constexpr size_t kGiven = SIZE_MAX;
  std::map<std::string, size_t> producer;
  for (const auto& [name, tensor] : graph.constants) producer[name] = kGiven;
  std::set<std::string> inputs;
  for (const OnnxInput& input : graph.inputs) {
    if (!inputs.insert(input.name).second) fail("input \"{}\" is defined twice", input.name);
    producer[input.name] = kGiven;
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i)
    for (const std::string& name : graph.nodes[i].results)
      if (!name.empty() && !producer.emplace(name, i).second) fail("{}: value \"{}\" is defined twice", describe(graph.nodes[i]), name);

  // Depth first without recursion, nodes in file order: a sorted file keeps its order.
  std::vector<std::vector<std::string>> reads(graph.nodes.size());
  std::vector<char> state(graph.nodes.size(), 0);  // 0 new, 1 entered, 2 done
  std::vector<size_t> order;
  std::vector<std::pair<size_t, size_t>> stack;
  auto enter = [&](size_t i) {
    state[i] = 1;
    add_reads(graph.nodes[i], reads[i]);
    stack.emplace_back(i, 0);
  };
  for (size_t root = 0; root < graph.nodes.size(); ++root) {
    if (state[root] == 0) enter(root);
    while (!stack.empty()) {
      auto& [i, next] = stack.back();
      if (next == reads[i].size()) {
        state[i] = 2;
        order.push_back(i);
        stack.pop_back();
        continue;
      }
      const std::string& name = reads[i][next++];
      const auto it = producer.find(name);
      if (it == producer.end()) {
        if (!outer(name)) fail("{}: nothing defines its operand \"{}\"", describe(graph.nodes[i]), name);
        continue;
      }
      if (it->second == kGiven || state[it->second] == 2) continue;
      if (state[it->second] == 1) fail("the graph has a cycle through {}", describe(graph.nodes[it->second]));
      enter(it->second);
    }
  }
  for (const std::string& name : graph.outputs)
    if (!producer.contains(name) && !outer(name)) fail("nothing defines the output \"{}\"", name);
  return order;
}

}  // namespace galet::importers
