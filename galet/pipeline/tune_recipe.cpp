#include "galet/pipeline/tune_recipe.h"

#include <yaml-cpp/yaml.h>

#include "galet/core/error.h"
#include "galet/core/file.h"

namespace galet::pipeline {
namespace {

template <typename T>
void take(const YAML::Node& value, const std::string& key, const std::string& path, T& into) {
  try {
    into = value.as<T>();
  } catch (const YAML::Exception&) {
    fail("{}: {} has a value of the wrong kind", path, key);
  }
}

TuneRecipe::Layer read_layer(const YAML::Node& row, const std::string& path) {
  if (!row.IsMap()) fail("{}: layers wants a list of maps with match, weights, activations", path);
  TuneRecipe::Layer layer;
  for (const auto& entry : row) {
    const auto key = entry.first.as<std::string>();
    std::string* field = key == "match"         ? &layer.match
                         : key == "weights"     ? &layer.weights
                         : key == "activations" ? &layer.activations
                                                : nullptr;
    if (field == nullptr) fail("{}: layers has the unknown key \"{}\", expected match, weights, activations", path, key);
    take(entry.second, "layers." + key, path, *field);
  }
  if (layer.match.empty()) fail("{}: a row of layers has no match", path);
  return layer;
}

}  // namespace

void read_tune_recipe(const std::string& path, TuneRecipe& recipe) {
  YAML::Node root;
  try {
    root = YAML::Load(read_file(path));
  } catch (const YAML::Exception& error) {
    fail("{}: no YAML: {}", path, error.what());
  }
  if (!root.IsMap()) fail("{}: a recipe is a map of keys and values", path);
  for (const auto& entry : root) {
    const auto key = entry.first.as<std::string>();
    const YAML::Node& value = entry.second;
    if (key == "weights")
      take(value, key, path, recipe.weights);
    else if (key == "activations")
      take(value, key, path, recipe.activations);
    else if (key == "first")
      take(value, key, path, recipe.first);
    else if (key == "last")
      take(value, key, path, recipe.last);
    else if (key == "shortcut")
      take(value, key, path, recipe.shortcut);
    else if (key == "bn")
      take(value, key, path, recipe.bn);
    else if (key == "gradual")
      take(value, key, path, recipe.gradual);
    else if (key == "distill")
      take(value, key, path, recipe.distill);
    else if (key == "temperature")
      take(value, key, path, recipe.temperature);
    else if (key == "labels")
      take(value, key, path, recipe.labels);
    else if (key == "features")
      take(value, key, path, recipe.features);
    else if (key == "warmup")
      take(value, key, path, recipe.warmup);
    else if (key == "layers" && value.IsSequence())
      for (const auto& row : value) recipe.layers.push_back(read_layer(row, path));
    else
      fail(
          "{}: unknown key \"{}\", expected weights, activations, first, last, shortcut, bn, layers, gradual, distill, temperature, "
          "labels, "
          "features or warmup",
          path, key);
  }
}

}  // namespace galet::pipeline
