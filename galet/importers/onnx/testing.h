// For tests: ONNX files made by hand.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "galet/core/file.h"
#include "galet/importers/onnx/onnx.h"
#include "onnx.pb.h"

namespace galet::importers::testing {

/// Writes without the flush to disk that write_file pays for.
inline void put(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes; }

/// A folder that goes away with it.
struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("galet_onnx_" + std::to_string(::getpid()));
  Folder() {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
};

/// A model under construction. Extents of inputs that are < 0 are open.
struct Model {
  ::onnx::ModelProto proto;
  ::onnx::GraphProto& graph;

  Model(const Model& other) : proto(other.proto), graph(*proto.mutable_graph()) {}
  explicit Model(int opset = 17) : graph(*proto.mutable_graph()) {
    proto.set_ir_version(8);
    auto* import = proto.add_opset_import();
    import->set_domain("");
    import->set_version(opset);
    graph.set_name("test");
  }

  Model& input(const std::string& name, const Shape& shape, int type = ::onnx::TensorProto::FLOAT) {
    auto* info = graph.add_input();
    info->set_name(name);
    auto* tensor = info->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(type);
    tensor->mutable_shape();
    for (const int64_t extent : shape) {
      auto* dim = tensor->mutable_shape()->add_dim();
      if (extent < 0)
        dim->set_dim_param("d" + std::to_string(-extent));
      else
        dim->set_dim_value(extent);
    }
    return *this;
  }

  ::onnx::TensorProto& tensor(const std::string& name, const Shape& shape, int type) {
    auto* t = graph.add_initializer();
    t->set_name(name);
    t->set_data_type(type);
    for (const int64_t extent : shape) t->add_dims(extent);
    return *t;
  }
  Model& floats(const std::string& name, const Shape& shape, const std::vector<float>& values) {
    auto& t = tensor(name, shape, ::onnx::TensorProto::FLOAT);
    for (const float value : values) t.add_float_data(value);
    return *this;
  }
  Model& ints(const std::string& name, const Shape& shape, const std::vector<int64_t>& values) {
    auto& t = tensor(name, shape, ::onnx::TensorProto::INT64);
    for (const int64_t value : values) t.add_int64_data(value);
    return *this;
  }

  ::onnx::NodeProto& node(const std::string& type, const std::vector<std::string>& operands, const std::vector<std::string>& results,
                          const std::string& name = {}) {
    return fill(*graph.add_node(), type, operands, results, name);
  }
  static ::onnx::NodeProto& fill(::onnx::NodeProto& n, const std::string& type, const std::vector<std::string>& operands,
                                 const std::vector<std::string>& results, const std::string& name = {}) {
    n.set_op_type(type);
    n.set_name(name);
    for (const auto& operand : operands) n.add_input(operand);
    for (const auto& result : results) n.add_output(result);
    return n;
  }
  Model& output(const std::string& name) {
    graph.add_output()->set_name(name);
    return *this;
  }

  std::string bytes() const { return proto.SerializeAsString(); }
};

inline void set_int(::onnx::NodeProto& node, const std::string& name, int64_t value) {
  auto* a = node.add_attribute();
  a->set_name(name);
  a->set_type(::onnx::AttributeProto::INT);
  a->set_i(value);
}
inline void set_ints(::onnx::NodeProto& node, const std::string& name, const std::vector<int64_t>& values) {
  auto* a = node.add_attribute();
  a->set_name(name);
  a->set_type(::onnx::AttributeProto::INTS);
  for (const int64_t value : values) a->add_ints(value);
}
inline void set_float(::onnx::NodeProto& node, const std::string& name, float value) {
  auto* a = node.add_attribute();
  a->set_name(name);
  a->set_type(::onnx::AttributeProto::FLOAT);
  a->set_f(value);
}
inline void set_string(::onnx::NodeProto& node, const std::string& name, const std::string& value) {
  auto* a = node.add_attribute();
  a->set_name(name);
  a->set_type(::onnx::AttributeProto::STRING);
  a->set_s(value);
}

/// Imports the model from a file in the folder.
inline OnnxImport import(const Folder& folder, const Model& model, const OnnxImportOptions& options = {}) {
  put(folder / "model.onnx", model.bytes());
  OnnxImport result = import_onnx(folder / "model.onnx", options);
  verify(result.graph);
  return result;
}
/// The error of importing it without its path; empty when there is none.
inline std::string refusal(const Folder& folder, const Model& model, const OnnxImportOptions& options = {}) {
  try {
    import(folder, model, options);
    return {};
  } catch (const Error& error) {
    const std::string text = error.what(), path = folder / "model.onnx: ";
    return text.starts_with(path) && text.find('\n') == std::string::npos ? text.substr(path.size())
                                                                          : "not one line that begins with the path: " + text;
  }
}

}  // namespace galet::importers::testing
