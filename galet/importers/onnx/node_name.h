// What a node is called in the graph.
#pragma once

#include <functional>
#include <string>

#include "galet/importers/onnx/model.h"

namespace galet::importers {

/// The prefix of its parameters ("layer1.0.conv1" for a weight "layer1.0.conv1.weight"); else, for layers with parameters, the module that
/// PyTorch's exporter spells in the node's name ("/layer1/layer1.0/conv1/Conv" is "layer1.0.conv1"); else the node's name; else type and
/// index in the file.
std::string node_name(const OnnxNode& node, size_t index, const std::function<bool(const std::string& value)>& is_constant);

}  // namespace galet::importers
