// What `galet tune` is asked for: quantizers of every layer, and what it learns from. Only words here; galet/torch/tune knows their
// meaning.
#pragma once

#include <string>
#include <vector>

namespace galet::pipeline {

struct TuneRecipe {
  std::string weights = "lsq:4", activations = "lsq:4";  // quantizers: "lsq:4", "int8", "twn", ...
  std::string first = "int8", last = "int8";             // of the first and last layer: a quantizer of both sides, or "float"
  std::string shortcut = "int8";  // what residual additions read and shortcut convolutions compute in: "int8", "float", "low" (as layers)
  std::string bn = "absorb";      // freeze, absorb, fold, reestimate
  struct Layer {
    std::string match;                 // regular expression, searched for in the layer's name
    std::string weights, activations;  // empty: as the others
  };
  std::vector<Layer> layers;  // later ones win
  std::vector<int> gradual;   // bits, falling: a round of training with each before the wanted ones
  double distill = 1;         // weight of the teacher's loss
  double temperature = 4;
  double labels = 1;  // weight of cross entropy, where images have labels
  double features =
      0;           // weight of the mean relative squared distance of what residual blocks give and the last layer reads from the teacher's
  int warmup = 8;  // batches that set the quantizers' starts and the statistics of batch norms
};

/// From a .yaml file whose keys are the fields' names (`layers`: a list of maps). Fields that it lacks stay as they are. Throws Error
/// naming the file and an unknown key or a value of the wrong kind.
void read_tune_recipe(const std::string& path, TuneRecipe& recipe);

}  // namespace galet::pipeline
