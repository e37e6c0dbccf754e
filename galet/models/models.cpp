#include "galet/models/models.h"

#include "galet/models/builder.h"

namespace galet::models {

#define MODEL(name) Model name();
#include "galet/models/models.inc"
#undef MODEL

std::span<const Model> all() {
  static const Model kAll[] = {
#define MODEL(name) name(),
#include "galet/models/models.inc"
#undef MODEL
  };
  return kAll;
}

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const Model& model : all()) out.emplace_back(model.name);
  return out;
}

namespace {

const Model* find(std::string_view name) {
  for (const Model& model : all())
    if (model.name == name) return &model;
  if (const size_t dash = name.find('-'); dash != name.npos)
    for (const Model& model : all())
      if (model.name == name.substr(0, dash) && model.detects()) return &model;
  return nullptr;
}

}  // namespace

bool is_name(std::string_view name) { return find(name) != nullptr; }

const Model& get(std::string_view name) {
  if (const Model* model = find(name)) return *model;
  fail("unknown model \"{}\", expected one of {}", name, fmt::join(names(), ", "));
}

Graph build(std::string_view name, const Options& options) {
  const Model& model = get(name);
  Options chosen = options;
  if (model.detects() && name.size() > model.name.size()) {
    const std::string backbone(name.substr(model.name.size() + 1));
    if (!options.backbone.empty() && options.backbone != backbone)
      fail("model {}: backbone {} in its name, but {} is asked for", name, backbone, options.backbone);
    chosen.backbone = backbone;
  }
  Builder builder(model, chosen);
  model.build(builder);
  return builder.finish(builder.result);
}

}  // namespace galet::models
