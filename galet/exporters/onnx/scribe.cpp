#include "galet/exporters/onnx/scribe.h"

namespace galet::exporters {
namespace {

std::string take(std::set<std::string>& taken, const std::string& wanted) {
  std::string name = wanted;
  for (int i = 1; !taken.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
  return name;
}

}  // namespace

std::string Scribe::name(const std::string& wanted) { return take(names_, wanted); }

std::string Scribe::constant(const std::string& wanted, Tensor data) {
  model_.constants.emplace_back(name(wanted), std::move(data));
  return model_.constants.back().first;
}

void Scribe::add(const std::string& type, const std::string& node, std::vector<std::string> operands, std::vector<std::string> results,
                 Attributes attributes, std::shared_ptr<const OnnxBody> body) {
  while (!operands.empty() && operands.back().empty()) operands.pop_back();
  const std::string own = node_names_.contains(node) ? take(node_names_, node + "/" + type) : take(node_names_, node);
  model_.nodes.push_back({type, own, std::move(operands), std::move(results), std::move(attributes), std::move(body)});
}

std::string Scribe::make(const std::string& type, const std::string& node, std::vector<std::string> operands, Attributes attributes) {
  const std::string result = name(node + "/" + type);
  add(type, node, std::move(operands), {result}, std::move(attributes));
  return result;
}

}  // namespace galet::exporters
