#include <array>

#include "galet/exporters/onnx/model.h"
#include "onnx.pb.h"

namespace galet::exporters {
namespace {

constexpr size_t kLimit = 2'000'000'000;  // protobuf stops at 2^31 - 1; the rest is room for everything but constants

void set_dims(const Shape& shape, onnx::TensorProto& proto) {
  for (const int64_t extent : shape) proto.add_dims(extent);
}

void write(const Tensor& tensor, onnx::TensorProto& proto) {
  proto.set_data_type(onnx_dtype(tensor.dtype()));
  set_dims(tensor.shape(), proto);
  proto.set_raw_data(tensor.bytes(), tensor.byte_size());  // little-endian, as every machine that galet supports
}

void write(const std::string& name, const Attribute& attribute, onnx::AttributeProto& proto) {
  proto.set_name(name);
  if (const auto* i = std::get_if<int64_t>(&attribute)) {
    proto.set_type(onnx::AttributeProto::INT);
    proto.set_i(*i);
  } else if (const auto* f = std::get_if<float>(&attribute)) {
    proto.set_type(onnx::AttributeProto::FLOAT);
    proto.set_f(*f);
  } else if (const auto* s = std::get_if<std::string>(&attribute)) {
    proto.set_type(onnx::AttributeProto::STRING);
    proto.set_s(*s);
  } else if (const auto* ints = std::get_if<Ints>(&attribute)) {
    proto.set_type(onnx::AttributeProto::INTS);
    for (const int64_t value : *ints) proto.add_ints(value);
  } else if (const auto* floats = std::get_if<Floats>(&attribute)) {
    proto.set_type(onnx::AttributeProto::FLOATS);
    for (const float value : *floats) proto.add_floats(value);
  } else {
    proto.set_type(onnx::AttributeProto::TENSOR);
    write(std::get<Tensor>(attribute), *proto.mutable_t());
  }
}

void write(const OnnxPort& port, onnx::ValueInfoProto& proto) {
  proto.set_name(port.name);
  auto& type = *proto.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx_dtype(port.dtype));
  auto& shape = *type.mutable_shape();
  for (size_t i = 0; i < port.shape.size(); ++i) {
    auto& dim = *shape.add_dim();
    if (i > 0 || port.batch == Batch::fixed)
      dim.set_dim_value(port.shape[i]);
    else if (port.batch == Batch::symbol)
      dim.set_dim_param("N");
  }
}

void write(const OnnxNode& node, onnx::NodeProto& proto) {
  proto.set_op_type(node.type);
  proto.set_name(node.name);
  for (const std::string& name : node.operands) proto.add_input(name);
  for (const std::string& name : node.results) proto.add_output(name);
  for (const auto& [name, attribute] : node.attributes) write(name, attribute, *proto.add_attribute());
  if (node.body == nullptr) return;
  onnx::AttributeProto& attribute = *proto.add_attribute();
  attribute.set_name("body");
  attribute.set_type(onnx::AttributeProto::GRAPH);
  onnx::GraphProto& graph = *attribute.mutable_g();
  graph.set_name(node.body->name);
  for (const OnnxNode& inner : node.body->nodes) write(inner, *graph.add_node());
  for (const OnnxPort& port : node.body->inputs) write(port, *graph.add_input());
  for (const OnnxPort& port : node.body->outputs) write(port, *graph.add_output());
}

/// The oldest version of the representation that knows the opset.
int64_t ir_version(int64_t opset) {
  constexpr std::array<std::pair<int64_t, int64_t>, 6> kSince{{{13, 7}, {15, 8}, {19, 9}, {21, 10}, {23, 11}, {25, 12}}};
  int64_t version = 7;
  for (const auto& [since, ir] : kSince)
    if (opset >= since) version = ir;
  return version;
}

}  // namespace

int onnx_dtype(DType type) {
  switch (type) {
    case DType::f32:
      return onnx::TensorProto::FLOAT;
    case DType::f64:
      return onnx::TensorProto::DOUBLE;
    case DType::i8:
      return onnx::TensorProto::INT8;
    case DType::u8:
      return onnx::TensorProto::UINT8;
    case DType::i16:
      return onnx::TensorProto::INT16;
    case DType::u16:
      return onnx::TensorProto::UINT16;
    case DType::i32:
      return onnx::TensorProto::INT32;
    case DType::u32:
      return onnx::TensorProto::UINT32;
    case DType::i64:
      return onnx::TensorProto::INT64;
    case DType::u64:
      return onnx::TensorProto::UINT64;
    case DType::boolean:
      break;
  }
  return onnx::TensorProto::BOOL;
}

std::string serialize(const OnnxModel& model) {
  size_t bytes = 0;
  for (const auto& [name, tensor] : model.constants) bytes += tensor.byte_size();
  if (bytes > kLimit) fail("the network has {} bytes of constants; an ONNX file holds at most 2 GB", bytes);
  onnx::ModelProto proto;
  proto.set_ir_version(ir_version(model.opset));
  proto.set_producer_name(model.producer);
  proto.set_producer_version(model.version);
  proto.add_opset_import()->set_version(model.opset);
  onnx::GraphProto& graph = *proto.mutable_graph();
  graph.set_name(model.name);
  for (const OnnxNode& node : model.nodes) write(node, *graph.add_node());
  for (const auto& [name, tensor] : model.constants) {
    onnx::TensorProto& constant = *graph.add_initializer();
    constant.set_name(name);
    write(tensor, constant);
  }
  for (const OnnxPort& port : model.inputs) write(port, *graph.add_input());
  for (const OnnxPort& port : model.outputs) write(port, *graph.add_output());
  for (const auto& [key, value] : model.metadata) {
    auto& entry = *proto.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  if (proto.ByteSizeLong() >= size_t{1} << 31) fail("the network needs {} bytes; an ONNX file holds at most 2 GB", proto.ByteSizeLong());
  return proto.SerializeAsString();
}

}  // namespace galet::exporters
