// Forms that older or unusual exports give to operators; ONNX's node tests hold the newest ones.
#include <doctest/doctest.h>

#include "galet/importers/onnx/testing.h"
#include "tests/run_reference.h"

using namespace galet;
using namespace galet::importers;
using namespace galet::importers::testing;

namespace {

using V = std::vector<float>;

/// The only output for the only input.
V run(const Graph& graph, const V& input) {
  const Tensor result = galet::tests::run_reference(graph, {Tensor::from<float>(graph.value(graph.inputs()[0]).shape, input)}).at(0);
  return V(result.span<float>().begin(), result.span<float>().end());
}

std::string first_op(const Graph& graph) { return std::string(graph.node(graph.order()[0]).op->name); }

struct One {
  Folder folder;
  Model model;
  ::onnx::NodeProto& node;
  One(int opset, const std::string& type, const Shape& shape, const std::vector<std::string>& more = {})
      : model(opset), node(*model.graph.add_node()) {
    model.input("x", shape).output("y");
    std::vector<std::string> operands{"x"};
    operands.insert(operands.end(), more.begin(), more.end());
    Model::fill(node, type, operands, {"y"});
  }
  Graph graph() const { return import(folder, model).graph; }
  V run(const V& input) const { return ::run(graph(), input); }
};

}  // namespace

TEST_CASE("attributes that became operands") {
  One clip(6 + 1, "Clip", {3});
  set_float(clip.node, "min", -1);
  set_float(clip.node, "max", 2);
  CHECK(clip.run({-5, 1, 5}) == V{-1, 1, 2});
  One pad(7, "Pad", {2});
  set_ints(pad.node, "pads", {1, 0});
  set_float(pad.node, "value", 9);
  CHECK(pad.run({1, 2}) == V{9, 1, 2});
  One slice(9, "Slice", {4});
  set_ints(slice.node, "starts", {1});
  set_ints(slice.node, "ends", {-1});
  CHECK(slice.run({1, 2, 3, 4}) == V{2, 3});
  One squeeze(9, "Squeeze", {1, 2, 1});
  set_ints(squeeze.node, "axes", {0});
  CHECK(squeeze.graph().value(squeeze.graph().outputs()[0]).shape == Shape{2, 1});
  One unsqueeze(9, "Unsqueeze", {2});
  set_ints(unsqueeze.node, "axes", {0, 2});
  CHECK(unsqueeze.graph().value(unsqueeze.graph().outputs()[0]).shape == Shape{1, 2, 1});
  One sum(9, "ReduceSum", {2, 2});
  set_ints(sum.node, "axes", {-1});
  CHECK(sum.run({1, 2, 3, 4}) == V{3, 7});
  One up(7, "Upsample", {1, 1, 1, 2});
  auto* scales = up.node.add_attribute();
  scales->set_name("scales");
  scales->set_type(::onnx::AttributeProto::FLOATS);
  for (const float s : {1, 1, 1, 2}) scales->add_floats(s);
  CHECK(up.run({1, 2}) == V{1, 1, 2, 2});
}

TEST_CASE("sums become additions, which have integer kernels") {
  const One three(13, "Sum", {2}, {"x", "x"});
  const Graph graph = three.graph();
  CHECK(graph.order().size() == 2);
  for (const NodeId id : graph.order()) CHECK(graph.node(id).op->name == "add");
  CHECK(three.run({1, 2}) == V{3, 6});
  CHECK(One(13, "Sum", {2}).run({1, 2}) == V{1, 2});
}

TEST_CASE("softmax before opset 13 takes all dimensions from the axis on as one") {
  One old(11, "Softmax", {1, 2, 2});
  CHECK(old.run({0, 0, 0, 0}) == V{0.25f, 0.25f, 0.25f, 0.25f});
  One now(13, "Softmax", {1, 2, 2});
  CHECK(now.run({0, 0, 0, 0}) == V{0.5f, 0.5f, 0.5f, 0.5f});
}

TEST_CASE("Gemm and MatMul with constant matrices are linear") {
  const V weight{1, 2, 3, 4, 5, 6};  // (2, 3): y = x * weight
  One matmul(13, "MatMul", {1, 2}, {"w"});
  matmul.model.floats("w", {2, 3}, weight);
  CHECK(first_op(matmul.graph()) == "linear");
  CHECK(matmul.graph().value(*matmul.graph().find_value("w")).shape == Shape{3, 2});  // the transposed weight keeps the name
  CHECK(matmul.run({1, 10}) == V{41, 52, 63});
  One gemm(13, "Gemm", {1, 2}, {"w", "c"});
  gemm.model.floats("w", {2, 3}, weight).floats("c", {}, {1});
  set_float(gemm.node, "alpha", 2);
  set_float(gemm.node, "beta", 3);
  CHECK(first_op(gemm.graph()) == "linear");
  CHECK(gemm.run({1, 10}) == V{85, 107, 129});
  One transposed(13, "Gemm", {2, 1}, {"w", "c"});
  transposed.model.floats("w", {3, 2}, {1, 4, 2, 5, 3, 6}).floats("c", {1, 3}, {1, 1, 1});
  set_int(transposed.node, "transA", 1);
  set_int(transposed.node, "transB", 1);
  CHECK(transposed.run({1, 10}) == V{42, 53, 64});
}

TEST_CASE("one-dimensional convolution and pool") {
  One conv(13, "Conv", {1, 1, 4}, {"w"});
  conv.model.floats("w", {1, 1, 2}, {1, 10});
  set_string(conv.node, "auto_pad", "SAME_LOWER");
  CHECK(conv.run({1, 2, 3, 4}) == V{10, 21, 32, 43});
  One pool(13, "MaxPool", {1, 1, 4});
  set_ints(pool.node, "kernel_shape", {2});
  set_ints(pool.node, "strides", {2});
  CHECK(pool.run({1, 3, 2, 1}) == V{3, 2});
}

TEST_CASE("what training leaves behind is refused by name") {
  One norm(9, "BatchNormalization", {1, 1}, {"a", "a", "a", "a"});
  norm.model.floats("a", {1}, {1});
  set_int(norm.node, "spatial", 0);
  CHECK(refusal(norm.folder, norm.model).find("spatial=0") != std::string::npos);
  One training(15, "BatchNormalization", {1, 1}, {"a", "a", "a", "a"});
  training.model.floats("a", {1}, {1});
  set_int(training.node, "training_mode", 1);
  CHECK(refusal(training.folder, training.model).find("training mode") != std::string::npos);
}

TEST_CASE("dequantized weights stay integers, transposed where linear wants it") {
  One matmul(13, "MatMul", {1, 2}, {"dw"});
  auto& codes = matmul.model.tensor("w", {2, 3}, ::onnx::TensorProto::INT8);
  for (const int code : {1, 2, 3, 4, 5, 6}) codes.add_int32_data(code);
  matmul.model.floats("scale", {3}, {1, 0.5f, 2});
  set_int(matmul.model.node("DequantizeLinear", {"w", "scale"}, {"dw"}), "axis", 1);
  const Graph graph = matmul.graph();
  CHECK(graph.value(*graph.find_value("w")).shape == Shape{3, 2});
  CHECK(graph.value(*graph.find_value("w")).dtype == DType::i8);
  CHECK(run(graph, {1, 10}) == V{41, 26, 126});
}

TEST_CASE("a dequantized weight moves as its codes do") {
  One matmul(13, "MatMul", {1, 2}, {"tw"});
  auto& codes = matmul.model.tensor("w", {3, 2}, ::onnx::TensorProto::INT8);
  for (const int code : {1, 4, 2, 5, 3, 6}) codes.add_int32_data(code);
  matmul.model.floats("scale", {3}, {1, 0.5f, 2});
  set_int(matmul.model.node("DequantizeLinear", {"w", "scale"}, {"dw"}), "axis", 0);
  matmul.model.node("Transpose", {"dw"}, {"tw"});
  const Graph graph = matmul.graph();
  CHECK(graph.order().size() == 2);
  CHECK(graph.value(*graph.find_value("w")).shape == Shape{3, 2});
  CHECK(run(graph, {1, 10}) == V{41, 26, 126});
}

TEST_CASE("half, bfloat16 and double become f32") {
  One add(13, "Add", {2}, {"w"});
  SUBCASE("half, raw") { add.model.tensor("w", {2}, ::onnx::TensorProto::FLOAT16).set_raw_data(std::string("\x00\x3c\x01\x00", 4)); }
  SUBCASE("half, as integers") {
    auto& t = add.model.tensor("w", {2}, ::onnx::TensorProto::FLOAT16);
    t.add_int32_data(0x3c00);
    t.add_int32_data(1);
  }
  SUBCASE("bfloat16") { add.model.tensor("w", {2}, ::onnx::TensorProto::BFLOAT16).set_raw_data(std::string("\x80\x3f\x80\x33", 4)); }
  SUBCASE("double") {
    auto& t = add.model.tensor("w", {2}, ::onnx::TensorProto::DOUBLE);
    t.add_double_data(1);
    t.add_double_data(0x1p-24);
  }
  const OnnxImport result = import(add.folder, add.model);
  CHECK(result.remarks.size() == 1);
  const float small = run(result.graph, {0, 0})[1];
  CHECK((small == 0x1p-24f));
  CHECK(run(result.graph, {0, 0})[0] == 1);
}
