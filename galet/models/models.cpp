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

const Model& get(std::string_view name) {
  for (const Model& model : all())
    if (model.name == name) return model;
  fail("unknown model \"{}\", expected one of {}", name, fmt::join(names(), ", "));
}

Graph build(std::string_view name, const Options& options) {
  const Model& model = get(name);
  Builder builder(model, options);
  model.build(builder);
  return builder.finish(builder.result);
}

}  // namespace galet::models
