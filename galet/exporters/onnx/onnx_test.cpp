#include "galet/exporters/onnx/onnx.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>

#include "galet/core/file.h"
#include "galet/exporters/onnx/translate.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"
#include "onnx.pb.h"

using namespace galet;

namespace {

struct Written {
  exporters::OnnxExport result;
  onnx::ModelProto model;

  std::string types() const {
    std::string list;
    for (const auto& node : model.graph().node()) list += (list.empty() ? "" : " ") + node.op_type();
    return list;
  }
  const onnx::TensorProto* constant(const std::string& name) const {
    for (const auto& tensor : model.graph().initializer())
      if (tensor.name() == name) return &tensor;
    return nullptr;
  }
};

Written write(const Graph& graph, const exporters::OnnxExportOptions& options = {}) {
  const std::string path = std::filesystem::temp_directory_path() / fmt::format("galet_export_{}.onnx", static_cast<int>(getpid()));
  Written written{exporters::export_onnx(graph, path, options), {}};
  REQUIRE(written.model.ParseFromString(read_file(path)));
  std::filesystem::remove(path);
  return written;
}

QuantSpec u8(float scale, int32_t zero_point) {
  QuantSpec spec;
  spec.scales = {scale};
  spec.zero_points = {zero_point};
  return spec;
}

/// conv (2 channels, 1x1) with the given activation.
Graph convolution(const std::string& activation) {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, 1, 2, 2});
  const ValueId w = graph.add_constant("conv.weight", Tensor(DType::f32, {2, 1, 1, 1}));
  const ValueId b = graph.add_constant("conv.bias", Tensor(DType::f32, {2}));
  const NodeId conv = graph.add_node(ops::get("conv2d"), "conv", {x, w, b}, {{"activation", activation}}, {"y"});
  graph.add_output(graph.result(conv));
  Rewriter rewriter(graph);
  rewriter.set_quant(x, u8(0.5f, 7));
  rewriter.set_quant(graph.result(conv), u8(0.25f, 0));
  QuantSpec weight{DType::i8, -127, 127, 0, {0.1f, 0.2f}, {0, 0}};
  QuantSpec bias{DType::i32, INT32_MIN, INT32_MAX, 0, {0.05f, 0.1f}, {0, 0}};
  rewriter.set_quant(w, weight);
  rewriter.set_quant(b, bias);
  rewriter.set_constant(w, Tensor::from<int8_t>({2, 1, 1, 1}, std::vector<int8_t>{3, -4}));
  rewriter.set_constant(b, Tensor::from<int32_t>({2}, std::vector<int32_t>{5, 6}));
  return graph;
}

}  // namespace

TEST_CASE("a float layer becomes one node and its activation") {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, 3, 4, 4});
  const ValueId w = graph.add_constant("w", Tensor(DType::f32, {2, 3, 3, 3}));
  const NodeId conv = graph.add_node(ops::get("conv2d"), "conv", {x, w}, {{"activation", std::string("clip")}, {"pads", Ints{1, 2, 3, 4}}});
  graph.add_output(graph.result(graph.add_node(ops::get("reshape"), "flat", {graph.result(conv)}, {{"shape", Ints{1, 96}}})));
  graph.info.labels = {"cat", "dog"};
  const Written written = write(graph);
  CHECK(written.types() == "Conv Clip Reshape");
  CHECK(written.result.opset == 13);
  CHECK(written.model.ir_version() == 7);
  CHECK(written.model.graph().input(0).type().tensor_type().shape().dim(0).dim_param() == "N");
  CHECK(written.model.graph().output(0).type().tensor_type().shape().dim(0).dim_param() == "N");
  CHECK(written.model.graph().output(0).name() == "flat");
  const onnx::TensorProto* shape = written.constant("flat/shape");
  REQUIRE(shape != nullptr);
  int64_t first = -7;
  std::memcpy(&first, shape->raw_data().data(), 8);
  CHECK(first == 0);
  std::map<std::string, std::string> metadata;
  for (const auto& entry : written.model.metadata_props()) metadata[entry.key()] = entry.value();
  CHECK(metadata.at("galet.labels") == R"(["cat","dog"])");
  CHECK(metadata.contains("galet.preprocessing"));
}

TEST_CASE("a mixed batch is written with one image, and why is said") {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, 3});
  graph.add_output(graph.result(graph.add_node(ops::get("transpose"), "turn", {x}, {{"perm", Ints{1, 0}}})));
  const Written written = write(graph);
  CHECK(written.model.graph().input(0).type().tensor_type().shape().dim(0).dim_value() == 1);
  REQUIRE(written.result.remarks.size() == 1);
  CHECK(written.result.remarks[0].node == "turn");
}

TEST_CASE("the opset rises with the operators") {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, 3});
  graph.add_output(graph.result(graph.add_node(ops::get("hard_swish"), "act", {x})));
  CHECK(write(graph).result.opset == 14);
  CHECK(write(graph, {17, "test"}).model.opset_import(0).version() == 17);
  CHECK_THROWS_AS(write(graph, {12, "test"}), Error);
}

TEST_CASE("quantized values become pairs, weights and biases stay integers") {
  const Written written = write(convolution("relu"));
  CHECK(written.types() == "QuantizeLinear DequantizeLinear DequantizeLinear DequantizeLinear Conv Relu QuantizeLinear DequantizeLinear");
  REQUIRE(written.constant("conv.weight") != nullptr);
  CHECK(written.constant("conv.weight")->data_type() == onnx::TensorProto::INT8);
  CHECK(written.constant("conv.bias")->data_type() == onnx::TensorProto::INT32);
  CHECK(written.constant("conv.bias_scale")->dims_size() == 1);
  CHECK(written.model.graph().output(0).name() == "y");
}

TEST_CASE("an activation that the codes do not express limits them after quantization") {
  Graph graph = convolution("relu");
  Rewriter(graph).set_quant(graph.outputs()[0], u8(0.25f, 100));
  const Written written = write(graph);
  CHECK(written.types() ==
        "QuantizeLinear DequantizeLinear DequantizeLinear DequantizeLinear Conv QuantizeLinear DequantizeLinear Clip QuantizeLinear "
        "DequantizeLinear");
}

TEST_CASE("dynamic quantization becomes integer nodes") {
  Graph graph = convolution("none");
  Rewriter rewriter(graph);
  QuantSpec spec;
  spec.dynamic = true;
  rewriter.set_quant(graph.inputs()[0], spec);
  rewriter.set_quant(graph.outputs()[0], std::nullopt);
  const Written written = write(graph);
  CHECK(written.types() == "DequantizeLinear DynamicQuantizeLinear ConvInteger Cast Mul Mul Reshape Add");
  CHECK(written.model.graph().input(0).type().tensor_type().shape().dim(0).dim_value() == 1);
}

TEST_CASE("nothing is written where the folder is missing") {
  CHECK_THROWS_AS(exporters::export_onnx(convolution("none"), "/nowhere/at/all.onnx"), Error);
}

TEST_CASE("every operator of the catalogue can be written") {
  for (const Op& op : ops::all()) CHECK_MESSAGE(exporters::has_translation(op.name), op.name);
}
