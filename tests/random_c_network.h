// Random integer networks over every operator that C exports hold, for tests/export_c_run.cpp.
#pragma once

#include <algorithm>

#include "galet/runtime/random_network.h"

namespace galet::testing {

class RandomNetwork {
 public:
  explicit RandomNetwork(uint64_t seed) : b_(seed, true), random_(seed * 77 + 5) {}

  Graph make() {
    x_ = b_.input({1, 1 + pick(4), 5 + pick(9), 5 + pick(9)});
    x_ = conv(x_);
    for (int64_t steps = 3 + pick(5); steps > 0; --steps) grow();
    if (pick(2) == 0) b_.graph.add_output(x_);
    finish();
    if (pick(2) == 0) limit_codes();
    verify(b_.graph);
    return std::move(b_.graph);
  }

 private:
  int64_t pick(int64_t n) { return static_cast<int64_t>(random_.below(static_cast<uint64_t>(n))); }
  const Shape& shape(ValueId id) const { return b_.graph.value(id).shape; }
  static std::string text(const char* s) { return s; }

  ValueId conv(ValueId x, int64_t out = 0) {
    const int64_t in = shape(x)[1], room = std::min(shape(x)[2], shape(x)[3]);
    const int64_t kernel = 1 + pick(std::min<int64_t>(4, room)), dilation = kernel > 1 && 2 * (kernel - 1) < room ? 1 + pick(2) : 1;
    int64_t group = 1;
    if (out == 0 && pick(3) == 0) group = in, out = in * (1 + (pick(4) == 0));
    if (out == 0) out = 1 + pick(21);
    if (group == 1 && in % 2 == 0 && out % 2 == 0 && pick(4) == 0) group = 2;
    const char* activations[] = {"none", "relu", "clip"};
    return b_.conv(x, out, kernel,
                   {{"strides", Ints{1 + pick(2), 1 + pick(2)}},
                    {"pads", Ints{pick(3), pick(3), pick(3), pick(3)}},
                    {"dilations", Ints{dilation, 1 + (dilation - 1) * pick(2)}},
                    {"group", group},
                    {"activation", text(activations[pick(3)])}});
  }
  ValueId same(ValueId x, int64_t out) {
    const int64_t pad = pick(2);
    return b_.conv(x, out, 1 + 2 * pad, {{"pads", Ints{pad, pad, pad, pad}}, {"activation", text(pick(2) == 0 ? "relu" : "none")}});
  }
  Attributes pool() {
    const int64_t kernel = 1 + pick(3);
    return {{"kernel", Ints{kernel, std::min<int64_t>(kernel, 2)}},
            {"strides", Ints{1 + pick(2), 1 + pick(2)}},
            {"pads", Ints{pick(kernel), 0, pick(kernel), pick(std::min<int64_t>(kernel, 2))}},
            {"ceil_mode", pick(2)}};
  }
  ValueId resize(ValueId x) {
    const char* modes[] = {"nearest", "linear", "cubic"};
    const char* coordinates[] = {"half_pixel", "asymmetric", "align_corners"};
    const Shape& s = shape(x);
    return b_.op("resize", {x},
                 {{"sizes", Ints{1, s[1], 2 + pick(2 * s[2]), 2 + pick(2 * s[3])}},
                  {"mode", text(modes[pick(3)])},
                  {"coordinates", text(coordinates[pick(3)])}});
  }
  ValueId move(ValueId x) {
    const Shape s = shape(x);
    switch (pick(5)) {
      case 0:
        return b_.move("slice", x, {{"starts", Ints{1, 0}}, {"ends", Ints{s[2], s[3]}}, {"axes", Ints{2, 3}}, {"steps", Ints{1, 2}}});
      case 1:
        return b_.op("pad", {x}, {{"pads", Ints{0, pick(3), 1, 0, 0, pick(2), pick(2), 2}}, {"value", 0.2f}});
      case 2:
        return b_.move("transpose", x, {{"perm", Ints{0, 1, 3, 2}}});
      case 3:
        return b_.move("pad", x, {{"pads", Ints{0, 0, 1, 1, 0, 0, 2, 1}}, {"mode", text("reflect")}});
      default:
        if (s[1] % 2 != 0) return x;
        x = b_.move("reshape", x, {{"shape", Ints{1, 2, s[1] / 2, s[2], s[3]}}});
        x = b_.move("transpose", x, {{"perm", Ints{0, 2, 1, 3, 4}}});
        return b_.move("reshape", x, {{"shape", s}});
    }
  }
  void grow() {
    if (std::min(shape(x_)[2], shape(x_)[3]) < 4) {
      x_ = resize(x_);
      return;
    }
    const char* tables[] = {"hard_swish", "sigmoid", "tanh", "relu", "silu"};
    const int64_t c = shape(x_)[1];
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
        x_ = conv(x_);
        break;
      case 3:
        x_ = b_.op(tables[pick(5)], {conv(x_)});
        break;
      case 4:
        x_ = pick(2) == 0 ? b_.op("add", {same(x_, c), x_}, {{"activation", text("relu")}}) : b_.op("sub", {x_, same(x_, c)});
        break;
      case 5: {
        const ValueId s = b_.op("hard_sigmoid", {b_.conv(b_.op("global_average_pool", {x_}), c, 1)});
        x_ = pick(2) == 0 ? b_.op("mul", {s, x_}) : b_.op("mul", {x_, s});
        break;
      }
      case 6:
        x_ = b_.op("concat", {same(x_, 1 + pick(9)), x_, b_.op("tanh", {same(x_, 3)})}, {{"axis", int64_t{1}}});
        break;
      case 7:
        x_ = b_.move("max_pool", x_, pool());
        break;
      case 8: {
        Attributes attributes = pool();
        attributes["count_include_pad"] = pick(2);
        x_ = b_.op("average_pool", {x_}, attributes);
        break;
      }
      case 9:
        x_ = resize(x_);
        break;
      case 10:
        x_ = move(x_);
        break;
      default:
        if (pick(2) == 0)
          x_ = b_.conv(x_, 2 * (1 + pick(5)), 2, {{"strides", Ints{2, 1}}, {"pads", Ints{0, 1, 1, 0}}}, "conv_transpose2d");
        else
          x_ = b_.op("add", {x_, b_.constant(pick(2) == 0 ? Shape{1, c, 1, 1} : shape(x_))});
    }
  }
  /// Weights of few bits: two to fifteen different codes.
  void limit_codes() {
    const int32_t step = 17 << pick(4);
    const int64_t form = pick(3);  // few levels; two levels; mostly zeros
    for (const ValueId id : b_.graph.values()) {
      const Value& value = b_.graph.value(id);
      if (!value.is_constant() || value.constant.dtype() != DType::i8) continue;
      Tensor codes = value.constant;
      int8_t* q = codes.mutable_data<int8_t>();
      for (int64_t i = 0; i < codes.size(); ++i)
        q[i] = static_cast<int8_t>(form == 0 ? q[i] / step * step : form == 1 ? (q[i] < 0 ? -90 : 37) : pick(4) == 0 ? q[i] : 0);
      Rewriter(b_.graph).set_constant(id, codes);
    }
  }
  void finish() {
    ValueId y = x_;
    if (pick(2) == 0)
      y = b_.op("reduce_mean", {y}, {{"axes", Ints{2, 3}}, {"keepdims", int64_t{0}}});
    else
      y = b_.rows(y, count(shape(y)));
    y = b_.linear(y, 1 + pick(17));
    if (pick(2) == 0) b_.clear_spec(y);
    b_.graph.add_output(y);
  }

  runtime::testing::NetworkBuilder b_;
  Random random_;
  ValueId x_;
};

}  // namespace galet::testing
