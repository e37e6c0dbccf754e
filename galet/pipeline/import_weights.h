// From files of weights and the name of a network to the network with its weights.
#pragma once

#include <string>
#include <vector>

#include "galet/importers/weights/link.h"
#include "galet/models/models.h"
#include "galet/pipeline/model.h"

namespace galet::pipeline {

struct ImportWeights {
  std::vector<std::string>
      files;          // .pth, .pt, .th, .safetensors, or float networks (.onnx, .galet); later ones override earlier ones, tensor by tensor
  std::string key;    // of the state dict in a checkpoint; empty: found
  std::string model;  // a name of models::names(), or an .onnx or .galet file whose float network takes the weights
  models::Options options;         // for a name
  std::string map;                 // a rules file, "auto", or empty
  std::vector<std::string> allow;  // see importers::LinkOptions
  ModelFlags about;
};

struct ImportedWeights {
  Graph graph;
  importers::KeyReport report;     // complete() says whether the network is what the files say
  std::vector<std::string> notes;  // one line each, for stderr
  std::string advice;              // which option would make more tensors fit; empty: none that is known
  std::string rules;               // the rules file's text and what "auto" proposed
};

/// Parameters that get no weights have their first values (by name) or keep the file's. Throws Error for files that cannot be read and for
/// options that do not fit together; not for tensors that do not fit: that is the report's matter.
ImportedWeights import_weights(const ImportWeights& request);

}  // namespace galet::pipeline
