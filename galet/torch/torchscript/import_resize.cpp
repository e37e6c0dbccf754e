// Upsampling. Each operator has two forms: sizes and two optional scales, or (.vec) either sizes or a list of scales.
#include <cmath>

#include "galet/torch/torchscript/script_ops.h"

namespace galet::torch::aten {
namespace {

void resize(ScriptNode& node, size_t scales_at, Attributes attributes) {
  const Shape src = node.shape(0);
  if (src.size() != 4) node.fail("src of shape {}, expected 4 dimensions", to_string(src));
  Ints sizes{src[0], src[1], 0, 0};
  Floats scales{1, 1, 0, 0};
  bool scaled = true;
  const ScriptList* list = as_list(node.value(scales_at));
  for (size_t i = 0; i < 2; ++i) {
    const ScriptValue& scale = list != nullptr ? list->items.at(i) : node.value(scales_at + i);
    if (const auto* x = std::get_if<double>(&scale))
      scales[i + 2] = static_cast<float>(*x);
    else
      scaled = false;
    if (node.has(1)) {
      sizes[i + 2] = node.ints(1, 2)[i];
    } else if (scaled) {
      sizes[i + 2] = static_cast<int64_t>(std::floor(static_cast<double>(src[i + 2]) * std::get<double>(scale)));
    } else {
      node.fail("has neither sizes nor scales");
    }
  }
  attributes["sizes"] = sizes;
  if (scaled) attributes["scales"] = scales;
  node.finish("resize", {node.tensor(0)}, std::move(attributes));
}

}  // namespace

void import_upsample_nearest(ScriptNode& node) {
  resize(node, 2, {{"mode", "nearest"}, {"coordinates", "asymmetric"}, {"nearest", "floor"}});
}

void import_upsample(ScriptNode& node) {
  const bool cubic = node.kind == "upsample_bicubic2d";
  const std::string coordinates = node.boolean(2) ? "align_corners" : "half_pixel";
  resize(node, 3, {{"mode", cubic ? "cubic" : "linear"}, {"coordinates", coordinates}});
}

}  // namespace galet::torch::aten
