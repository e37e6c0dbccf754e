// Resize and its forerunner Upsample. Whatever the file gives, the graph gets full-rank sizes, and the scales where the file gave those
// (they need not be the quotient of the sizes).
#include <cmath>

#include "galet/importers/onnx/onnx_ops.h"

namespace galet::importers {
namespace {

Ints scaled_sizes(const NodeImport& node, const Shape& src, const Floats& scales) {
  if (scales.size() != src.size()) node.fail("{} scales, src has {} dimensions", scales.size(), src.size());
  Ints sizes;
  for (size_t i = 0; i < src.size(); ++i) {
    const double size = std::floor(static_cast<double>(src[i]) * static_cast<double>(scales[i]));
    if (!(scales[i] > 0) || !(size < 1e12)) node.fail("a scale of {}", scales[i]);
    sizes.push_back(static_cast<int64_t>(size));
  }
  return sizes;
}

Floats floats_of(const Tensor& tensor) {
  const Tensor f32 = tensor.cast(DType::f32);
  return Floats(f32.span<float>().begin(), f32.span<float>().end());
}

bool given(NodeImport& node, size_t i) { return node.has(i) && count(node.shape(i)) != 0; }

/// Entries for some axes as entries for all.
template <typename T>
std::vector<T> spread(const NodeImport& node, const std::vector<T>& some, const Ints& axes, std::vector<T> all, std::string_view what) {
  if (some.size() != axes.size()) node.fail("{} {} for {} axes", some.size(), what, axes.size());
  for (size_t i = 0; i < axes.size(); ++i) all[static_cast<size_t>(axes[i])] = some[i];
  return all;
}

/// keep_aspect_ratio_policy: one scale for all axes given, from the sizes wanted.
void keep_aspect_ratio(const NodeImport& node, const std::string& policy, const Shape& src, const Ints& axes, Ints& sizes, Floats& scales) {
  const bool larger = policy == "not_smaller";
  if (!larger && policy != "not_larger") node.fail("keep_aspect_ratio_policy \"{}\" is unknown", policy);
  std::optional<float> best;
  for (const int64_t axis : axes) {
    const auto i = static_cast<size_t>(axis);
    const float scale = static_cast<float>(sizes[i]) / static_cast<float>(src[i]);
    if (!best || (larger ? scale > *best : scale < *best)) best = scale;
  }
  if (!best || !(*best > 0) || !std::isfinite(*best)) node.fail("its sizes give no scale");
  scales.assign(src.size(), 1.0f);
  for (const int64_t axis : axes) {
    const auto i = static_cast<size_t>(axis);
    const double size = std::floor(static_cast<double>(*best) * static_cast<double>(src[i]) + 0.5);
    if (!(size < 1e12)) node.fail("its sizes give an extent of {}", size);
    sizes[i] = static_cast<int64_t>(size);
    scales[i] = *best;
  }
}

}  // namespace

void import_upsample(NodeImport& node) {
  const Shape src = node.shape(0);
  const Floats scales = node.has_attribute("scales") ? node.get_floats("scales", {}) : floats_of(node.constant(1, "scales"));
  const std::string mode = node.get_string("mode", "nearest");
  node.finish("resize", {node.operand(0)},
              {{"sizes", scaled_sizes(node, src, scales)},
               {"scales", scales},
               {"mode", mode},
               {"coordinates", std::string("asymmetric")},
               {"nearest", std::string("floor")}});
}

void import_resize(NodeImport& node) {
  if (node.opset() < 11) return import_upsample(node);  // the same operator, renamed
  const Shape src = node.shape(0);
  const auto rank = static_cast<int64_t>(src.size());
  Ints axes;
  for (int64_t i = 0; i < rank; ++i) axes.push_back(i);
  axes = node.axes(node.get_ints("axes", axes), rank);
  Attributes attributes{{"mode", node.get_string("mode", "nearest")},
                        {"coordinates", node.get_string("coordinate_transformation_mode", "half_pixel")},
                        {"nearest", node.get_string("nearest_mode", "round_prefer_floor")},
                        {"cubic_a", node.get_float("cubic_coeff_a", -0.75f)},
                        {"exclude_outside", node.get_int("exclude_outside", 0)},
                        {"antialias", node.get_int("antialias", 0)},
                        {"extrapolation", node.get_float("extrapolation_value", 0.0f)}};
  Ints sizes(src);
  Floats scales;
  if (given(node, 2)) {
    scales = spread(node, floats_of(node.constant(2, "scales")), axes, Floats(src.size(), 1.0f), "scales");
    sizes = scaled_sizes(node, src, scales);
  } else if (given(node, 3)) {
    sizes = spread(node, node.ints(3, "sizes"), axes, sizes, "sizes");
    if (const std::string policy = node.get_string("keep_aspect_ratio_policy", "stretch"); policy != "stretch")
      keep_aspect_ratio(node, policy, src, axes, sizes, scales);
  } else {
    node.fail("has neither scales nor sizes");
  }
  if (std::get<std::string>(attributes["coordinates"]) == "tf_crop_and_resize") {
    const Floats roi = floats_of(node.constant(1, "roi"));
    if (roi.size() != 2 * axes.size()) node.fail("its roi has {} elements, expected {}", roi.size(), 2 * axes.size());
    const auto half = static_cast<std::ptrdiff_t>(axes.size());
    Floats all = spread(node, Floats(roi.begin(), roi.begin() + half), axes, Floats(src.size(), 0.0f), "begins");
    const Floats ends = spread(node, Floats(roi.begin() + half, roi.end()), axes, Floats(src.size(), 1.0f), "ends");
    all.insert(all.end(), ends.begin(), ends.end());
    attributes["roi"] = std::move(all);
  }
  attributes["sizes"] = std::move(sizes);
  attributes["scales"] = std::move(scales);
  node.finish("resize", {node.operand(0)}, std::move(attributes));
}

}  // namespace galet::importers
