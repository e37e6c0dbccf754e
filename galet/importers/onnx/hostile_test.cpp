// Damaged and hostile files: always a one-line Error that begins with the path.
#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>

#include "galet/core/random.h"
#include "galet/importers/onnx/testing.h"

using namespace galet;
using namespace galet::importers;
using namespace galet::importers::testing;

namespace {

Model rich_network() {
  Model model(13);
  model.input("x", {-1, 2, 6, 6})
      .floats("a.weight", {4, 2, 3, 3}, std::vector<float>(72, 0.1f))
      .floats("a.bias", {4}, {1, 2, 3, 4})
      .floats("norm", {4}, {1, 1, 1, 1});
  model.ints("to", {2}, {1, -1})
      .ints("starts", {1}, {1})
      .ints("ends", {1}, {3})
      .ints("axes", {1}, {2})
      .floats("low", {}, {0})
      .floats("scales", {4}, {1, 1, 2, 2})
      .floats("b", {24, 3}, std::vector<float>(72, 1));
  auto& conv = model.node("Conv", {"x", "a.weight", "a.bias"}, {"c"});
  set_ints(conv, "pads", {1, 1, 1, 1});
  set_ints(conv, "strides", {2, 2});
  set_int(conv, "group", 1);
  set_float(model.node("BatchNormalization", {"c", "norm", "norm", "norm", "norm"}, {"n"}), "epsilon", 1e-3f);
  model.node("Clip", {"n", "low"}, {"r"});
  model.node("Slice", {"r", "starts", "ends", "axes"}, {"s"});
  auto& resize = model.node("Resize", {"s", "", "scales"}, {"u"});
  set_string(resize, "mode", "linear");
  auto& pool = model.node("AveragePool", {"u"}, {"p"});
  set_ints(pool, "kernel_shape", {2, 2});
  set_string(pool, "auto_pad", "SAME_UPPER");
  auto& max_pool = model.node("MaxPool", {"p"}, {"m"});
  set_ints(max_pool, "kernel_shape", {2, 3});
  set_ints(max_pool, "strides", {2, 2});
  set_int(max_pool, "ceil_mode", 1);
  model.node("Shape", {"m"}, {"shape"});
  model.node("ConstantOfShape", {"shape"}, {"zeros"});
  set_int(model.node("Concat", {"m", "zeros"}, {"w"}), "axis", 1);
  set_ints(model.node("Transpose", {"w"}, {"t"}), "perm", {0, 2, 3, 1});
  set_int(model.node("Split", {"t"}, {"t1", "t2"}), "axis", 3);
  model.node("Reshape", {"t1", "to"}, {"f"});
  set_float(model.node("Gemm", {"f", "b"}, {"g"}), "alpha", 0.5f);
  set_int(model.node("Softmax", {"g"}, {"y"}), "axis", -1);
  return model.output("y").output("t2");
}

/// Flips, overwrites, inserts, removes, cuts. `focus` keeps most changes near the start, where exporters put nodes.
std::string mutated(std::string bytes, Random& random, size_t focus) {
  const auto place = [&] { return random.below(random.below(4) == 0 ? bytes.size() : std::min(bytes.size(), focus)); };
  const uint64_t changes = 1 + random.below(4);
  for (uint64_t i = 0; i < changes && !bytes.empty(); ++i) {
    switch (random.below(6)) {
      case 0:
        bytes[place()] ^= static_cast<char>(1 << random.below(8));
        break;
      case 1:
        bytes[place()] = static_cast<char>(random.below(256));
        break;
      case 2:
        bytes.insert(place(), 1 + random.below(8), static_cast<char>(random.below(256)));
        break;
      case 3:
        bytes.erase(place(), 1 + random.below(16));
        break;
      case 4:
        bytes[place()] = static_cast<char>(random.below(2) == 0 ? 0xff : 0x7f);
        break;
      default:
        if (random.below(8) == 0) bytes.resize(place());
        break;
    }
  }
  return bytes;
}

/// Imports mutations; anything but an Error in the agreed form ends the test. Returns how many were refused.
int refused(const Folder& folder, const std::string& bytes, int mutations, size_t focus) {
  const std::string path = folder / "model.onnx";
  Random random(7);
  int count = 0;
  for (int i = 0; i < mutations; ++i) {
    put(path, mutated(bytes, random, focus));
    try {
      verify(import_onnx(path).graph);
    } catch (const Error& error) {
      ++count;
      const std::string text = error.what();
      CAPTURE(i);
      CHECK((text.starts_with(path + ": ") || text.starts_with("cannot open")));
      CHECK(text.find('\n') == std::string::npos);
    }
  }
  return count;
}

}  // namespace

TEST_CASE("1,000 mutations of a small model (GALET_FUZZ_RUNS: more)") {
  const char* given = std::getenv("GALET_FUZZ_RUNS");
  const int runs = given != nullptr ? std::atoi(given) : 1000;
  const Folder folder;
  const Model model = rich_network();
  CHECK(refusal(folder, model) == "");
  const int count = refused(folder, model.bytes(), runs, model.bytes().size());
  CHECK(count > runs * 3 / 10);
  CHECK(count < runs);
}

TEST_CASE("1,000 mutations of what a small model says") {  // well-formed messages with absurd contents: what bit flips seldom reach
  static constexpr int64_t kAbsurd[] = {
      0, 1, -1, 2, 3, 7, -2, 255, 1 << 16, INT32_MAX, INT32_MIN, int64_t{1} << 40, INT64_MAX, INT64_MIN, INT64_MAX / 2, 64};
  static constexpr const char* kTypes[] = {"Conv",
                                           "ConvTranspose",
                                           "Gemm",
                                           "MatMul",
                                           "MaxPool",
                                           "AveragePool",
                                           "Resize",
                                           "Upsample",
                                           "Slice",
                                           "Split",
                                           "Pad",
                                           "Expand",
                                           "Tile",
                                           "Reshape",
                                           "Transpose",
                                           "Squeeze",
                                           "Unsqueeze",
                                           "Flatten",
                                           "Concat",
                                           "Gather",
                                           "GatherND",
                                           "ScatterND",
                                           "TopK",
                                           "CumSum",
                                           "OneHot",
                                           "Trilu",
                                           "Range",
                                           "EyeLike",
                                           "NonZero",
                                           "DepthToSpace",
                                           "SpaceToDepth",
                                           "ReduceMean",
                                           "ArgMax",
                                           "LRN",
                                           "Softmax",
                                           "QuantizeLinear",
                                           "DequantizeLinear",
                                           "QLinearConv",
                                           "ConvInteger",
                                           "GroupNormalization",
                                           "InstanceNormalization",
                                           "LayerNormalization",
                                           "CenterCropPad",
                                           "ConstantOfShape"};
  const Folder folder;
  const Model model = rich_network();
  const char* given = std::getenv("GALET_FUZZ_RUNS");
  const int runs = given != nullptr ? std::atoi(given) : 1000;
  const std::string path = folder / "model.onnx";
  Random random(11);
  int count = 0;
  for (int i = 0; i < runs; ++i) {
    Model m = model;
    const auto absurd = [&] { return kAbsurd[random.below(std::size(kAbsurd))]; };
    for (uint64_t changes = 1 + random.below(3); changes-- > 0;) {
      auto& node = *m.graph.mutable_node(static_cast<int>(random.below(static_cast<uint64_t>(m.graph.node_size()))));
      auto& constant = *m.graph.mutable_initializer(static_cast<int>(random.below(static_cast<uint64_t>(m.graph.initializer_size()))));
      const auto any_name = [&] {
        return m.graph.node(static_cast<int>(random.below(static_cast<uint64_t>(m.graph.node_size())))).output(0);
      };
      switch (random.below(9)) {
        case 0:
          if (node.attribute_size() > 0) node.mutable_attribute(0)->set_i(absurd());
          break;
        case 1:
          for (auto& a : *node.mutable_attribute())
            if (a.ints_size() > 0) a.set_ints(static_cast<int>(random.below(static_cast<uint64_t>(a.ints_size()))), absurd());
          break;
        case 2:
          node.set_op_type(kTypes[random.below(std::size(kTypes))]);
          break;
        case 3:
          if (node.input_size() > 0)
            node.set_input(static_cast<int>(random.below(static_cast<uint64_t>(node.input_size()))),
                           random.below(2) == 0 ? any_name() : constant.name());
          break;
        case 4:
          node.add_input(constant.name());
          break;
        case 5:
          if (constant.dims_size() > 0) constant.set_dims(0, absurd());
          break;
        case 6:
          for (auto& x : *constant.mutable_int64_data()) x = absurd();
          break;
        case 7:
          m.graph.mutable_input(0)
              ->mutable_type()
              ->mutable_tensor_type()
              ->mutable_shape()
              ->mutable_dim(static_cast<int>(random.below(4)))
              ->set_dim_value(absurd());
          break;
        default:
          m.proto.mutable_opset_import(0)->set_version(static_cast<int64_t>(7 + random.below(20)));
          break;
      }
    }
    put(path, m.bytes());
    try {
      verify(import_onnx(path).graph);
    } catch (const Error& error) {
      ++count;
      CAPTURE(i);
      CHECK(std::string(error.what()).starts_with(path + ": "));
    }
  }
  CHECK(count > runs / 3);
  CHECK(count < runs);
}

TEST_CASE("mutations of the shared models") {
  const char* shared = std::getenv("GALET_SHARED_DATA");
  const std::string base = std::string(shared != nullptr ? shared : "../shared/data") + "/";
  for (const char* name :
       {"models/resnet20_cifar10.onnx", "models/resnet20_cifar10_batchnorm_op17.onnx", "ultraface/version-RFB-320.onnx"}) {
    if (!std::filesystem::exists(base + name)) {
      MESSAGE("skipped, not there: " << base + name);
      continue;
    }
    const Folder folder;
    CHECK(refused(folder, read_file(base + name), 100, 30'000) > 10);
  }
}

TEST_CASE("no model at all") {
  const Folder folder;
  for (const std::string& bytes : {std::string(), std::string("hello"), std::string(1000, '\xff'), std::string(1000, '\0')}) {
    write_file(folder / "x.onnx", bytes);
    CHECK_THROWS_WITH_AS(import_onnx(folder / "x.onnx"), (folder / "x.onnx: not an ONNX model, or damaged").c_str(), Error);
  }
  CHECK_THROWS_AS(import_onnx(folder / "absent.onnx"), Error);
  CHECK_THROWS_AS(import_onnx(folder.path.string()), Error);
}

TEST_CASE("files beyond 2 GB say what to do") {
  const Folder folder;
  put(folder / "x.onnx", "x");
  std::filesystem::resize_file(folder / "x.onnx", uintmax_t{3} << 30);  // sparse: takes no room
  CHECK_THROWS_WITH_AS(import_onnx(folder / "x.onnx"),
                       doctest::Contains("an ONNX file holds at most 2 GB; save its weights as external data"), Error);
}

TEST_CASE("sizes are believed only as far as the bytes reach") {
  const Folder folder;
  Model model;
  model.node("Relu", {"w"}, {"y"});
  model.output("y");
  SUBCASE("fewer elements") {
    CHECK((model.floats("w", {2, 3}, {1}), refusal(folder, model)) == "tensor \"w\": holds 1 elements, its shape 2x3 wants 6");
  }
  SUBCASE("giant") {
    CHECK((model.floats("w", {int64_t{1} << 20, int64_t{1} << 19}, {1}), refusal(folder, model)).find("wants 549755813888") !=
          std::string::npos);
  }
  SUBCASE("overflowing") {
    CHECK((model.floats("w", {int64_t{1} << 62, int64_t{1} << 62}, {}), refusal(folder, model)).starts_with("tensor \"w\": "));
  }
  SUBCASE("negative") { CHECK((model.floats("w", {-2, -3}, {1, 2, 3, 4, 5, 6}), refusal(folder, model)).starts_with("tensor \"w\": ")); }
  SUBCASE("raw bytes") {
    model.tensor("w", {3}, ::onnx::TensorProto::FLOAT).set_raw_data("12345");
    CHECK(refusal(folder, model) == "tensor \"w\": holds 5 bytes, its shape 3 of float wants 12");
  }
  SUBCASE("made while importing") {
    model.ints("shape", {2}, {1 << 19, 1 << 19});
    model.node("ConstantOfShape", {"shape"}, {"w"});
    CHECK(refusal(folder, model).find("constants computed while importing exceed") != std::string::npos);
  }
}

TEST_CASE("element types that galet has not, by name") {
  const Folder folder;
  for (const auto& [type, name] : {std::pair(8, "string"), std::pair(14, "complex64"), std::pair(17, "float8e4m3fn"), std::pair(22, "int4"),
                                   std::pair(23, "float4e2m1"), std::pair(77, "number 77")}) {
    Model model;
    model.tensor("w", {2}, type).set_raw_data("12345678");
    model.node("Relu", {"w"}, {"y"});
    CHECK(refusal(folder, model.output("y")) == "tensor \"w\": has element type " + std::string(name) + ", which galet does not read");
    Model input;
    input.input("x", {2}, type);
    input.node("Relu", {"x"}, {"y"});
    CHECK(refusal(folder, input.output("y")) == "input \"x\" has element type " + std::string(name) + ", which galet does not read");
  }
}

TEST_CASE("external data") {
  const Folder folder;
  write_file(folder / "weights.bin", std::string("\0\0\0\0\0\0\x80\x3f\0\0\0\x40", 12));
  std::filesystem::create_directories(folder.path / "inner");
  std::filesystem::create_symlink("/etc/hostname", folder.path / "link");
  const auto model = [](const std::string& location, const std::string& offset, const std::string& length) {
    Model m;
    m.input("x", {2});
    auto& t = m.tensor("w", {2}, ::onnx::TensorProto::FLOAT);
    t.set_data_location(::onnx::TensorProto::EXTERNAL);
    for (const auto& [key, value] : {std::pair<std::string, std::string>("location", location), {"offset", offset}, {"length", length}}) {
      if (value.empty()) continue;
      auto* entry = t.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    m.node("Add", {"x", "w"}, {"y"});
    return m.output("y");
  };
  const Graph graph = import(folder, model("weights.bin", "4", "8")).graph;
  CHECK(graph.value(*graph.find_value("w")).constant.data<float>()[1] == 2.0f);
  const Graph unaligned = import(folder, model("inner/../weights.bin", "3", "")).graph;
  CHECK(unaligned.value(*unaligned.find_value("w")).constant.size() == 2);
  CHECK(refusal(folder, model("../weights.bin", "", "")).find("leaves the folder") != std::string::npos);
  CHECK(refusal(folder, model("link", "", "")).find("leaves the folder") != std::string::npos);
  CHECK(refusal(folder, model("/etc/passwd", "", "")).find("not a path relative") != std::string::npos);
  CHECK(refusal(folder, model("", "", "")).find("not a path relative") != std::string::npos);
  CHECK(refusal(folder, model("weights.bin", "8", "8")).find("which has 12") != std::string::npos);
  CHECK(refusal(folder, model("weights.bin", "18446744073709551615", "8")).find("which has 12") != std::string::npos);
  CHECK(refusal(folder, model("weights.bin", "-1", "8")).find("is no number") != std::string::npos);
  CHECK(refusal(folder, model("weights.bin", "0", "12")).find("expected 8") != std::string::npos);
  CHECK(refusal(folder, model("absent.bin", "0", "8")).find("cannot open") != std::string::npos);
  CHECK(refusal(folder, model("model.onnx", "0", "8")) == "");  // bytes are bytes
}

TEST_CASE("branches nested without end") {
  const Folder folder;
  Model model;
  ::onnx::GraphProto* graph = &model.graph;
  for (int i = 0; i < 200; ++i) {
    auto* a = graph->add_node()->add_attribute();
    a->set_name("then_branch");
    a->set_type(::onnx::AttributeProto::GRAPH);
    graph = a->mutable_g();
  }
  CHECK(refusal(folder, model) == "not an ONNX model, or damaged");
}

TEST_CASE("names in errors are printable") {
  const Folder folder;
  Model model;
  model.node("Evil\n\x1b[31m", {}, {"y\n"});
  CHECK(refusal(folder, model.output("y\n")) == "1 unsupported node: Evil??[31m \"y?\"");
}
