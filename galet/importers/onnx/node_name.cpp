#include "galet/importers/onnx/node_name.h"

#include <set>

namespace galet::importers {
namespace {

/// "/layer1/layer1.0/conv1/Conv" -> "layer1.0.conv1": a scope that the next one repeats with a dot is dropped. Empty when the name is no
/// such path.
std::string module_path(const std::string& name, const std::string& type) {
  const size_t last = name.rfind('/');
  if (name.empty() || name[0] != '/' || last == 0 || name.compare(last + 1, type.size(), type) != 0) return {};
  std::vector<std::string> scopes;
  for (size_t begin = 1; begin <= last;) {
    const size_t end = name.find('/', begin);
    scopes.push_back(name.substr(begin, end - begin));
    begin = end + 1;
  }
  std::string path;
  for (size_t i = 0; i < scopes.size(); ++i) {
    if (i + 1 < scopes.size() && scopes[i + 1].starts_with(scopes[i] + ".")) continue;
    path += (path.empty() ? "" : ".") + scopes[i];
  }
  return path;
}

bool has_parameters(const std::string& type) {
  static const std::set<std::string> kTypes{"Conv",  "ConvTranspose",      "Gemm",       "MatMul", "BatchNormalization",
                                            "PRelu", "LayerNormalization", "QLinearConv"};
  return kTypes.contains(type);
}

}  // namespace

std::string node_name(const OnnxNode& node, size_t index, const std::function<bool(const std::string& value)>& is_constant) {
  bool parameters = false;
  for (const std::string& operand : node.operands) {
    if (operand.empty() || !is_constant(operand)) continue;
    parameters = true;
    if (operand.ends_with(".weight") && operand.size() > 7) return operand.substr(0, operand.size() - 7);
  }
  if (parameters && has_parameters(node.type))
    if (std::string path = module_path(node.name, node.type); !path.empty()) return path;
  return !node.name.empty() ? node.name : node.type + "_" + std::to_string(index);
}

}  // namespace galet::importers
