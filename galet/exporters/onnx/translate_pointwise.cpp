// Functions of one element, fused activations among them, and the quantization operators.
#include <cmath>

#include "galet/exporters/onnx/translate.h"

namespace galet::exporters {
namespace {

std::string limit(Scribe& scribe, const std::string& name, float value) {
  return std::isfinite(value) ? scribe.constant(name, Tensor::scalar(value)) : "";
}

}  // namespace

void translate_clip(Translation& t) {
  const Tensor low = Tensor::scalar(t.call.get_float("min")), high = Tensor::scalar(t.call.get_float("max"));
  const auto one_limit = [&](const char* name, const Tensor& value) {
    return std::isfinite(value.data<float>()[0]) ? t.scribe.constant(t.node() + "/" + name, value.cast(t.call.dtype(0))) : "";
  };
  t.scribe.add("Clip", t.node(), {t.operands[0], one_limit("min", low), one_limit("max", high)}, t.results);
}

void translate_silu(Translation& t) {
  const std::string gate = t.scribe.make("Sigmoid", t.node(), {t.operands[0]});
  t.scribe.add("Mul", t.node(), {t.operands[0], gate}, t.results);
}

void translate_activation(Scribe& scribe, const OpCall& call, const std::string& src, const std::string& dst) {
  const std::string node(call.node);
  if (call.get_string("activation") == "relu") return scribe.add("Relu", node, {src}, {dst});
  scribe.add("Clip", node,
             {src, limit(scribe, node + "/min", call.get_float("clip_min")), limit(scribe, node + "/max", call.get_float("clip_max"))},
             {dst});
}

// ONNX takes the type of the codes from the zero point.
void translate_quantize(Translation& t) {
  if (t.operands.size() < 3 || t.operands[2].empty()) {
    t.operands.resize(3);
    t.operands[2] = t.scribe.constant(t.node() + "/zero_point", Tensor(parse_dtype(t.call.get_string("to")), t.call.shape(1)));
  }
  t.plain("QuantizeLinear", {{"axis", attribute_of(t.call, "axis")}});
}

}  // namespace galet::exporters
