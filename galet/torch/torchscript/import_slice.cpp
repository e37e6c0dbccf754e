// Parts of tensors, and tensors put together.
#include <limits>

#include "galet/ops/slice.h"
#include "galet/torch/torchscript/script_ops.h"

namespace galet::torch::aten {
namespace {

Ref part(ScriptNode& node, const Ref& x, int64_t axis, int64_t start, int64_t end, int64_t step) {
  const ops::SliceRange range = ops::normalise_slice(x->type.shape[static_cast<size_t>(axis)], start, end, step);
  return node.emit("slice", {x}, {{"starts", Ints{range.start}}, {"ends", Ints{range.end}}, {"axes", Ints{axis}}, {"steps", Ints{step}}});
}

Ref without_axis(ScriptNode& node, const Ref& x, int64_t axis) {
  Shape shape = x->type.shape;
  shape.erase(shape.begin() + axis);
  return node.reshape(x, shape);
}

int64_t index_within(const ScriptNode& node, int64_t index, int64_t extent) {
  if (index < -extent || index >= extent) node.fail("index {} is outside {} positions", index, extent);
  return index < 0 ? index + extent : index;
}

void split_into(ScriptNode& node, int64_t axis, const Ints& sizes) {
  if (sizes.size() == 1) return node.give_list({node.tensor(0)});
  node.give_list(node.emit_all("split", {node.tensor(0)}, {{"axis", axis}, {"sizes", sizes}}));
}

Ints equal_parts(int64_t extent, int64_t part) {
  Ints sizes;
  for (int64_t left = extent; left > 0; left -= part) sizes.push_back(std::min(left, part));
  return sizes;
}

Ref gathered(ScriptNode& node, const Ref& x, const Ref& index, int64_t axis) { return node.emit("gather", {x, index}, {{"axis", axis}}); }

void padded(ScriptNode& node, const Ints& torch_pads, const std::string& mode, float value) {
  const auto rank = static_cast<size_t>(node.rank(0));
  if (torch_pads.size() % 2 != 0 || torch_pads.size() / 2 > rank) node.fail("{} pads for {} dimensions", torch_pads.size(), rank);
  Ints pads(2 * rank, 0);  // PyTorch gives the last dimension first
  for (size_t i = 0; i < torch_pads.size() / 2; ++i) {
    pads[rank - 1 - i] = torch_pads[2 * i];
    pads[2 * rank - 1 - i] = torch_pads[2 * i + 1];
  }
  node.finish("pad", {node.tensor(0)}, {{"pads", pads}, {"mode", mode}, {"value", value}});
}

}  // namespace

void import_slice(ScriptNode& node) {  // self dim start end step
  const int64_t axis = node.axis(node.integer(1), node.rank(0)), step = node.has(4) ? node.integer(4) : 1;
  if (step < 1) node.fail("a step of {}", step);
  const int64_t start = node.has(2) ? node.integer(2) : 0, end = node.has(3) ? node.integer(3) : std::numeric_limits<int64_t>::max();
  const ops::SliceRange range = ops::normalise_slice(node.shape(0)[static_cast<size_t>(axis)], start, end, step);
  if (range.start == 0 && range.end == node.shape(0)[static_cast<size_t>(axis)] && step == 1) return node.give(node.tensor(0));
  node.give(part(node, node.tensor(0), axis, start, end, step));
}

void import_select(ScriptNode& node) {  // self dim index
  const int64_t axis = node.axis(node.integer(1), node.rank(0));
  const int64_t index = index_within(node, node.integer(2), node.shape(0).at(static_cast<size_t>(axis)));
  node.give(without_axis(node, part(node, node.tensor(0), axis, index, index + 1, 1), axis));
}

void import_narrow(ScriptNode& node) {  // self dim start length
  const int64_t axis = node.axis(node.integer(1), node.rank(0));
  const int64_t extent = node.shape(0).at(static_cast<size_t>(axis)), start = index_within(node, node.integer(2), extent);
  if (node.integer(3) < 0 || start + node.integer(3) > extent)
    node.fail("{} positions from {} on, there are {}", node.integer(3), start, extent);
  node.give(part(node, node.tensor(0), axis, start, start + node.integer(3), 1));
}

void import_chunk(ScriptNode& node) {  // self chunks dim
  const int64_t axis = node.axis(node.integer(2), node.rank(0)), extent = node.shape(0).at(static_cast<size_t>(axis));
  if (node.integer(1) < 1) node.fail("{} chunks", node.integer(1));
  split_into(node, axis, equal_parts(extent, std::max<int64_t>(1, (extent + node.integer(1) - 1) / node.integer(1))));
}

void import_split(ScriptNode& node) {  // self size(s) dim
  const int64_t axis = node.axis(node.integer(2), node.rank(0)), extent = node.shape(0).at(static_cast<size_t>(axis));
  if (as_list(node.value(1))) return split_into(node, axis, node.ints(1));
  if (node.integer(1) < 1) node.fail("parts of {}", node.integer(1));
  split_into(node, axis, equal_parts(extent, node.integer(1)));
}

void import_unbind(ScriptNode& node) {  // self dim
  const int64_t axis = node.axis(node.integer(1), node.rank(0));
  std::vector<Ref> parts;
  for (int64_t i = 0; i < node.shape(0).at(static_cast<size_t>(axis)); ++i)
    parts.push_back(without_axis(node, part(node, node.tensor(0), axis, i, i + 1, 1), axis));
  node.give_list(parts);
}

void import_cat(ScriptNode& node) {
  std::vector<Ref> parts;
  for (const Ref& x : node.tensors(0))
    if (x->type.shape != Shape{0}) parts.push_back(x);  // PyTorch lets empty vectors pass
  if (parts.empty()) node.fail("of nothing");
  node.finish("concat", parts, {{"axis", node.axis(node.integer(1), static_cast<int64_t>(parts[0]->type.shape.size()))}});
}

void import_stack(ScriptNode& node) {
  std::vector<Ref> parts = node.tensors(0);
  if (parts.empty()) node.fail("of nothing");
  const int64_t axis = node.axis(node.integer(1), static_cast<int64_t>(parts[0]->type.shape.size()) + 1);
  for (Ref& x : parts) {
    Shape shape = x->type.shape;
    shape.insert(shape.begin() + axis, 1);
    x = node.reshape(x, shape);
  }
  node.finish("concat", parts, {{"axis", axis}});
}

void import_flip(ScriptNode& node) {
  Ref x = node.tensor(0);
  for (const int64_t axis : node.axes(node.ints(1), node.rank(0)))
    x = node.emit(
        "slice", {x},
        {{"starts", Ints{x->type.shape[static_cast<size_t>(axis)] - 1}}, {"ends", Ints{-1}}, {"axes", Ints{axis}}, {"steps", Ints{-1}}});
  node.give(x);
}

void import_index_select(ScriptNode& node) {  // self dim index
  node.give(gathered(node, node.tensor(0), node.tensor(2), node.axis(node.integer(1), node.rank(0))));
}

void import_gather(ScriptNode& node) {  // self dim index
  node.finish("gather_elements", {node.tensor(0), node.tensor(2)}, {{"axis", node.axis(node.integer(1), node.rank(0))}});
}

void import_index(ScriptNode& node) {  // self[..., tensor, ...]
  const ScriptList* list = as_list(node.value(1));
  Ref index;
  int64_t axis = 0;
  for (size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    if (is_none(list->items[i])) continue;
    if (index) node.fail("by several tensors is not supported");
    index = as_tensor(list->items[i]), axis = static_cast<int64_t>(i);
  }
  if (!index) node.fail("has no index");
  if (index->type.dtype == DType::boolean) node.fail("by a mask gives a number of elements that depends on data");
  node.give(gathered(node, node.tensor(0), index, axis));
}

void import_pad(ScriptNode& node) {  // constant_pad_nd: self pad value; pad: self pad mode value
  if (node.kind == "constant_pad_nd") return padded(node, node.ints(1), "constant", node.has(2) ? node.real_float(2) : 0.0f);
  const std::string& mode = node.text(2);
  const std::string mine = mode == "replicate" ? "edge" : mode == "circular" ? "wrap" : mode;
  padded(node, node.ints(1), mine, node.has(3) ? node.real_float(3) : 0.0f);
}

void import_reflection_pad(ScriptNode& node) { padded(node, node.ints(1), "reflect", 0); }
void import_replication_pad(ScriptNode& node) { padded(node, node.ints(1), "edge", 0); }

void import_pixel_shuffle(ScriptNode& node) {
  node.finish("depth_to_space", {node.tensor(0)}, {{"block", node.integer(1)}, {"mode", "CRD"}});
}

void import_pixel_unshuffle(ScriptNode& node) {  // channel (c, y, x) from positions (y, x) of each block
  const Shape& s = node.shape(0);
  const int64_t b = node.integer(1);
  if (s.size() != 4 || b < 1 || s[2] % b != 0 || s[3] % b != 0) node.fail("{} does not divide into blocks of {}", to_string(s), b);
  const Ref blocks = node.reshape(node.tensor(0), {s[0], s[1], s[2] / b, b, s[3] / b, b});
  const Ref moved = node.emit("transpose", {blocks}, {{"perm", Ints{0, 1, 3, 5, 2, 4}}});
  node.give(node.reshape(moved, {s[0], s[1] * b * b, s[2] / b, s[3] / b}));
}

void import_channel_shuffle(ScriptNode& node) {
  const Shape& s = node.shape(0);
  const int64_t groups = node.integer(1);
  if (s.size() != 4 || groups < 1 || s[1] % groups != 0) node.fail("{} channels in {} groups", s.size() > 1 ? s[1] : 0, groups);
  const Ref split = node.reshape(node.tensor(0), {s[0], groups, s[1] / groups, s[2], s[3]});
  node.give(node.reshape(node.emit("transpose", {split}, {{"perm", Ints{0, 2, 1, 3, 4}}}), s));
}

}  // namespace galet::torch::aten
