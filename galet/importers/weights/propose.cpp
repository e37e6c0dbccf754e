#include "galet/importers/weights/propose.h"

#include <algorithm>
#include <map>

#include "galet/importers/weights/key_rules.h"

namespace galet::importers {
namespace {

struct Module {
  std::string prefix;                                      // "layer1.0.bn1." (empty: tensors of the network itself)
  std::vector<std::pair<std::string, std::string>> parts;  // the usual name of a part, and the one it has
  std::string signature;                                   // parts and shapes
};

std::string usual(const std::string& part) {
  constexpr std::pair<std::string_view, std::string_view> kOther[] = {
      {"gamma", "weight"},           {"beta", "bias"},         {"moving_mean", "running_mean"}, {"moving_variance", "running_var"},
      {"moving_var", "running_var"}, {"mean", "running_mean"}, {"var", "running_var"},          {"kernel", "weight"}};
  for (const auto& [other, name] : kOther)
    if (part == other) return std::string(name);
  return part;
}

/// Modules in the order in which their first tensor comes.
std::vector<Module> modules_of(const std::vector<NamedShape>& tensors) {
  std::vector<Module> modules;
  std::map<std::string, size_t> index;
  std::map<std::string, std::map<std::string, Shape>> shapes;
  for (const NamedShape& tensor : tensors) {
    const size_t dot = tensor.name.rfind('.');
    const std::string prefix = dot == std::string::npos ? "" : tensor.name.substr(0, dot + 1);
    const std::string part = tensor.name.substr(prefix.size());
    const auto [at, fresh] = index.try_emplace(prefix, modules.size());
    if (fresh) modules.push_back({prefix, {}, {}});
    modules[at->second].parts.emplace_back(usual(part), part);
    shapes[prefix][usual(part)] = tensor.shape;
  }
  for (Module& module : modules)
    for (const auto& [part, shape] : shapes[module.prefix]) module.signature += part + " " + galet::to_string(shape) + ";";
  return modules;
}

}  // namespace

std::vector<std::string> propose_rules(const std::vector<NamedShape>& keys, const std::vector<NamedShape>& parameters) {
  std::map<std::string, std::vector<const Module*>> from, to;
  const std::vector<Module> file = modules_of(keys), network = modules_of(parameters);
  for (const Module& module : file) from[module.signature].push_back(&module);
  for (const Module& module : network) to[module.signature].push_back(&module);
  std::vector<std::string> rules;
  for (const Module& module : file) {
    const auto& candidates = from[module.signature];
    const auto& partners = to[module.signature];
    if (candidates.size() != partners.size()) continue;
    const auto k = std::find(candidates.begin(), candidates.end(), &module) - candidates.begin();
    const Module& partner = *partners[static_cast<size_t>(k)];
    const bool same_parts =
        std::all_of(module.parts.begin(), module.parts.end(), [](const auto& part) { return part.first == part.second; });
    if (same_parts && !module.prefix.empty() && module.prefix == partner.prefix) continue;
    for (const auto& [part, name] : module.parts) {
      // Rules run one after the other: the end anchor and a mark keep a later rule from renaming what an earlier one gave.
      rules.push_back(fmt::format("{}$ -> ={}{}", escaped_prefix(module.prefix + name), partner.prefix, part));
    }
  }
  if (!rules.empty()) rules.push_back("^= ->");
  return rules;
}

}  // namespace galet::importers
