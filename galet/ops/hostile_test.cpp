// Every operator against random operands and attributes, absurd ones among them: an Error naming the operator, or results of the promised
// types. (Under the sanitizers this is what finds overflow; endless loops show as a test that does not end.)
#include <doctest/doctest.h>

#include <limits>

#include "galet/core/random.h"
#include "galet/ir/check.h"
#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;

namespace {

constexpr int64_t kSmall = 20'000;  // elements that are worth computing

int64_t any_int(Random& random) {
  constexpr int64_t kAbsurd[] = {INT64_MIN, INT64_MAX, int64_t{1} << 31, int64_t{1} << 40, int64_t{1} << 62, -5, 1000};
  return random.below(8) == 0 ? kAbsurd[random.below(std::size(kAbsurd))] : static_cast<int64_t>(random.below(5)) - 1;
}

float any_float(Random& random) {
  constexpr float kAbsurd[] = {0, -1, 1e30f, 1e-30f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()};
  return random.below(4) == 0 ? kAbsurd[random.below(std::size(kAbsurd))] : static_cast<float>(random.uniform(0, 2));
}

std::string any_word(Random& random) {
  constexpr std::string_view kWords[] = {"none",     "relu",    "clip", "nearest", "linear", "cubic",
                                         "constant", "reflect", "edge", "wrap",    "add",    "RIGHT",
                                         "u8",       "i64",     "DCR",  "tanh",    "x",      "tf_crop_and_resize"};
  return std::string(kWords[random.below(std::size(kWords))]);
}

Attribute any_like(Random& random, const Attribute& example) {
  if (std::holds_alternative<int64_t>(example)) return any_int(random);
  if (std::holds_alternative<float>(example)) return any_float(random);
  if (std::holds_alternative<std::string>(example)) return any_word(random);
  const uint64_t length = random.below(4) == 0 ? random.below(9) : 2 * (1 + random.below(2));
  if (std::holds_alternative<Ints>(example)) {
    Ints ints;
    for (uint64_t i = 0; i < length; ++i) ints.push_back(random.below(2) ? 1 : any_int(random));
    return ints;
  }
  if (!std::holds_alternative<Floats>(example)) return example;
  Floats floats;
  for (uint64_t i = 0; i < length; ++i) floats.push_back(any_float(random));
  return floats;
}

Shape any_shape(Random& random) {
  Shape shape;
  const uint64_t rank = random.below(3) == 0 ? random.below(6) : 4;
  for (uint64_t i = 0; i < rank; ++i) shape.push_back(random.below(12) == 0 ? 0 : 1 + static_cast<int64_t>(random.below(4)));
  return shape;
}

Tensor any_tensor(Random& random, DType type, Shape shape) {
  Tensor wide(DType::f32, std::move(shape));
  for (int64_t i = 0; i < wide.size(); ++i) wide.mutable_data<float>()[i] = static_cast<float>(random.uniform(-3, 3));
  return wide.cast(type);
}

/// Legal calls of operators that chance rarely finds one for; each part of them is kept or replaced at random.
struct Seed {
  std::string_view op;
  std::vector<Shape> shapes;
  Attributes attributes;
  std::vector<DType> types = {};  // f32 where there are fewer
};

const std::vector<Seed>& seeds() {
  static const std::vector<Seed> list{
      {"conv2d", {{1, 4, 5, 6}, {2, 2, 3, 2}, {2}}, {{"strides", Ints{1, 2}}, {"pads", Ints{1, 0, 1, 2}}, {"group", int64_t{2}}}},
      {"conv_transpose2d", {{1, 4, 2, 3}, {4, 1, 3, 2}, {2}}, {{"strides", Ints{1, 2}}, {"pads", Ints{1, 0, 1, 2}}, {"group", int64_t{2}}}},
      {"linear", {{2, 3}, {4, 3}, {4}}, {}},
      {"matmul", {{2, 1, 3, 4}, {5, 4, 2}}, {}},
      {"batch_norm", {{1, 3, 2, 2}, {3}, {3}, {3}, {3}}, {}},
      {"instance_norm", {{1, 3, 2, 2}, {3}, {3}}, {}},
      {"group_norm", {{1, 4, 2, 2}, {4}, {4}}, {{"groups", int64_t{2}}}},
      {"layer_norm", {{1, 3, 2}, {2}, {2}}, {{"statistics", int64_t{1}}}},
      {"max_pool",
       {{1, 2, 5, 6}},
       {{"kernel", Ints{3, 2}}, {"strides", Ints{2, 1}}, {"pads", Ints{1, 0, 1, 2}}, {"ceil_mode", int64_t{1}}}},
      {"average_pool", {{1, 2, 5, 6}}, {{"kernel", Ints{3, 2}}, {"pads", Ints{1, 0, 1, 2}}, {"count_include_pad", int64_t{1}}}},
      {"resize", {{1, 2, 3, 3}}, {{"sizes", Ints{1, 2, 5, 2}}, {"mode", std::string("cubic")}, {"antialias", int64_t{1}}}},
      {"slice", {{3, 4}}, {{"starts", Ints{0, 3}}, {"ends", Ints{2, 0}}, {"axes", Ints{0, 1}}, {"steps", Ints{1, -1}}}},
      {"pad", {{3, 4}}, {{"pads", Ints{0, 3, 2, 1}}, {"mode", std::string("reflect")}}},
      {"split", {{3, 4}}, {{"axis", int64_t{1}}, {"sizes", Ints{1, 3}}}},
      {"transpose", {{3, 4}}, {{"perm", Ints{1, 0}}}},
      {"scatter_nd", {{3, 4}, {2, 1}, {2, 4}}, {}, {DType::f32, DType::i64, DType::f32}},
      {"gather_nd", {{3, 4}, {2, 1}}, {}, {DType::f32, DType::i64}},
      {"reverse_sequence", {{3, 4}, {4}}, {}, {DType::f32, DType::i64}},
      {"conv_integer", {{1, 2, 4, 4}, {2, 2, 3, 2}, {}, {2}}, {{"pads", Ints{1, 0, 1, 2}}}, {DType::u8, DType::i8, DType::u8, DType::i8}},
      {"matmul_integer", {{2, 3, 4}, {4, 2}}, {}, {DType::u8, DType::i8}},
      {"dequantize", {{2, 3}, {3}, {3}}, {}, {DType::u8, DType::f32, DType::u8}},
      {"quantize", {{2, 3}, {3}, {3}}, {{"to", std::string("i8")}}, {DType::f32, DType::f32, DType::i8}},
      {"reshape", {{3, 4}}, {{"shape", Ints{2, 6}}}},
      {"decode_centers", {{1, 2, 3, 3}, {1, 2, 3, 3}, {1, 2, 3, 3}}, {{"k", int64_t{3}}}},
      {"decode_anchors", {{1, 3, 4}, {3, 4}}, {{"weights", Floats{10, 10, 5, 5}}}},
      {"decode_points", {{1, 3, 4}, {3, 2}}, {}},
      {"select_detections", {{1, 3, 4}, {1, 3, 2}}, {{"k", int64_t{3}}, {"mode", std::string("agnostic")}}},
      {"non_max_suppression", {{1, 3, 4}, {1, 2, 3}}, {{"max_per_class", int64_t{2}}}}};
  return list;
}

const Seed* seed_of(const Op& op) {
  for (const Seed& seed : seeds())
    if (seed.op == op.name) return &seed;
  return nullptr;
}

/// The attribute with one of its numbers replaced.
Attribute mutated(Random& random, Attribute attribute) {
  if (auto* ints = std::get_if<Ints>(&attribute); ints != nullptr && !ints->empty() && random.below(4) != 0)
    (*ints)[random.below(ints->size())] = any_int(random);
  else
    attribute = any_like(random, attribute);
  return attribute;
}

/// Whether the references would have something small to compute.
bool small(const std::vector<TensorType>& types) {
  for (const TensorType& type : types)
    if (count(type.shape) > kSmall) return false;
  return true;
}

/// True when the operator accepted the call.
bool attempt(const Op& op, Random& random) {
  const auto any_type = [&] { return random.below(2) ? DType::f32 : static_cast<DType>(random.below(11)); };
  const DType type = any_type();
  std::vector<Tensor> operands;
  std::vector<Operand> known;
  const Seed* seed = random.below(4) ? seed_of(op) : nullptr;
  size_t wanted = op.operands.size();
  if (wanted > 0 && op.operands.back().ends_with("...")) wanted += random.below(3);
  for (size_t i = 0; i < wanted; ++i) {
    const bool repeat = !operands.empty() && operands[0] && random.below(2);
    if (seed != nullptr && i < seed->shapes.size() && random.below(8) != 0) {
      operands.push_back(any_tensor(random, i < seed->types.size() ? seed->types[i] : DType::f32, seed->shapes[i]));
    } else if (seed != nullptr && i >= seed->shapes.size() && random.below(8) != 0) {
      operands.emplace_back();
    } else {
      operands.push_back(repeat ? operands[0] : any_tensor(random, random.below(8) ? type : any_type(), any_shape(random)));
    }
    if (random.below(20) == 0) operands.back() = Tensor();
    known.push_back(operands.back() ? Operand{true, {operands.back().dtype(), operands.back().shape()}, {}} : Operand{});
  }
  Attributes attributes;
  for (const AttributeSpec& spec : op.attributes) {
    if (seed != nullptr && seed->attributes.contains(spec.name)) {
      const Attribute& good = seed->attributes.find(spec.name)->second;
      attributes[std::string(spec.name)] = random.below(6) ? good : mutated(random, good);
    } else if (spec.required || random.below(seed != nullptr ? 8 : 2) == 0) {
      attributes[std::string(spec.name)] = any_like(random, spec.example);
    }
  }
  const OpCall call(op, "n", attributes, std::move(known));
  try {
    check_schema(call);
    const std::vector<TensorType> types = op.infer(call);
    if (op.macs != nullptr) CHECK(op.macs(call) >= 0);
    if (!small(types)) return true;
    const std::vector<Tensor> results = op.reference(call, operands);
    REQUIRE(results.size() == types.size());
    for (size_t i = 0; i < types.size(); ++i) CHECK(TensorType{results[i].dtype(), results[i].shape()} == types[i]);
    return true;
  } catch (const Error& error) {
    const std::string text = error.what();
    CHECK_MESSAGE(text.starts_with(std::string(op.name) + " \"n\": "), text);
    return false;
  }
}

}  // namespace

TEST_CASE("operators survive hostile calls") {
  for (const Op& op : ops::all()) {
    CAPTURE(op.name);
    Random random(1);
    int accepted = 0;
    for (int i = 0; i < 600; ++i) accepted += attempt(op, random);
    CHECK(accepted > (seed_of(op) != nullptr ? 50 : 0));
  }
}
