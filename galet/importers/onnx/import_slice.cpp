// Parts of a tensor, and what is put around it.
#include "galet/importers/onnx/onnx_ops.h"
#include "galet/ops/slice.h"

namespace galet::importers {

void import_slice(NodeImport& node) {
  const Shape src = node.shape(0);
  const std::optional<Ints> given_starts = node.ints_of("starts", 1), given_ends = node.ints_of("ends", 2),
                            given_axes = node.ints_of("axes", 3);
  if (!given_starts || !given_ends) node.fail("has no starts or no ends");
  Ints starts = *given_starts, ends = *given_ends;
  if (starts.size() != ends.size()) node.fail("{} starts and {} ends", starts.size(), ends.size());
  Ints axes, steps(starts.size(), 1);
  if (given_axes) {
    axes = node.axes(*given_axes, static_cast<int64_t>(src.size()));
  } else {
    for (size_t i = 0; i < starts.size(); ++i) axes.push_back(node.axis(static_cast<int64_t>(i), static_cast<int64_t>(src.size())));
  }
  if (node.opset() >= 10 && node.has(4)) steps = node.ints(4, "steps");
  if (axes.size() != starts.size() || steps.size() != starts.size())
    node.fail("{} starts, {} axes and {} steps", starts.size(), axes.size(), steps.size());
  for (size_t i = 0; i < starts.size(); ++i) {
    if (steps[i] == 0) node.fail("a step is 0");
    const ops::SliceRange range = ops::normalise_slice(src[static_cast<size_t>(axes[i])], starts[i], ends[i], steps[i]);
    starts[i] = range.start;
    ends[i] = range.end;
  }
  node.finish("slice", {node.operand(0)},
              {{"starts", std::move(starts)}, {"ends", std::move(ends)}, {"axes", std::move(axes)}, {"steps", std::move(steps)}});
}

void import_split(NodeImport& node) {
  const Shape src = node.shape(0);
  const int64_t axis = node.axis(node.get_int("axis", 0), static_cast<int64_t>(src.size()));
  const int64_t extent = src[static_cast<size_t>(axis)];
  const auto parts = static_cast<int64_t>(node.node.results.size());
  std::optional<Ints> sizes = node.ints_of("split", 1);
  if (!sizes) {  // equal parts; from opset 18 on the last one may be smaller
    if (parts < 1) node.fail("has no results");
    if (node.get_int("num_outputs", parts) != parts)
      node.fail("num_outputs is {}, but it has {} results", node.get_int("num_outputs", 0), parts);
    const int64_t part = (extent + parts - 1) / parts;
    if (part * parts != extent && node.opset() < 18) node.fail("an extent of {} does not divide into {} parts", extent, parts);
    sizes.emplace();
    for (int64_t i = 0, left = extent; i < parts; ++i, left -= part) sizes->push_back(std::clamp<int64_t>(left, 0, part));
  }
  if (static_cast<int64_t>(sizes->size()) != parts) node.fail("{} sizes for {} results", sizes->size(), parts);
  node.finish("split", {node.operand(0)}, {{"axis", axis}, {"sizes", std::move(*sizes)}});
}

void import_pad(NodeImport& node) {
  const auto rank = static_cast<size_t>(node.rank(0));
  const std::optional<Ints> given = node.ints_of("pads", 1);
  if (!given) node.fail("has no pads");
  Ints pads = *given;
  if (node.has(3)) {  // pads of these axes only
    const Ints axes = node.axes(node.ints(3, "axes"), static_cast<int64_t>(rank));
    if (pads.size() != 2 * axes.size()) node.fail("{} pads for {} axes", pads.size(), axes.size());
    Ints all(2 * rank, 0);
    for (size_t i = 0; i < axes.size(); ++i) {
      all[static_cast<size_t>(axes[i])] = pads[i];
      all[static_cast<size_t>(axes[i]) + rank] = pads[i + axes.size()];
    }
    pads = std::move(all);
  }
  float value = node.get_float("value", 0.0f);
  if (node.opset() >= 11 && node.has(2)) value = node.one_float(node.constant(2, "constant_value"), "constant_value");
  node.finish("pad", {node.operand(0)}, {{"pads", std::move(pads)}, {"mode", node.get_string("mode", "constant")}, {"value", value}});
}

void import_center_crop_pad(NodeImport& node) {
  const Shape src = node.shape(0);
  const auto rank = static_cast<int64_t>(src.size());
  Ints axes;
  for (int64_t i = 0; i < rank; ++i) axes.push_back(i);
  axes = node.axes(node.get_ints("axes", axes), rank);
  const Ints shape = node.ints(1, "shape");
  if (shape.size() != axes.size()) node.fail("{} extents for {} axes", shape.size(), axes.size());
  Ints pads(2 * src.size(), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(axes[i]);
    if (shape[i] < 0 || shape[i] > int64_t{1} << 31) node.fail("an extent of {}", shape[i]);
    const int64_t more = shape[i] - src[axis];
    pads[axis] = more >= 0 ? more / 2 : -(-more / 2);  // crops begin rounded down, too
    pads[axis + src.size()] = more - pads[axis];
  }
  node.finish("pad", {node.operand(0)}, {{"pads", std::move(pads)}});
}

}  // namespace galet::importers
