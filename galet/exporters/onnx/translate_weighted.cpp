// Convolutions, linear layers, normalisations, pools, resize.
#include <algorithm>
#include <cmath>

#include "galet/exporters/onnx/translate.h"

namespace galet::exporters {
namespace {

Attributes window(const OpCall& call, Ints kernel) {
  Attributes attributes{{"kernel_shape", std::move(kernel)}};
  for (const char* name : {"strides", "pads", "dilations"}) attributes[name] = attribute_of(call, name);
  return attributes;
}

Attributes convolution(const OpCall& call) {
  Attributes attributes = window(call, {call.shape(1)[2], call.shape(1)[3]});
  attributes["group"] = attribute_of(call, "group");
  return attributes;
}

Tensor filled(Shape shape, float value) {
  Tensor tensor(DType::f32, std::move(shape));
  float* data = tensor.mutable_data<float>();
  std::fill(data, data + tensor.size(), value);
  return tensor;
}

}  // namespace

void translate_conv2d(Translation& t) { t.plain("Conv", convolution(t.call)); }
void translate_conv_integer(Translation& t) { t.plain("ConvInteger", convolution(t.call)); }

void translate_conv_transpose2d(Translation& t) {
  Attributes attributes = convolution(t.call);
  attributes["output_padding"] = attribute_of(t.call, "output_padding");
  t.plain("ConvTranspose", std::move(attributes));
}

// src has been brought to two dimensions (lower.cpp).
void translate_linear(Translation& t) { t.plain("Gemm", {{"transB", int64_t{1}}}); }

// As PyTorch writes it: one instance a group, normalised without scale, then scale and shift per channel.
void translate_group_norm(Translation& t) {
  const Shape& src = t.call.shape(0);
  const int64_t groups = t.call.get_int("groups");
  const std::string rows = t.scribe.make("Reshape", t.node(), {t.operands[0], t.ints("groups", {0, groups, -1})});
  const std::string normal = t.scribe.make(
      "InstanceNormalization", t.node(),
      {rows, t.scribe.constant(t.node() + "/ones", filled({groups}, 1)), t.scribe.constant(t.node() + "/zeros", filled({groups}, 0))},
      {{"epsilon", attribute_of(t.call, "epsilon")}});
  Ints shape = src, channels(src.size() - 1, 1);
  shape[0] = 0;
  channels[0] = src[1];
  const std::string back = t.scribe.make("Reshape", t.node(), {normal, t.ints("shape", shape)});
  const std::string scale = t.scribe.make("Reshape", t.node(), {t.operands[1], t.ints("channels", channels)});
  const std::string shift = t.scribe.make("Reshape", t.node(), {t.operands[2], t.ints("channels", channels)});
  const std::string scaled = t.scribe.make("Mul", t.node(), {back, scale});
  t.scribe.add("Add", t.node(), {scaled, shift}, t.results);
}

void translate_layer_norm(Translation& t) {
  const Shape& src = t.call.shape(0);
  const int64_t axis = t.call.get_int("axis");
  if (t.operands.size() < 2 || t.operands[1].empty()) {
    t.operands.resize(std::max<size_t>(t.operands.size(), 2));
    const auto first = src.begin() + (axis < 0 ? axis + static_cast<int64_t>(src.size()) : axis);
    t.operands[1] = t.scribe.constant(t.node() + "/ones", filled(Shape(first, src.end()), 1));
  }
  t.plain("LayerNormalization", {{"axis", axis}, {"epsilon", attribute_of(t.call, "epsilon")}});
}

void translate_average_pool(Translation& t) {
  Attributes attributes = window(t.call, t.call.get_ints("kernel"));
  if (t.scribe.opset() < 19) attributes.erase("dilations");
  attributes["ceil_mode"] = attribute_of(t.call, "ceil_mode");
  attributes["count_include_pad"] = attribute_of(t.call, "count_include_pad");
  t.plain("AveragePool", std::move(attributes));
}

namespace {

/// The scales given, else those that follow from the sizes; empty where scales in float do not lead to the sizes.
Floats exact_scales(const OpCall& call) {
  const Shape& src = call.shape(0);
  const Ints& sizes = call.get_ints("sizes");
  Floats scales = call.get_floats("scales");
  if (scales.empty())
    for (size_t i = 0; i < src.size(); ++i) scales.push_back(static_cast<float>(sizes[i]) / static_cast<float>(src[i]));
  for (size_t i = 0; i < src.size(); ++i) {  // readers multiply in float or in double
    const float rounded = std::floor(static_cast<float>(src[i]) * scales[i]);
    const double exact = std::floor(static_cast<double>(src[i]) * static_cast<double>(scales[i]));
    if (static_cast<int64_t>(rounded) != sizes[i] || static_cast<int64_t>(exact) != sizes[i]) return {};
  }
  return scales;
}

}  // namespace

int64_t resize_opset(const OpCall& call) {
  if (call.get_string("coordinates") == "half_pixel_symmetric") return 19;
  return exact_scales(call).empty() || call.get_int("antialias") != 0 ? 18 : 13;
}

// Scales where they lead to the sizes, else the sizes of the axes that change: neither says how many images there are.
void translate_resize(Translation& t) {
  const Shape& src = t.call.shape(0);
  Attributes attributes{{"mode", attribute_of(t.call, "mode")},
                        {"coordinate_transformation_mode", attribute_of(t.call, "coordinates")},
                        {"nearest_mode", attribute_of(t.call, "nearest")},
                        {"cubic_coeff_a", attribute_of(t.call, "cubic_a")},
                        {"exclude_outside", attribute_of(t.call, "exclude_outside")},
                        {"extrapolation_value", attribute_of(t.call, "extrapolation")}};
  if (t.call.get_int("antialias") != 0) attributes["antialias"] = int64_t{1};
  const Floats& roi = t.call.get_floats("roi");
  std::vector<std::string> operands{t.operands[0], "", "", ""};
  if (const Floats scales = exact_scales(t.call); !scales.empty()) {
    operands[2] = t.scribe.constant(t.node() + "/scales", Tensor::from<float>({static_cast<int64_t>(scales.size())}, scales));
  } else {
    Ints sizes, axes;
    for (size_t i = 0; i < src.size(); ++i) {
      if (t.call.get_ints("sizes")[i] == src[i] && roi.empty()) continue;
      axes.push_back(static_cast<int64_t>(i));
      sizes.push_back(t.call.get_ints("sizes")[i]);
    }
    operands[3] = t.ints("sizes", sizes);
    attributes["axes"] = axes;
  }
  if (!roi.empty()) operands[1] = t.scribe.constant(t.node() + "/roi", Tensor::from<float>({static_cast<int64_t>(roi.size())}, roi));
  t.scribe.add("Resize", t.node(), operands, t.results, std::move(attributes));
}

}  // namespace galet::exporters
