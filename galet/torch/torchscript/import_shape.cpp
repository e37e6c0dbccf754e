// Views, permutations, element types.
#include <algorithm>
#include <numeric>

#include "galet/torch/torchscript/script_ops.h"

namespace galet::torch::aten {
namespace {

void give_reshaped(ScriptNode& node, const Shape& shape) { node.finish("reshape", {node.tensor(0)}, {{"shape", Ints(shape)}}); }

/// -1 stands for what is left over.
Shape resolved(const ScriptNode& node, Shape wanted, int64_t elements) {
  int64_t open = -1, known = 1;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == -1 && open < 0)
      open = static_cast<int64_t>(i);
    else if (wanted[i] < 0)
      node.fail("shape {} is impossible", to_string(wanted));
    else
      known *= wanted[i];
  }
  if (open >= 0) {
    if (known == 0 || elements % known != 0) node.fail("{} elements do not fit {}", elements, to_string(wanted));
    wanted[static_cast<size_t>(open)] = elements / known;
  } else if (known != elements) {
    node.fail("{} elements do not fit {}", elements, to_string(wanted));
  }
  return wanted;
}

void transposed(ScriptNode& node, const Ints& perm) {
  const Ref x = node.tensor(0);
  const Ref y = node.emit("transpose", {x}, {{"perm", perm}});
  if (y->constant) y->name = x->name;
  node.give(y);
}

void expand_to(ScriptNode& node, Shape wanted) {
  const Shape& src = node.shape(0);
  if (wanted.size() < src.size()) node.fail("cannot expand {} to {}", to_string(src), to_string(wanted));
  const size_t more = wanted.size() - src.size();
  for (size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i] == -1) {
      if (i < more) node.fail("an extent that does not exist cannot be kept");
      wanted[i] = src[i - more];
    }
  if (wanted == src) return node.give(node.tensor(0));
  node.finish("expand", {node.tensor(0)}, {{"shape", Ints(wanted)}});
}

}  // namespace

DType dtype_of_code(const ScriptNode& node, int64_t code) {
  switch (code) {  // c10::ScalarType
    case 0:
      return DType::u8;
    case 1:
      return DType::i8;
    case 2:
      return DType::i16;
    case 3:
      return DType::i32;
    case 4:
      return DType::i64;
    case 5:   // half
    case 15:  // bfloat16
    case 6:
      return DType::f32;
    case 7:
      return DType::f64;
    case 11:
      return DType::boolean;
    default:
      node.fail("element type {} has no counterpart", code);
  }
}

void import_view(ScriptNode& node) {
  if (!as_list(node.value(1))) node.fail("a view as another element type is not supported");
  give_reshaped(node, resolved(node, node.ints(1), count(node.shape(0))));
}

void import_view_as(ScriptNode& node) { give_reshaped(node, node.shape(1)); }

void import_flatten(ScriptNode& node) {  // self start end
  const Shape& src = node.shape(0);
  if (src.empty()) return give_reshaped(node, {1});
  const auto first = static_cast<size_t>(node.axis(node.integer(1), node.rank(0))),
             last = static_cast<size_t>(node.axis(node.integer(2), node.rank(0)));
  if (first > last) node.fail("ends before it starts");
  Shape shape(src.begin(), src.begin() + static_cast<int64_t>(first));
  shape.push_back(count(src, first, last + 1));
  shape.insert(shape.end(), src.begin() + static_cast<int64_t>(last) + 1, src.end());
  give_reshaped(node, shape);
}

void import_unflatten(ScriptNode& node) {  // self dim sizes
  const Shape& src = node.shape(0);
  const auto axis = static_cast<size_t>(node.axis(node.integer(1), node.rank(0)));
  const Shape parts = resolved(node, node.ints(2), src.at(axis));
  Shape shape(src.begin(), src.begin() + static_cast<int64_t>(axis));
  shape.insert(shape.end(), parts.begin(), parts.end());
  shape.insert(shape.end(), src.begin() + static_cast<int64_t>(axis) + 1, src.end());
  give_reshaped(node, shape);
}

void import_squeeze(ScriptNode& node) {  // self [dim]
  Ints axes;
  if (node.has(1))
    axes = node.axes(node.ints(1), node.rank(0));
  else
    for (int64_t i = 0; i < node.rank(0); ++i) axes.push_back(i);
  Shape shape;
  for (int64_t i = 0; i < node.rank(0); ++i) {
    const int64_t extent = node.shape(0)[static_cast<size_t>(i)];
    if (extent != 1 || std::find(axes.begin(), axes.end(), i) == axes.end()) shape.push_back(extent);
  }
  give_reshaped(node, shape);
}

void import_unsqueeze(ScriptNode& node) {
  Shape shape = node.shape(0);
  shape.insert(shape.begin() + node.axis(node.integer(1), node.rank(0) + 1), 1);
  give_reshaped(node, shape);
}

void import_permute(ScriptNode& node) {
  Ints perm;
  for (const int64_t one : node.ints(1)) perm.push_back(node.axis(one, node.rank(0)));
  transposed(node, perm);
}

void import_transpose(ScriptNode& node) {
  Ints perm(static_cast<size_t>(node.rank(0)));
  std::iota(perm.begin(), perm.end(), 0);
  if (perm.empty()) return node.give(node.tensor(0));
  std::swap(perm[static_cast<size_t>(node.axis(node.integer(1), node.rank(0)))],
            perm[static_cast<size_t>(node.axis(node.integer(2), node.rank(0)))]);
  transposed(node, perm);
}

void import_t(ScriptNode& node) {
  if (node.rank(0) < 2) return node.give(node.tensor(0));
  Ints perm(static_cast<size_t>(node.rank(0)));
  std::iota(perm.rbegin(), perm.rend(), 0);
  transposed(node, perm);
}

void import_expand(ScriptNode& node) { expand_to(node, node.ints(1)); }
void import_expand_as(ScriptNode& node) { expand_to(node, node.shape(1)); }
void import_same(ScriptNode& node) { node.give(node.tensor(0)); }
void import_clone(ScriptNode& node) { node.finish("identity", {node.tensor(0)}); }

/// Forms: (self, dtype, ...), (self, device, dtype, ...), (self, other, ...), (self, device?, dtype?, layout ...): the first whole number
/// or tensor behind self decides, everything else is about devices and copies.
void import_to(ScriptNode& node) {
  for (size_t i = 1; i < node.operands(); ++i) {
    if (const Ref other = as_tensor(node.value(i))) return node.give(node.cast(node.tensor(0), other->type.dtype));
    if (std::holds_alternative<int64_t>(node.value(i))) return node.give(node.cast(node.tensor(0), dtype_of_code(node, node.integer(i))));
    if (std::holds_alternative<bool>(node.value(i))) break;
  }
  node.give(node.tensor(0));
}

void import_type_as(ScriptNode& node) { node.give(node.cast(node.tensor(0), node.tensor(1)->type.dtype)); }
void import_float(ScriptNode& node) { node.give(node.cast(node.tensor(0), DType::f32)); }

void import_repeat(ScriptNode& node) {
  const Ints repeats = node.ints(1);
  Shape shape = node.shape(0);
  if (repeats.size() < shape.size()) node.fail("{} repeats for {} dimensions", repeats.size(), shape.size());
  shape.insert(shape.begin(), repeats.size() - shape.size(), 1);
  node.finish("tile", {node.reshape(node.tensor(0), shape)}, {{"repeats", repeats}});
}

}  // namespace galet::torch::aten
