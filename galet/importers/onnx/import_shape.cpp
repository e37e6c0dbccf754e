// Other shapes of the same elements, repetition, and element types.
#include "galet/importers/onnx/onnx_ops.h"
#include "galet/importers/onnx/read_tensor.h"

namespace galet::importers {

void import_reshape(NodeImport& node) {
  const Shape src = node.shape(0);
  Ints shape = node.has_attribute("shape") ? node.get_ints("shape", {}) : node.ints(1, "shape");
  const bool zero_copies = node.get_int("allowzero", 0) == 0;
  int64_t known = 1;
  size_t open = shape.size();
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && zero_copies) {
      if (i >= src.size()) node.fail("dimension {} of its shape copies one that {} has not", i, to_string(src));
      shape[i] = src[i];
    }
    if (shape[i] == -1) {
      if (open != shape.size()) node.fail("its shape leaves two dimensions open");
      open = i;
      continue;
    }
    if (shape[i] < 0) node.fail("its shape has an extent of {}", shape[i]);
    if (__builtin_mul_overflow(known, shape[i], &known)) node.fail("its shape {} is too large", to_string(shape));
  }
  if (open != shape.size()) {
    const int64_t size = count(src);
    if (known == 0 ? size != 0 : size % known != 0)
      node.fail("{} does not fit its shape, whose known extents make {}", to_string(src), known);
    shape[open] = known == 0 ? 0 : size / known;
  }
  node.finish("reshape", {node.operand(0)}, {{"shape", std::move(shape)}});
}

void import_flatten(NodeImport& node) {
  const Shape src = node.shape(0);
  const auto rank = static_cast<int64_t>(src.size());
  const int64_t given = node.get_int("axis", 1);
  if (given < -rank || given > rank) node.fail("axis {} is outside a tensor of {} dimensions", given, rank);
  const auto axis = static_cast<size_t>(given < 0 ? given + rank : given);
  node.finish("reshape", {node.operand(0)}, {{"shape", Ints{count(src, 0, axis), count(src, axis, src.size())}}});
}

void import_squeeze(NodeImport& node) {
  const Shape src = node.shape(0);
  const std::optional<Ints> given = node.ints_of("axes", 1);
  std::vector<bool> drop(src.size(), false);
  for (size_t i = 0; i < src.size(); ++i) drop[i] = !given && src[i] == 1;
  if (given) {
    for (const int64_t axis : node.axes(*given, static_cast<int64_t>(src.size()))) {
      if (src[static_cast<size_t>(axis)] != 1) node.fail("axis {} has extent {}, expected 1", axis, src[static_cast<size_t>(axis)]);
      drop[static_cast<size_t>(axis)] = true;
    }
  }
  Ints shape;
  for (size_t i = 0; i < src.size(); ++i)
    if (!drop[i]) shape.push_back(src[i]);
  node.finish("reshape", {node.operand(0)}, {{"shape", std::move(shape)}});
}

void import_unsqueeze(NodeImport& node) {
  const Shape src = node.shape(0);
  const std::optional<Ints> given = node.ints_of("axes", 1);
  if (!given) node.fail("has no axes");
  const auto rank = static_cast<int64_t>(src.size() + given->size());
  std::vector<bool> added(static_cast<size_t>(rank), false);
  for (const int64_t axis : node.axes(*given, rank)) added[static_cast<size_t>(axis)] = true;
  Ints shape;
  for (size_t i = 0, next = 0; i < added.size(); ++i) shape.push_back(added[i] ? 1 : src[next++]);
  node.finish("reshape", {node.operand(0)}, {{"shape", std::move(shape)}});
}

void import_transpose(NodeImport& node) {
  Ints reversed;
  for (int64_t i = node.rank(0); i-- > 0;) reversed.push_back(i);
  node.finish("transpose", {node.operand(0)}, {{"perm", node.axes(node.get_ints("perm", reversed), node.rank(0))}});
}

void import_expand(NodeImport& node) {  // shapes meet as numpy broadcasts: an extent of 1 yields
  const Shape src = node.shape(0);
  Shape shape = node.ints(1, "shape");
  if (shape.size() < src.size()) shape.insert(shape.begin(), src.size() - shape.size(), 1);
  const size_t offset = shape.size() - src.size();
  for (size_t i = 0; i < src.size(); ++i) {
    int64_t& extent = shape[offset + i];
    if (extent == 1) extent = src[i];
    if (src[i] != 1 && extent != src[i]) node.fail("{} cannot be expanded to {}", to_string(src), to_string(shape));
  }
  count(shape);
  node.finish("expand", {node.operand(0)}, {{"shape", Ints(shape)}});
}

void import_tile(NodeImport& node) { node.finish("tile", {node.operand(0)}, {{"repeats", node.ints(1, "repeats")}}); }

void import_depth_to_space(NodeImport& node) {
  node.finish("depth_to_space", {node.operand(0)}, {{"block", node.get_int("blocksize", 0)}, {"mode", node.get_string("mode", "DCR")}});
}

void import_space_to_depth(NodeImport& node) {
  const int64_t block = node.get_int("blocksize", 0);
  const std::string mode = node.get_string("mode", "DCR");
  if (mode == "DCR") return node.finish("space_to_depth", {node.operand(0)}, {{"block", block}});
  const Shape src = node.shape(0);
  if (mode != "CRD") node.fail("mode \"{}\" is unknown", mode);
  if (src.size() != 4 || block < 1 || src[2] % block != 0 || src[3] % block != 0)
    node.fail("{} does not divide into blocks of {}", to_string(src), block);
  const int64_t n = src[0], c = src[1], h = src[2] / block, w = src[3] / block;
  const Ref blocks = node.transpose(node.reshape(node.operand(0), {n, c, h, block, w, block}), {0, 1, 3, 5, 2, 4});
  node.finish("reshape", {blocks}, {{"shape", Ints{n, c * block * block, h, w}}});
}

void import_cast(NodeImport& node) {
  const int64_t to = node.get_int("to", 0);
  const int type = to < 0 || to > 1000 ? -1 : static_cast<int>(to);
  DType dtype;
  if (!galet_dtype(type, dtype)) node.fail("casts to element type {}, which galet has not", onnx_type_name(type));
  if (dtype == DType::f32 && type != 1) node.remark("casts to f32", "the file casts to " + onnx_type_name(type));
  if (dtype == node.dtype(0)) return node.bind(node.operand(0));
  node.finish("cast", {node.operand(0)}, {{"to", std::string(to_string(dtype))}});
}

void import_cast_like(NodeImport& node) {
  if (node.dtype(0) == node.dtype(1)) return node.bind(node.operand(0));
  node.finish("cast", {node.operand(0)}, {{"to", std::string(to_string(node.dtype(1)))}});
}

}  // namespace galet::importers
