// A few operators with loose shape rules, enough to test the graph without galet/ops. For tests only.
#pragma once

#include <array>
#include <map>

#include "galet/ir/graph.h"

namespace galet::testing {

inline std::vector<TensorType> infer_first(const OpCall& call) { return {call.type(0)}; }
inline std::vector<TensorType> infer_two(const OpCall& call) { return {call.type(0), {DType::i64, {call.get_int("k")}}}; }

inline const Op* find_op(std::string_view name) {
  static const std::map<std::string_view, Op> ops = [] {
    std::map<std::string_view, Op> map;
    auto add = [&](std::string_view n, std::vector<std::string_view> operands, std::vector<AttributeSpec> attributes = {},
                   std::vector<TensorType>(*infer)(const OpCall&) = infer_first) {
      map.emplace(n, Op{.name = n, .operands = std::move(operands), .attributes = std::move(attributes), .infer = infer});
    };
    add("relu", {"src"});
    add("sigmoid", {"src"});
    add("add", {"a", "b"});
    add("mul", {"a", "b"});
    add("sub", {"a", "b"});
    add("div", {"a", "b"});
    add("concat", {"srcs..."}, {{"axis", int64_t{0}}});
    add("clip", {"src", "low?", "high?"}, {{"min", 0.0f}, {"max", 6.0f}});
    add("conv2d", {"src", "weight", "bias?"}, {{"strides", Ints{1, 1}}, {"activation", std::string("none")}});
    add("batch_norm", {"src", "scale", "shift"}, {{"epsilon", 1e-5f}});
    add("top_k", {"src"}, {{"k", int64_t{1}}}, infer_two);
    add("everything", {"src?"},
        {{"f", 0.0f}, {"fs", Floats{}}, {"i", int64_t{0}}, {"is", Ints{}}, {"s", std::string{}}, {"t", Tensor{}, false, true}});
    return map;
  }();
  const auto it = ops.find(name);
  return it == ops.end() ? nullptr : &it->second;
}

}  // namespace galet::testing
