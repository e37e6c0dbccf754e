// Detection in ONNX's standard operators. Sizes are known but for how many boxes NonMaxSuppression selects.
#include <cmath>
#include <limits>

#include "galet/exporters/onnx/translate.h"

namespace galet::exporters {
namespace {

constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

/// Names the nodes of one translation after it.
class Steps {
 public:
  explicit Steps(Translation& t) : t_(t) {}

  std::string make(const std::string& type, std::vector<std::string> operands, Attributes attributes = {}) {
    return t_.scribe.make(type, t_.node(), std::move(operands), std::move(attributes));
  }
  std::string constant(const std::string& what, Tensor data) { return t_.scribe.constant(t_.node() + "/" + what, std::move(data)); }
  std::string number(const std::string& what, float value) { return constant(what, Tensor::scalar(value)); }
  std::string whole(const std::string& what, int64_t value) { return constant(what, Tensor::scalar(value)); }
  std::string ints(const std::string& what, const Ints& values) { return t_.ints(what, values); }
  std::string reshape(const std::string& src, const Ints& shape) { return make("Reshape", {src, ints("shape", shape)}); }
  std::string cast(const std::string& src, DType to) { return make("Cast", {src}, {{"to", static_cast<int64_t>(onnx_dtype(to))}}); }
  std::string slice(const std::string& src, int64_t axis, int64_t begin, int64_t end) {
    return make("Slice", {src, ints("starts", {begin}), ints("ends", {end}), ints("axes", {axis})});
  }
  std::string max_pool(const std::string& src) { return make("MaxPool", {src}, window()); }
  static Attributes window() { return {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{1, 1}}}; }

  /// The largest value of all places of `mask` (1, else 0) that hang together, at each of them: a Loop that hands the larger value on to
  /// the neighbours until nothing changes. src >= 0, and 0 outside of the mask.
  std::string spread(const std::string& src, const std::string& mask, const Shape& shape) {
    const auto name = [&](const char* what) { return t_.scribe.name(t_.node() + "/spread/" + what); };
    const std::string i = name("i"), go = name("go"), before = name("before"), wide = name("wide"), after = name("after"),
                      more = name("more"), most = name("most"), again = name("again");
    auto body = std::make_shared<OnnxBody>();
    body->name = t_.scribe.name(t_.node() + "/spread");
    const std::string zero = number("zero", 0.f);
    body->nodes = {{"MaxPool", wide, {before}, {wide}, window()},
                   {"Mul", after, {wide, mask}, {after}, {}},
                   {"Sub", more, {after, before}, {more}, {}},
                   {"ReduceMax", most, {more}, {most}, {{"keepdims", int64_t{0}}}},
                   {"Greater", again, {most, zero}, {again}, {}}};
    body->inputs = {{i, DType::i64, {}}, {go, DType::boolean, {}}, {before, DType::f32, shape}};
    body->outputs = {{again, DType::boolean, {}}, {after, DType::f32, shape}};
    const std::string result = t_.scribe.name(t_.node() + "/Loop");
    t_.scribe.add("Loop", t_.node(), {whole("most_steps", count(shape)), constant("true", Tensor::scalar(true)), src}, {result}, {}, body);
    return result;
  }

 private:
  Translation& t_;
};

Tensor filled(DType type, const Shape& shape, int64_t value) {
  Tensor tensor(DType::i64, shape);
  std::fill_n(tensor.mutable_data<int64_t>(), tensor.size(), value);
  return tensor.cast(type);
}

/// Rows (n * c, h * w) of `what` of the alive places with the same label, summed, at each of them.
std::string sum_by_label(Steps& s, const std::string& label, const std::string& what, const Shape& flat) {
  const std::string zeros = s.constant("zeros", filled(DType::i64, {1, 1}, 0));
  const std::string room = s.make("Expand", {zeros, s.ints("room", {flat[0], flat[1] + 1})});
  const std::string sums = s.make("ScatterElements", {room, label, what}, {{"axis", int64_t{1}}, {"reduction", std::string("add")}});
  return s.make("GatherElements", {sums, label}, {{"axis", int64_t{1}}});
}

}  // namespace

// Candidates are the places that nothing beside them exceeds. Two candidates side by side are equally high, so what hangs together of them
// is a plateau; it is dead where a place of it touches an equally high one that is no candidate. Labels are the first place's number,
// larger for earlier ones; the dead are larger still.
void translate_heatmap_peaks(Translation& t) {
  Steps s(t);
  const Shape& shape = t.call.shape(0);
  const int64_t h = shape[2], w = shape[3], places = h * w;
  const Shape flat{shape[0] * shape[1], places};
  const std::string& src = t.operands[0];
  Tensor order(DType::f32, {1, 1, h, w}), rows(DType::i64, {1, places}), columns(DType::i64, {1, places});
  for (int64_t i = 0; i < places; ++i) {
    order.mutable_data<float>()[i] = static_cast<float>(places - i);
    rows.mutable_data<int64_t>()[i] = i / w;
    columns.mutable_data<int64_t>()[i] = i % w;
  }
  const std::string number = s.constant("order", std::move(order)), nothing = s.number("nothing", 0.f);
  const std::string candidate = s.make("Equal", {s.max_pool(src), src}), mask = s.cast(candidate, DType::f32);
  const std::string others = s.make("Where", {candidate, s.number("lowest", std::numeric_limits<float>::lowest()), src});
  const std::string touches = s.make("And", {candidate, s.make("Equal", {s.max_pool(others), src})});
  const std::string dead = s.number("dead", static_cast<float>(places + 1));
  const std::string label = s.spread(s.make("Mul", {s.make("Where", {touches, dead, number}), mask}), mask, shape);
  const std::string alive = s.make("And", {candidate, s.make("Less", {label, dead})}), living = s.cast(alive, DType::f32);

  // The rounded centroid of each plateau, and the place nearest to it.
  const std::string group = s.cast(s.reshape(s.make("Mul", {label, living}), flat), DType::i64), extent = s.ints("extent", flat);
  const auto constant_rows = [&](const char* what, Tensor data) { return s.make("Expand", {s.constant(what, std::move(data)), extent}); };
  const std::string y = constant_rows("rows", std::move(rows)), x = constant_rows("columns", std::move(columns));
  const std::string n = sum_by_label(s, group, constant_rows("ones", filled(DType::i64, {1, 1}, 1)), flat), two = s.whole("two", 2);
  std::string distance;
  for (const std::string& axis : {y, x}) {
    const std::string twice = s.make("Add", {s.make("Mul", {sum_by_label(s, group, axis, flat), two}), n});
    const std::string far = s.make("Sub", {axis, s.make("Div", {twice, s.make("Mul", {n, two})})}), square = s.make("Mul", {far, far});
    distance = distance.empty() ? square : s.make("Add", {distance, square});
  }
  const std::string nearness = s.make("Sub", {s.whole("farthest", h * h + w * w + 1), distance});
  const std::string near = s.make("Mul", {s.reshape(s.cast(nearness, DType::f32), shape), living});
  const std::string nearest = s.make("And", {alive, s.make("Equal", {s.spread(near, living, shape), near})});
  const std::string first = s.spread(s.make("Where", {nearest, number, nothing}), living, shape);
  const std::string chosen = s.make("And", {nearest, s.make("Equal", {first, number})});
  t.scribe.add("Where", t.node(), {chosen, src, nothing}, t.results);
}

void translate_decode_centers(Translation& t) {
  Steps s(t);
  const Shape& shape = t.call.shape(0);
  const int64_t n = shape[0], plane = shape[2] * shape[3], k = t.call.get_int("k"), sizes = t.call.shape(1)[1];
  const std::string score = t.scribe.name(t.node() + "/score"), at = t.scribe.name(t.node() + "/at"), places = s.whole("plane", plane);
  t.scribe.add("TopK", t.node(), {s.reshape(t.operands[0], {n, shape[1] * plane}), s.ints("k", {k})}, {score, at}, {{"axis", int64_t{1}}});
  const std::string label = s.make("Div", {at, places}), place = s.make("Mod", {at, places}), columns = s.whole("columns", shape[3]);
  const auto pick = [&](const std::string& map, const std::string& where) {
    return s.make("GatherElements", {map, where}, {{"axis", int64_t{1}}});
  };
  std::string x = s.cast(s.make("Mod", {place, columns}), DType::f32), y = s.cast(s.make("Div", {place, columns}), DType::f32);
  if (t.call.has(2)) {
    const std::string reg = s.reshape(t.operands[2], {n, 2 * plane});
    x = s.make("Add", {x, pick(reg, place)});
    y = s.make("Add", {y, pick(reg, s.make("Add", {place, places}))});
  }
  const std::string wh = s.reshape(t.operands[1], {n, sizes * plane});
  const std::string own = sizes == 2 ? place : s.make("Add", {place, s.make("Mul", {label, s.whole("planes", 2 * plane)})});
  const std::string half = s.number("half", .5f), stride = s.number("stride", t.call.get_float("stride"));
  const std::string dx = s.make("Mul", {pick(wh, own), half}), dy = s.make("Mul", {pick(wh, s.make("Add", {own, places})), half});
  std::vector<std::string> columns_of;
  for (const auto& [type, centre, d] :
       {std::tuple{"Sub", x, dx}, std::tuple{"Sub", y, dy}, std::tuple{"Add", x, dx}, std::tuple{"Add", y, dy}})
    columns_of.push_back(s.reshape(s.make("Mul", {s.make(type, {centre, d}), stride}), {n, k, 1}));
  columns_of.push_back(s.reshape(score, {n, k, 1}));
  columns_of.push_back(s.reshape(s.cast(label, DType::f32), {n, k, 1}));
  const std::string rows = s.make("Concat", columns_of, {{"axis", int64_t{2}}}), zero = s.number("zero", 0.f);
  t.scribe.add("Where", t.node(), {s.reshape(s.make("Greater", {score, zero}), {n, k, 1}), rows, zero}, t.results);
}

void translate_decode_anchors(Translation& t) {
  Steps s(t);
  const Floats& weights = t.call.get_floats("weights");
  const auto pair = [&](const char* what, size_t i) {
    return s.constant(what, Tensor::from<float>({2}, std::span(weights).subspan(i, 2)));
  };
  const std::string half = s.number("half", .5f), low = s.slice(t.operands[1], 1, 0, 2), high = s.slice(t.operands[1], 1, 2, 4);
  const std::string size = s.make("Sub", {high, low}), centre = s.make("Add", {low, s.make("Mul", {size, half})});
  const std::string shift = s.make("Div", {s.slice(t.operands[0], 2, 0, 2), pair("weights_xy", 0)});
  const std::string growth = s.make(
      "Min", {s.make("Div", {s.slice(t.operands[0], 2, 2, 4), pair("weights_wh", 2)}), s.number("limit", t.call.get_float("limit"))});
  const std::string moved = s.make("Add", {s.make("Mul", {shift, size}), centre});
  const std::string reach = s.make("Mul", {s.make("Mul", {s.make("Exp", {growth}), size}), half});
  t.scribe.add("Concat", t.node(), {s.make("Sub", {moved, reach}), s.make("Add", {moved, reach})}, t.results, {{"axis", int64_t{2}}});
}

void translate_decode_points(Translation& t) {
  Steps s(t);
  const std::string low = s.make("Sub", {t.operands[1], s.slice(t.operands[0], 2, 0, 2)});
  const std::string high = s.make("Add", {t.operands[1], s.slice(t.operands[0], 2, 2, 4)});
  t.scribe.add("Concat", t.node(), {low, high}, t.results, {{"axis", int64_t{2}}});
}

// Each class is an "image" of NonMaxSuppression, with the boxes that score best in it. k rows of zeros lie behind what it selects, so that
// the k best exist.
void translate_select_detections(Translation& t) {
  Steps s(t);
  const Shape& shape = t.call.shape(1);
  if (shape[0] != 1) t.call.fail("ONNX has it for one image only, found {}", shape[0]);
  if (t.call.get_float("soft_sigma") > 0) t.call.fail("ONNX has no soft suppression; export it with soft_sigma 0");
  const std::string& mode = t.call.get_string("mode");
  const int64_t n = shape[1], background = t.call.get_int("background"), wanted = t.call.get_int("candidates"), k = t.call.get_int("k");
  const bool agnostic = mode == "agnostic";
  const int64_t classes = agnostic ? 1 : shape[2] - background, most = wanted > 0 ? std::min(wanted, n) : n;
  std::string scores = s.reshape(t.operands[1], {n, shape[2]}), best;
  if (background > 0) scores = s.slice(scores, 1, background, kAll);
  if (agnostic) {
    best = s.make("ArgMax", {scores}, {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}});
    scores = s.make("GatherElements", {scores, s.reshape(best, {n, 1})}, {{"axis", int64_t{1}}});
  }
  const std::string value = t.scribe.name(t.node() + "/value"), at = t.scribe.name(t.node() + "/at");
  t.scribe.add("TopK", t.node(), {s.make("Transpose", {scores}, {{"perm", Ints{1, 0}}}), s.ints("candidates", {most})}, {value, at},
               {{"axis", int64_t{1}}});
  const std::string boxes = s.make("Gather", {s.reshape(t.operands[0], {n, 4}), at}, {{"axis", int64_t{0}}});  // (classes, most, 4)
  const std::string chosen = s.make(
      "NonMaxSuppression",
      {boxes, s.reshape(value, {classes, 1, most}), s.ints("k", {k}),
       s.constant("iou_threshold", Tensor::from<float>({1}, std::vector<float>{mode == "none" ? 1.f : t.call.get_float("iou_threshold")})),
       s.constant("score_threshold", Tensor::from<float>({1}, std::vector<float>{t.call.get_float("score_threshold")}))});
  const std::string pair = s.make("Gather", {chosen, s.ints("class_and_box", {0, 2})}, {{"axis", int64_t{1}}});
  const std::string label = agnostic ? s.make("Gather", {best, s.make("GatherND", {at, pair})}, {{"axis", int64_t{0}}})
                                     : s.make("Gather", {chosen, s.whole("class", 0)}, {{"axis", int64_t{1}}});
  const std::string rows = s.make("Concat",
                                  {s.make("GatherND", {boxes, pair}), s.reshape(s.make("GatherND", {value, pair}), {-1, 1}),
                                   s.reshape(s.cast(label, DType::f32), {-1, 1})},
                                  {{"axis", int64_t{1}}});
  const std::string padded = s.make("Concat", {rows, s.constant("none", filled(DType::f32, {k, 6}, 0))}, {{"axis", int64_t{0}}});
  const std::string score = s.make("Gather", {padded, s.whole("score", 4)}, {{"axis", int64_t{1}}});
  const std::string high = t.scribe.name(t.node() + "/high"), order = t.scribe.name(t.node() + "/order");
  t.scribe.add("TopK", t.node(), {score, s.ints("k", {k})}, {high, order}, {{"axis", int64_t{0}}});
  t.scribe.add("Reshape", t.node(), {s.make("Gather", {padded, order}, {{"axis", int64_t{0}}}), s.ints("shape", {1, k, 6})}, t.results);
}

void translate_non_max_suppression(Translation& t) {
  Steps s(t);
  const Shape& shape = t.call.shape(1);
  const int64_t most = t.call.get_int("max_per_class"), rows = shape[0] * shape[1] * std::min(most, shape[2]);
  const auto threshold = [&](const char* what) {
    return s.constant(what, Tensor::from<float>({1}, std::vector<float>{t.call.get_float(what)}));
  };
  const std::string chosen = s.make(
      "NonMaxSuppression", {t.operands[0], t.operands[1], s.ints("most", {most}), threshold("iou_threshold"), threshold("score_threshold")},
      {{"center_point_box", attribute_of(t.call, "center")}});
  const std::string padded = s.make("Concat", {chosen, s.constant("none", filled(DType::i64, {rows, 3}, -1))}, {{"axis", int64_t{0}}});
  t.scribe.add("Reshape", t.node(), {s.slice(padded, 0, 0, rows), s.ints("shape", {rows, 3})}, t.results);
}

}  // namespace galet::exporters
