#include <doctest/doctest.h>

#include "galet/importers/onnx/testing.h"
#include "galet/ir/text.h"

using namespace galet;
using namespace galet::importers;
using namespace galet::importers::testing;

namespace {

/// "op op op" in order.
std::string ops_of(const Graph& graph) {
  std::string list;
  for (const NodeId id : graph.order()) list += (list.empty() ? "" : " ") + std::string(graph.node(id).op->name);
  return list;
}

Model small_network() {
  Model model;
  model.input("image", {-1, 2, 4, 4})
      .floats("stem.conv.weight", {3, 2, 1, 1}, {1, 2, 3, 4, 5, 6})
      .floats("fc.weight", {5, 3}, std::vector<float>(15, 0.5f))
      .floats("fc.bias", {5}, {1, 2, 3, 4, 5});
  model.node("Conv", {"image", "stem.conv.weight"}, {"conv"});
  model.node("Relu", {"conv"}, {"relu"}, "/stem/relu/Relu");
  model.node("GlobalAveragePool", {"relu"}, {"pool"});
  model.node("Flatten", {"pool"}, {"flat"});
  set_int(model.node("Gemm", {"flat", "fc.weight", "fc.bias"}, {"logits"}), "transB", 1);
  return model.output("logits");
}

}  // namespace

TEST_CASE("a small network: names, batch, operators") {
  const Folder folder;
  const OnnxImport result = import(folder, small_network());
  const Graph& graph = result.graph;
  CHECK(ops_of(graph) == "conv2d relu global_average_pool reshape linear");
  CHECK(graph.dynamic_batch);
  CHECK(graph.value(graph.inputs()[0]).shape == Shape{1, 2, 4, 4});
  CHECK(graph.find_node("stem.conv"));
  CHECK(graph.find_node("/stem/relu/Relu"));
  CHECK(graph.find_node("GlobalAveragePool_2"));
  CHECK(graph.find_node("fc"));
  CHECK(graph.find_value("stem.conv.weight"));
  CHECK(graph.value(graph.outputs()[0]).name == "logits");
  CHECK(result.remarks.size() == 1);
  CHECK(graph.info.metadata.at("source") == "onnx opset 17");
}

TEST_CASE("names of modules from PyTorch's paths") {
  const Folder folder;
  Model model;
  model.input("x", {1, 1, 2, 2}).floats("onnx::Conv_1", {1, 1, 1, 1}, {2});
  model.node("Conv", {"x", "onnx::Conv_1"}, {"y"}, "/layer1/layer1.0/conv1/Conv");
  CHECK(import(folder, model.output("y")).graph.find_node("layer1.0.conv1"));
}

TEST_CASE("initializers that are inputs too, unused ones, and bound inputs") {
  const Folder folder;
  Model model;
  model.input("x", {2}).input("w", {2}).input("v", {2}).floats("w", {2}, {1, 2}).floats("unused", {2}, {1, 2});
  model.node("Add", {"x", "w"}, {"s"});
  model.node("Mul", {"s", "v"}, {"y"});
  model.output("y");
  CHECK(import(folder, model).graph.inputs().size() == 2);
  CHECK(!import(folder, model).graph.find_value("unused"));
  const OnnxImport bound = import(folder, model, {{{"v", Tensor::from<float>({2}, std::vector<float>{3, 4})}}, {}});
  CHECK(bound.graph.inputs().size() == 1);
  CHECK(bound.graph.value(*bound.graph.find_value("v")).is_constant());
  CHECK(refusal(folder, model, {{{"q", Tensor::scalar(1.0f)}}, {}}) == "there is no input \"q\" to bind");
}

TEST_CASE("open extents are named, shapes given for them are taken") {
  const Folder folder;
  Model model;
  model.input("x", {-1, 3, -2, -3});
  model.node("Relu", {"x"}, {"y"});
  model.output("y");
  CHECK(refusal(folder, model) == "open extents of inputs: \"x\" (dimension 2, d2), \"x\" (dimension 3, d3); give their shapes");
  CHECK(import(folder, model, {{}, {{"x", {1, 3, 5, 6}}}}).graph.value(ValueId{0}).shape == Shape{1, 3, 5, 6});
  CHECK(refusal(folder, model, {{}, {{"x", {1, 4, 5, 6}}}}) ==
        "input \"x\" has extent 3 in dimension 1, the shape given for it is 1x4x5x6");
}

TEST_CASE("all unsupported nodes in one error") {
  const Folder folder;
  Model model;
  model.input("x", {1, 1, 4, 4, 4}).floats("w", {1, 1, 1, 1, 1}, {1});
  model.node("Conv", {"x", "w"}, {"a"}, "deep");
  model.node("LSTM", {"a"}, {"b"}, "memory");
  model.node("Loop", {"b"}, {"c"});
  CHECK(refusal(folder, model.output("c")) == "3 unsupported nodes: Conv \"deep\" (3 spatial dimensions); LSTM \"memory\"; Loop \"c\"");
}

TEST_CASE("nodes in any order; cycles, second and missing definitions") {
  const Folder folder;
  Model model;
  model.input("x", {2});
  model.node("Relu", {"a"}, {"y"});
  model.node("Neg", {"x"}, {"a"});
  CHECK(ops_of(import(folder, model.output("y")).graph) == "neg relu");
  Model cycle;
  cycle.input("x", {2});
  cycle.node("Add", {"x", "b"}, {"a"});
  cycle.node("Relu", {"a"}, {"b"});
  CHECK(refusal(folder, cycle.output("b")) == "the graph has a cycle through Add \"a\"");
  Model twice;
  twice.input("x", {2});
  twice.node("Relu", {"x"}, {"y"});
  twice.node("Neg", {"x"}, {"y"});
  CHECK(refusal(folder, twice.output("y")) == "Neg \"y\": value \"y\" is defined twice");
  Model missing;
  missing.node("Relu", {"x"}, {"y"});
  CHECK(refusal(folder, missing.output("y")) == "Relu \"y\": nothing defines its operand \"x\"");
  CHECK(refusal(folder, Model().output("z")) == "nothing defines the output \"z\"");
}

TEST_CASE("shapes that the network computes are folded") {
  const Folder folder;
  Model model;
  model.input("x", {-1, 4, 3}).ints("zero", {}, {0}).ints("axes", {1}, {0}).ints("rest", {1}, {-1});
  model.node("Shape", {"x"}, {"shape"});
  model.node("Gather", {"shape", "zero"}, {"n"});
  model.node("Unsqueeze", {"n", "axes"}, {"n1"});
  set_int(model.node("Concat", {"n1", "rest"}, {"to"}), "axis", 0);
  model.node("Reshape", {"x", "to"}, {"y"});
  const OnnxImport result = import(folder, model.output("y"));
  CHECK(ops_of(result.graph) == "reshape");
  CHECK(result.graph.value(result.graph.outputs()[0]).shape == Shape{1, 12});
  CHECK(result.graph.values().size() == 2);
}

TEST_CASE("a shape computed from data names the inputs it depends on") {
  const Folder folder;
  Model model;
  model.input("x", {4}).input("n", {1}, ::onnx::TensorProto::INT64);
  model.node("Neg", {"n"}, {"m"});
  model.node("Reshape", {"x", "m"}, {"y"}, "view");
  write_file(folder / "model.onnx", model.output("y").bytes());
  try {
    import_onnx(folder / "model.onnx");
    FAIL("imported");
  } catch (const DataDependentError& error) {
    CHECK(error.inputs == std::vector<std::string>{"n"});
    CHECK(std::string(error.what()).find("Reshape \"view\": its shape \"m\" is computed from data (n)") != std::string::npos);
  }
}

TEST_CASE("If with a known condition is its branch") {
  const Folder folder;
  Model model;
  model.input("x", {2});
  model.tensor("yes", {}, ::onnx::TensorProto::BOOL).add_int32_data(1);
  auto& node = model.node("If", {"yes"}, {"y"});
  for (const char* branch : {"then_branch", "else_branch"}) {
    auto* a = node.add_attribute();
    a->set_name(branch);
    a->set_type(::onnx::AttributeProto::GRAPH);
    Model::fill(*a->mutable_g()->add_node(), branch == std::string("then_branch") ? "Relu" : "Loop", {"x"}, {"inner"});
    a->mutable_g()->add_output()->set_name("inner");
  }
  CHECK(ops_of(import(folder, model.output("y")).graph).starts_with("relu"));
}

TEST_CASE("functions of the file are expanded, calls of themselves refused") {
  const Folder folder;
  Model model;
  model.input("x", {2});
  auto* import_own = model.proto.add_opset_import();
  import_own->set_domain("own");
  import_own->set_version(1);
  auto* function = model.proto.add_functions();
  function->set_name("Twice");
  function->set_domain("own");
  function->add_input("a");
  function->add_output("b");
  function->add_attribute("slope");
  auto* version = function->add_opset_import();
  version->set_domain("");
  version->set_version(17);
  auto& inner = Model::fill(*function->add_node(), "LeakyRelu", {"a"}, {"t"});
  auto* reference = inner.add_attribute();
  reference->set_name("alpha");
  reference->set_type(::onnx::AttributeProto::FLOAT);
  reference->set_ref_attr_name("slope");
  Model::fill(*function->add_node(), "Neg", {"t"}, {"b"});
  for (const auto& [from, to] : {std::pair("x", "y"), std::pair("y", "z")}) {
    auto& call = model.node("Twice", {from}, {to});
    call.set_domain("own");
    set_float(call, "slope", 0.25f);
  }
  model.output("z");
  const OnnxImport result = import(folder, model);
  CHECK(ops_of(result.graph) == "leaky_relu neg leaky_relu neg");
  CHECK(result.graph.call(result.graph.order()[0]).get_float("alpha") == 0.25f);
  Model::fill(*function->add_node(), "Twice", {"t"}, {"u"}).set_domain("own");
  CHECK(refusal(folder, model).find("functions") != std::string::npos);
}

TEST_CASE("metadata of galet's exporter") {
  const Folder folder;
  Model model = small_network();
  const auto add = [&](const char* key, const char* value) {
    auto* entry = model.proto.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
  };
  add("galet.preprocessing",
      R"({"resize":256,"crop_height":224,"crop_width":224,"stretch":false,"letterbox":true,"fill":3,"order":"bgr","mean":[0.1,0.2,0.3],"std":[1,2,3]})");
  add("galet.labels", R"(["cat","dog"])");
  add("galet.observer", "mse");
  const ModelInfo info = import(folder, model).graph.info;
  CHECK(info.preprocessing == Preprocessing{256, 224, 224, false, "bgr", {0.1f, 0.2f, 0.3f}, {1, 2, 3}, false, true, 3});
  CHECK(info.labels == std::vector<std::string>{"cat", "dog"});
  CHECK(info.metadata.at("observer") == "mse");
  add("galet.labels", R"({"cat":1})");
  CHECK(refusal(folder, model) == "metadata \"galet.labels\" is not the JSON expected");
}

TEST_CASE("opsets") {
  const Folder folder;
  const auto relu = [](int opset) {
    Model model(opset);
    model.input("x", {2});
    model.node("Relu", {"x"}, {"y"});
    return model.output("y");
  };
  CHECK(refusal(folder, relu(6)) == "opset 6: galet reads opset 7 and newer; convert the file with onnx.version_converter.convert_version");
  CHECK(import(folder, relu(7)).remarks.empty());
  CHECK(import(folder, relu(99)).remarks.size() == 1);
  Model foreign = relu(17);
  foreign.graph.mutable_node(0)->set_domain("com.microsoft");
  CHECK(refusal(folder, foreign) == "1 unsupported node: com.microsoft.Relu \"y\"");
}
