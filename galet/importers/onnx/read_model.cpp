// ModelProto to plain types. Fields that newer versions of the format add are ignored; what they change in meaning shows up as an unknown
// operator or type.
#include <filesystem>

#include "galet/importers/onnx/model.h"
#include "galet/importers/onnx/read_tensor.h"
#include "onnx.pb.h"

namespace galet::importers {
namespace {

using ::onnx::AttributeProto;

std::string plain_domain(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

class ModelReader {
 public:
  ModelReader(const std::string& path, OnnxModel& model) : model_(model) {
    tensors_.folder = std::filesystem::path(path).parent_path().string();
  }

  void read(::onnx::ModelProto& proto) {
    model_.ir_version = proto.ir_version();
    model_.producer = proto.producer_name() + (proto.producer_version().empty() ? "" : " " + proto.producer_version());
    model_.opsets = opsets(proto.opset_import());
    if (model_.opsets.empty()) model_.opsets[""] = 1;  // before IR version 3 there was only one
    for (const auto& entry : proto.metadata_props()) model_.metadata[entry.key()] = entry.value();
    opsets_ = &model_.opsets;
    model_.graph = graph(*proto.mutable_graph());
    for (auto& function : *proto.mutable_functions()) read_function(function);
    for (Remark& remark : tensors_.remarks) model_.remarks.push_back(std::move(remark));
  }

 private:
  template <typename Field>
  static std::map<std::string, int64_t> opsets(const Field& field) {
    std::map<std::string, int64_t> found;
    for (const auto& entry : field) found[plain_domain(entry.domain())] = entry.version();
    return found;
  }

  OnnxGraph graph(::onnx::GraphProto& proto) {
    OnnxGraph graph;
    graph.name = proto.name();
    if (proto.sparse_initializer_size() > 0)
      fail("sparse initializer \"{}\": galet reads dense ones only", proto.sparse_initializer(0).values().name());
    for (auto& tensor : *proto.mutable_initializer()) {
      if (tensor.name().empty()) fail("an initializer has no name");
      if (!graph.constants.emplace(tensor.name(), tensors_.read(tensor)).second) fail("initializer \"{}\" is defined twice", tensor.name());
    }
    for (const auto& info : proto.input()) {
      graph.inputs.push_back(input(info));
      if (const OnnxInput& i = graph.inputs.back(); i.refused.empty() && i.dtype == DType::f32 && i.type != "float")
        model_.remarks.push_back({"import_onnx", i.name, "converted to f32", "the input is of " + i.type, {}});
    }
    for (const auto& info : proto.output()) {
      graph.outputs.push_back(info.name());
      graph.output_types.push_back(input(info));
    }
    for (auto& node_proto : *proto.mutable_node()) graph.nodes.push_back(node(node_proto));
    return graph;
  }

  OnnxInput input(const ::onnx::ValueInfoProto& info) {
    OnnxInput result;
    result.name = info.name();
    if (!info.type().has_tensor_type()) {
      result.refused = "is not a tensor";
      return result;
    }
    const auto& tensor = info.type().tensor_type();
    result.type = onnx_type_name(tensor.elem_type());
    if (!galet_dtype(tensor.elem_type(), result.dtype)) result.refused = "has element type " + result.type + ", which galet does not read";
    result.has_shape = tensor.has_shape();
    for (const auto& dim : tensor.shape().dim()) {
      result.shape.push_back(dim.has_dim_value() && dim.dim_value() != -1 ? dim.dim_value() : -1);
      result.symbols.push_back(dim.dim_param());
      if (result.shape.back() < -1) fail("\"{}\" has an extent of {}", info.name(), dim.dim_value());
    }
    return result;
  }

  OnnxNode node(::onnx::NodeProto& proto) {
    OnnxNode node;
    node.type = proto.op_type();
    node.domain = plain_domain(proto.domain());
    node.name = proto.name();
    if (const auto it = opsets_->find(node.domain); it != opsets_->end()) node.opset = it->second;
    node.operands.assign(proto.input().begin(), proto.input().end());
    node.results.assign(proto.output().begin(), proto.output().end());
    try {
      for (auto& attribute : *proto.mutable_attribute()) read_attribute(node, attribute);
    } catch (const Error& error) {
      fail("{} \"{}\": {}", node.type, node.name, error.what());
    }
    return node;
  }

  static AttributeProto::AttributeType type_of(const AttributeProto& a) {
    if (a.type() != AttributeProto::UNDEFINED) return a.type();
    return a.has_f()             ? AttributeProto::FLOAT
           : a.has_i()           ? AttributeProto::INT
           : a.has_s()           ? AttributeProto::STRING
           : a.has_t()           ? AttributeProto::TENSOR
           : a.has_g()           ? AttributeProto::GRAPH
           : a.floats_size() > 0 ? AttributeProto::FLOATS
           : a.ints_size() > 0   ? AttributeProto::INTS
                                 : AttributeProto::UNDEFINED;
  }

  void read_attribute(OnnxNode& node, AttributeProto& a) {
    if (!a.ref_attr_name().empty()) {
      node.references[a.name()] = a.ref_attr_name();
      return;
    }
    switch (type_of(a)) {
      case AttributeProto::FLOAT:
        node.attributes[a.name()] = a.f();
        break;
      case AttributeProto::INT:
        node.attributes[a.name()] = int64_t{a.i()};
        break;
      case AttributeProto::STRING:
        node.attributes[a.name()] = a.s();
        break;
      case AttributeProto::FLOATS:
        node.attributes[a.name()] = Floats(a.floats().begin(), a.floats().end());
        break;
      case AttributeProto::INTS:
        node.attributes[a.name()] = Ints(a.ints().begin(), a.ints().end());
        break;
      case AttributeProto::TENSOR: {
        if (DType ignored; !galet_dtype(a.t().data_type(), ignored)) {
          node.refused[a.name()] = "has element type " + onnx_type_name(a.t().data_type()) + ", which galet does not read";
          break;
        }
        node.attributes[a.name()] = tensors_.read(*a.mutable_t());
        break;
      }
      case AttributeProto::GRAPH:
        node.graphs[a.name()] = std::make_shared<OnnxGraph>(graph(*a.mutable_g()));
        break;
      case AttributeProto::STRINGS:
        node.refused[a.name()] = "is a list of strings, which galet does not read";
        break;
      case AttributeProto::SPARSE_TENSOR:
        node.refused[a.name()] = "is a sparse tensor, which galet does not read";
        break;
      default:
        node.refused[a.name()] = fmt::format("is of kind {}, which galet does not read", static_cast<int>(type_of(a)));
        break;
    }
  }

  void read_function(::onnx::FunctionProto& proto) {
    const std::map<std::string, int64_t> versions = opsets(proto.opset_import());
    opsets_ = versions.empty() ? &model_.opsets : &versions;
    OnnxFunction function;
    function.operands.assign(proto.input().begin(), proto.input().end());
    function.results.assign(proto.output().begin(), proto.output().end());
    for (auto& node_proto : *proto.mutable_node()) function.nodes.push_back(node(node_proto));
    if (!model_.functions.emplace(std::pair(plain_domain(proto.domain()), proto.name()), std::move(function)).second)
      fail("function \"{}\" is defined twice", proto.name());
    opsets_ = &model_.opsets;
  }

  OnnxModel& model_;
  TensorReader tensors_;
  const std::map<std::string, int64_t>* opsets_ = nullptr;
};

}  // namespace

OnnxModel read_model(const std::string& path) {
  OnnxModel model;
  ::onnx::ModelProto proto;
  {
    const auto file = MappedFile::open(path);
    const auto bytes = file->bytes();
    if (bytes.size() > INT32_MAX)
      fail("{} bytes: an ONNX file holds at most 2 GB; save its weights as external data (onnx.save with save_as_external_data=True)",
           bytes.size());
    if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !proto.has_graph() || proto.ir_version() < 1)
      fail("not an ONNX model, or damaged");
    model.bytes = bytes.size();
  }
  ModelReader(path, model).read(proto);
  return model;
}

}  // namespace galet::importers
