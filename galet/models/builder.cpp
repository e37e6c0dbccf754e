#include "galet/models/builder.h"

#include <algorithm>

#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"

namespace galet::models {
namespace {

constexpr int64_t kMaxClasses = 100'000, kMaxSize = 1 << 14;

int64_t chosen(std::string_view model, std::string_view what, int64_t given, int64_t usual, int64_t most) {
  if (given == 0) return usual;
  if (given < 1 || given > most) fail("model {}: {} is {}, expected 1 to {}", model, what, given, most);
  return given;
}

std::string chosen_shortcut(const Model& model, const std::string& given) {
  if (given.empty()) return std::string(model.shortcuts.substr(0, 1));
  if (model.shortcuts.empty()) fail("model {} has no choice of shortcuts; resnet20, resnet32 and resnet56 have", model.name);
  if (given.size() != 1 || model.shortcuts.find(given[0]) == std::string_view::npos)
    fail("model {}: shortcut \"{}\", expected {} or {}", model.name, given, model.shortcuts[0], model.shortcuts[1]);
  return given;
}

void choose_detector(const Model& model, Options& options, int64_t height, int64_t width) {
  const DetectorTraits& traits = model.detector;
  const auto choose = [&](std::string& field, std::string_view what, bool has, std::string_view usual,
                          std::initializer_list<std::string_view> known) {
    if (!has && !field.empty()) fail("model {} has no choice of {}", model.name, what);
    if (field.empty()) field = usual;
    if (has && std::find(known.begin(), known.end(), field) == known.end())
      fail("model {}: {} \"{}\", expected {}", model.name, what, field, fmt::join(known, ", "));
  };
  choose(options.backbone, "backbones", model.detects(), traits.backbone,
         {"resnet18", "resnet34", "resnet50", "mobilenet_v3_small", "mobilenet_v3_large"});
  choose(options.fpn, "fpn", traits.pyramid, traits.pyramid ? "none" : "", {"none", "bn", "bn_relu"});
  choose(options.head, "head", traits.pyramid, traits.head, {"none", "gn", "bn", "bn_per_level"});
  if (traits.stride > 0 && (height % traits.stride != 0 || width % traits.stride != 0))
    fail("model {}: an input of {}x{}, expected multiples of {}", model.name, height, width, traits.stride);
}

std::string detector_text(const Model& model, const Options& options) {
  if (!model.detects()) return {};
  std::string text = " backbone=" + options.backbone;
  if (model.detector.pyramid) text += fmt::format(" fpn={} head={}", options.fpn, options.head);
  return text;
}

/// The model's preprocessing for another input: where images are cropped, the same part of them is seen.
Preprocessing adapted(const Model& model, int64_t height, int64_t width) {
  Preprocessing p = model.preprocessing;
  if (p.resize == 0) return p;
  if (height != width || height < model.size / 2) {  // a centre crop would throw away too much
    p.resize = p.crop_height = p.crop_width = 0;
    p.stretch = true;
    return p;
  }
  p.resize = static_cast<int>((height * p.resize + model.size / 2) / model.size);
  p.crop_height = p.crop_width = static_cast<int>(height);
  return p;
}

}  // namespace

Builder::Builder(const Model& model, const Options& options) : model_(model), options_(options) {
  classes_ = chosen(model.name, "the number of classes", options.classes, model.classes, kMaxClasses);
  const int64_t height = chosen(model.name, "the input's height", options.height, model.size, kMaxSize);
  const int64_t width = chosen(model.name, "the input's width", options.width, model.size, kMaxSize);
  shortcut_ = chosen_shortcut(model, options.shortcut);
  choose_detector(model, options_, height, width);
  graph_.info.name = model.name;
  graph_.info.preprocessing = adapted(model, height, width);
  graph_.info.metadata["model"] = fmt::format("{} classes={} input={}x{}{}{}", model.name, classes_, height, width,
                                              shortcut_.empty() ? "" : " shortcut=" + shortcut_, detector_text(model, options_));
  graph_.add_input("input", DType::f32, {1, 3, height, width});
}

ValueId Builder::parameter(const std::string& name, const Shape& shape, const Init& init) {
  if (const auto it = parameters_.find(name); it != parameters_.end()) {
    if (graph_.value(it->second).shape != shape) fail("model {}: parameter \"{}\" is wanted in two shapes", model_.name, name);
    return it->second;
  }
  Tensor data = options_.parameter ? options_.parameter(name, shape) : Tensor();
  if (!data) data = draw(init, shape, options_.seed, name);
  if (data.dtype() != DType::f32 || data.shape() != shape)
    fail("model {}: parameter \"{}\" given as {} {}, expected f32 {}", model_.name, name, to_string(data.dtype()), to_string(data.shape()),
         to_string(shape));
  return parameters_[name] = graph_.add_constant(name, std::move(data));
}

ValueId Builder::op(std::string_view op, const std::string& name, std::vector<ValueId> operands, Attributes attributes) {
  return graph_.result(graph_.add_node(ops::get(op), name, std::move(operands), std::move(attributes)));
}

ValueId Builder::conv(const std::string& name, ValueId src, const Conv& conv) {
  const Shape weight{conv.out, shape(src)[1] / conv.groups, conv.kernel, conv.kernel};
  std::vector<ValueId> operands{src, parameter(name + ".weight", weight, conv.weight_init(weight))};
  if (conv.bias) operands.push_back(parameter(name + ".bias", {conv.out}, conv.bias_init));
  const int64_t pad = conv.padding < 0 ? conv.kernel / 2 : conv.padding;
  return op("conv2d", name, std::move(operands),
            {{"strides", Ints{conv.stride, conv.stride}}, {"pads", Ints{pad, pad, pad, pad}}, {"group", conv.groups}});
}

ValueId Builder::conv_transpose(const std::string& name, ValueId src, int64_t out, int64_t kernel, int64_t stride, int64_t padding,
                                Init (*weight_init)(const Shape& weight)) {
  const Shape weight{shape(src)[1], out, kernel, kernel};
  return op("conv_transpose2d", name, {src, parameter(name + ".weight", weight, weight_init(weight))},
            {{"strides", Ints{stride, stride}}, {"pads", Ints{padding, padding, padding, padding}}});
}

ValueId Builder::group_norm(const std::string& name, ValueId src, int64_t groups) {
  const Shape channels{shape(src)[1]};
  return op("group_norm", name, {src, parameter(name + ".weight", channels, ones()), parameter(name + ".bias", channels, zeros())},
            {{"groups", groups}});
}

ValueId Builder::batch_norm(const std::string& name, ValueId src, float epsilon) {
  const Shape channels{shape(src)[1]};
  const ValueId scale = parameter(name + ".weight", channels, ones()), shift = parameter(name + ".bias", channels, zeros());
  const ValueId mean = parameter(name + ".running_mean", channels, zeros()), var = parameter(name + ".running_var", channels, ones());
  return op("batch_norm", name, {src, scale, shift, mean, var}, {{"epsilon", epsilon}});
}

ValueId Builder::linear(const std::string& name, ValueId src, int64_t out, bool bias, Init (*weight_init)(const Shape&),
                        Init (*bias_init)(const Shape&)) {
  const Shape weight{out, shape(src).back()};
  std::vector<ValueId> operands{src, parameter(name + ".weight", weight, weight_init(weight))};
  if (bias) operands.push_back(parameter(name + ".bias", {out}, bias_init(weight)));
  return op("linear", name, std::move(operands));
}

ValueId Builder::max_pool(const std::string& name, ValueId src, int64_t kernel, int64_t stride, int64_t padding, bool ceil_mode) {
  return op("max_pool", name, {src},
            {{"kernel", Ints{kernel, kernel}},
             {"strides", Ints{stride, stride}},
             {"pads", Ints{padding, padding, padding, padding}},
             {"ceil_mode", int64_t{ceil_mode}}});
}

ValueId Builder::flatten(const std::string& name, ValueId src) {
  const Shape& from = shape(src);
  return op("reshape", name, {src}, {{"shape", Ints{from[0], count(from, 1, from.size())}}});
}

Graph Builder::finish(ValueId value) {
  Rewriter(graph_).rename_value(value, model_.detects() ? "detections" : "output");
  graph_.add_output(value);
  verify(graph_);
  return std::move(graph_);
}

}  // namespace galet::models
