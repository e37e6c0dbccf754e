// Movement, selection and reduction: attributes that ONNX takes as operands.
#include <limits>

#include "galet/exporters/onnx/translate.h"

namespace galet::exporters {

// 0 copies the source's first extent, so that the shape holds for any number of images; -1 where that number is multiplied by something
// else.
void translate_reshape(Translation& t) {
  Ints shape = t.call.get_ints("shape");
  Attributes attributes;
  if (t.batched)
    shape[0] = shape[0] == t.call.shape(0)[0] ? 0 : -1;
  else if (count(shape) == 0)
    attributes["allowzero"] = int64_t{1};
  t.scribe.add("Reshape", t.node(), {t.operands[0], t.ints("shape", shape)}, t.results, std::move(attributes));
}

void translate_split(Translation& t) {
  t.scribe.add("Split", t.node(), {t.operands[0], t.ints("sizes", t.call.get_ints("sizes"))}, t.results,
               {{"axis", attribute_of(t.call, "axis")}});
}

// Going down to element 0 is an end of -1 here, which ONNX would take for the last element.
void translate_slice(Translation& t) {
  Ints ends = t.call.get_ints("ends");
  for (int64_t& end : ends)
    if (end < 0) end = std::numeric_limits<int64_t>::min();
  t.scribe.add("Slice", t.node(),
               {t.operands[0], t.ints("starts", t.call.get_ints("starts")), t.ints("ends", ends), t.ints("axes", t.call.get_ints("axes")),
                t.ints("steps", t.call.get_ints("steps"))},
               t.results);
}

void translate_pad(Translation& t) {
  const float value = t.call.get_float("value");
  std::vector<std::string> operands{t.operands[0], t.ints("pads", t.call.get_ints("pads"))};
  if (value != 0) operands.push_back(t.scribe.constant(t.node() + "/value", Tensor::scalar(value).cast(t.call.dtype(0))));
  t.scribe.add("Pad", t.node(), operands, t.results, {{"mode", attribute_of(t.call, "mode")}});
}

void translate_expand(Translation& t) {
  t.scribe.add("Expand", t.node(), {t.operands[0], t.ints("shape", t.call.get_ints("shape"))}, t.results);
}

void translate_tile(Translation& t) {
  t.scribe.add("Tile", t.node(), {t.operands[0], t.ints("repeats", t.call.get_ints("repeats"))}, t.results);
}

void translate_cast(Translation& t) { t.plain("Cast", {{"to", static_cast<int64_t>(onnx_dtype(parse_dtype(t.call.get_string("to"))))}}); }

void translate_top_k(Translation& t) {
  t.scribe.add(
      "TopK", t.node(), {t.operands[0], t.ints("k", {t.call.get_int("k")})}, t.results,
      {{"axis", attribute_of(t.call, "axis")}, {"largest", attribute_of(t.call, "largest")}, {"sorted", attribute_of(t.call, "sorted")}});
}

// The axes became an operand in opset 13 (ReduceSum) and 18 (the others).
void translate_reduce(Translation& t) {
  static const std::map<std::string_view, std::string> kTypes{{"reduce_mean", "ReduceMean"},
                                                              {"reduce_sum", "ReduceSum"},
                                                              {"reduce_max", "ReduceMax"},
                                                              {"reduce_min", "ReduceMin"},
                                                              {"reduce_prod", "ReduceProd"},
                                                              {"reduce_l1", "ReduceL1"},
                                                              {"reduce_l2", "ReduceL2"},
                                                              {"reduce_log_sum", "ReduceLogSum"},
                                                              {"reduce_log_sum_exp", "ReduceLogSumExp"},
                                                              {"reduce_sum_square", "ReduceSumSquare"}};
  const std::string& type = kTypes.at(t.call.op.name);
  const Ints& axes = t.call.get_ints("axes");
  Attributes attributes{{"keepdims", attribute_of(t.call, "keepdims")}};
  std::vector<std::string> operands{t.operands[0]};
  if (type == "ReduceSum" || t.scribe.opset() >= 18) {
    if (axes.empty())
      attributes["noop_with_empty_axes"] = int64_t{1};
    else
      operands.push_back(t.ints("axes", axes));
  } else if (axes.empty()) {
    t.call.fail("a reduction over no axes cannot be written before opset 18");
  } else {
    attributes["axes"] = axes;
  }
  t.scribe.add(type, t.node(), operands, t.results, std::move(attributes));
}

void translate_cum_sum(Translation& t) {
  const std::string axis = t.scribe.constant(t.node() + "/axis", Tensor::scalar(t.call.get_int("axis")));
  t.scribe.add("CumSum", t.node(), {t.operands[0], axis}, t.results,
               {{"exclusive", attribute_of(t.call, "exclusive")}, {"reverse", attribute_of(t.call, "reverse")}});
}

void translate_one_hot(Translation& t) {
  const std::string depth = t.scribe.constant(t.node() + "/depth", Tensor::scalar(t.call.get_int("depth")));
  t.scribe.add("OneHot", t.node(), {t.operands[0], depth, t.operands[1]}, t.results, {{"axis", attribute_of(t.call, "axis")}});
}

void translate_trilu(Translation& t) {
  const std::string k = t.scribe.constant(t.node() + "/k", Tensor::scalar(t.call.get_int("k")));
  t.scribe.add("Trilu", t.node(), {t.operands[0], k}, t.results, {{"upper", attribute_of(t.call, "upper")}});
}

void translate_reverse_sequence(Translation& t) {
  std::string lengths = t.operands[1];
  if (t.call.dtype(1) != DType::i64)
    lengths = t.scribe.make("Cast", t.node(), {lengths}, {{"to", static_cast<int64_t>(onnx_dtype(DType::i64))}});
  t.scribe.add("ReverseSequence", t.node(), {t.operands[0], lengths}, t.results,
               {{"batch_axis", attribute_of(t.call, "batch_axis")}, {"time_axis", attribute_of(t.call, "time_axis")}});
}

}  // namespace galet::exporters
