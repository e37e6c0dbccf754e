// Adds nodes and constants to an OnnxModel under names that are free.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "galet/exporters/onnx/model.h"

namespace galet::exporters {

class Scribe {
 public:
  explicit Scribe(OnnxModel& model) : model_(model) {}

  int64_t opset() const { return model_.opset; }
  /// Takes the name; a suffix is added when it is taken already.
  std::string name(const std::string& wanted);
  /// A new initializer; returns its name.
  std::string constant(const std::string& wanted, Tensor data);
  /// The nodes of one galet node are named for it: "conv1", "conv1/Relu".
  void add(const std::string& type, const std::string& node, std::vector<std::string> operands, std::vector<std::string> results,
           Attributes attributes = {}, std::shared_ptr<const OnnxBody> body = nullptr);
  /// The same with one result of a new name; returns it.
  std::string make(const std::string& type, const std::string& node, std::vector<std::string> operands, Attributes attributes = {});

 private:
  OnnxModel& model_;
  std::set<std::string> names_, node_names_;
};

}  // namespace galet::exporters
