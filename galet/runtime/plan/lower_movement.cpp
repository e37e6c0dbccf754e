// Operators that move elements: reshape and its like for free, transpose, slice, split, pad, expand as strided copies of memory as it lies.
#include <algorithm>

#include "galet/ops/broadcast.h"
#include "galet/ops/strided.h"
#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {
namespace {

constexpr size_t kToNhwc[] = {0, 2, 3, 1};  // axis of memory -> axis of NCHW

Shape permuted(const Shape& logical, Layout layout) {
  if (layout == Layout::logical) return logical;
  Shape physical(4);
  for (size_t i = 0; i < 4; ++i) physical[i] = logical[kToNhwc[i]];
  return physical;
}

/// One node seen as: the bytes of its (stored or real) operand 0 go to its results.
class Mover {
 public:
  Mover(Lowering& lowering, NodeId id) : lowering_(lowering), node_(lowering.node(id)), id_(id), call_(lowering.graph.call(id)) {
    source_ = node_.operands[0];
    codes_ = lowering.choices.at(id).computation == Computation::movement;
    element_ = size_of(codes_ ? DType::u8 : lowering.value(source_).dtype);
  }

  bool lower() {
    const Choice& choice = lowering_.choices.at(id_);
    if (!codes_ && choice.computation != Computation::real) return false;
    for (const ValueId result : node_.results)
      if (lowering_.value(result).dtype != lowering_.value(source_).dtype) return false;
    const std::string_view name = node_.op->name;
    if (name == "reshape" || name == "identity" || name == "cast") return done(choice, relabel(name == "reshape"));
    if (name == "transpose") return done(choice, transpose());
    if (name == "slice") return done(choice, slice());
    if (name == "split") return done(choice, split());
    if (name == "pad") return done(choice, pad());
    if (name == "expand") return done(choice, expand());
    return false;
  }

 private:
  bool done(const Choice& choice, bool lowered) {
    if (lowered && !choice.reason.empty()) lowering_.remark(id_, "computed in float", choice.reason);
    return lowered;
  }
  BufferId get(Layout layout) { return lowering_.get(source_, layout, !codes_); }

  /// The result's bytes are those of `buffer`, but for a change of spec.
  void give(ValueId result, Layout layout, BufferId buffer) {
    const auto from = affine_of(lowering_.value(source_)), to = affine_of(lowering_.value(result));
    if (codes_ && !(*from == *to)) {
      const BufferId rescaled = lowering_.make(result, layout);
      lowering_.add_lookup(id_, buffer, rescaled, count(lowering_.value(result).shape), rescale_table(*from, *to));
      return;
    }
    lowering_.define(result, layout, !codes_, buffer);
    if (!codes_) lowering_.get(result, layout);
  }

  bool relabel(bool reshaped) {
    const Layout layout = reshaped ? Layout::logical : lowering_.layout_of(source_);
    give(node_.results[0], layout, get(layout));
    return true;
  }

  bool transpose() {
    const Ints& perm = call_.get_ints("perm");
    const ValueId result = node_.results[0];
    if (perm == Ints{0, 2, 3, 1} && lowering_.find(source_, Layout::nhwc, !codes_)) {
      give(result, Layout::logical, get(Layout::nhwc));
      return true;
    }
    if (perm == Ints{0, 3, 1, 2}) {
      give(result, Layout::nhwc, get(Layout::logical));
      return true;
    }
    const BufferId src = get(Layout::logical);
    const Shape& shape = lowering_.value(result).shape;
    const Shape own = strides_of(lowering_.value(source_).shape);
    Shape strides;
    for (const int64_t axis : perm) strides.push_back(own[static_cast<size_t>(axis)]);
    copy(result, Layout::logical, src, 0, shape, strides);
    return true;
  }

  bool slice() {
    const Ints &starts = call_.get_ints("starts"), &axes = call_.get_ints("axes"), &steps = call_.get_ints("steps");
    const Layout layout = lowering_.layout_of(source_);
    const Shape& shape = lowering_.value(source_).shape;
    Shape first(shape.size(), 0), step(shape.size(), 1);
    for (size_t i = 0; i < axes.size(); ++i) {
      const int64_t axis = axes[i] < 0 ? axes[i] + static_cast<int64_t>(shape.size()) : axes[i];
      first[static_cast<size_t>(axis)] = starts[i];
      if (i < steps.size()) step[static_cast<size_t>(axis)] = steps[i];
    }
    const BufferId src = get(layout);
    strided_part(node_.results[0], layout, src, first, step);
    return true;
  }

  bool split() {
    const int64_t rank = static_cast<int64_t>(lowering_.value(source_).shape.size());
    const int64_t axis = call_.get_int("axis") < 0 ? call_.get_int("axis") + rank : call_.get_int("axis");
    const Layout layout = lowering_.layout_of(source_);
    const BufferId src = get(layout);
    Shape first(static_cast<size_t>(rank), 0);
    const Shape step(static_cast<size_t>(rank), 1);
    for (const ValueId result : node_.results) {
      strided_part(result, layout, src, first, step);
      first[static_cast<size_t>(axis)] += lowering_.value(result).shape[static_cast<size_t>(axis)];
    }
    return true;
  }

  bool expand() {
    const ValueId result = node_.results[0];
    const BufferId src = get(Layout::logical);
    const Shape& shape = lowering_.value(result).shape;
    copy(result, Layout::logical, src, 0, shape, ops::broadcast_strides(lowering_.value(source_).shape, shape));
    return true;
  }

  /// Constant padding (cropping where negative): fill, then copy what is inside.
  bool pad() {
    if (call_.get_string("mode") != "constant" || element_ > 8) return false;
    const DType type = lowering_.value(source_).dtype;
    if (!codes_ && type != DType::f32) return false;
    const ValueId result = node_.results[0];
    const Layout layout = lowering_.layout_of(source_);
    const BufferId src = get(layout);
    const Ints& pads = call_.get_ints("pads");
    const Shape src_shape = lowering_.physical_shape(source_, layout), dst_shape = lowering_.physical_shape(result, layout);
    const size_t rank = src_shape.size();
    const Shape begins = permuted(Shape(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(rank)), layout);
    const Shape ends = permuted(Shape(pads.begin() + static_cast<std::ptrdiff_t>(rank), pads.end()), layout);
    Shape extents(rank);
    int64_t src_offset = 0, dst_offset = 0;
    const Shape src_strides = strides_of(src_shape), dst_strides = strides_of(dst_shape);
    for (size_t i = 0; i < rank; ++i) {
      extents[i] = std::max<int64_t>(src_shape[i] + std::min<int64_t>(begins[i], 0) + std::min<int64_t>(ends[i], 0), 0);
      src_offset += std::max<int64_t>(-begins[i], 0) * src_strides[i];
      dst_offset += std::max<int64_t>(begins[i], 0) * dst_strides[i];
    }
    const float value = call_.get_float("value");
    const uint8_t code = codes_ ? quantize_real(value, *affine_of(lowering_.value(source_))) : uint8_t{0};
    const bool rescale = codes_ && !(*affine_of(lowering_.value(source_)) == *affine_of(lowering_.value(result)));
    const BufferId dst = rescale ? lowering_.arena_buffer(lowering_.bytes_of(result)) : lowering_.make(result, layout, !codes_);
    const int64_t n = count(dst_shape);
    lowering_.add_step(id_, "pad", {src}, {dst}, [=, codes = codes_, element = element_](const RunContext& c) {
      if (codes)
        std::fill_n(c.at<uint8_t>(dst), n, code);
      else
        std::fill_n(c.at<float>(dst), n, value);
      if (count(extents) == 0) return;
      const auto bytes = static_cast<int64_t>(element);
      ops::copy_strided(element, extents, c.at<std::byte>(src) + src_offset * bytes, src_strides, c.at<std::byte>(dst) + dst_offset * bytes,
                        dst_strides);
    });
    if (rescale)
      give(result, layout, dst);
    else if (!codes_)
      lowering_.get(result, layout);
    return true;
  }

  /// first and step: along logical axes.
  void strided_part(ValueId result, Layout layout, BufferId src, const Shape& first, const Shape& step) {
    const Shape own = strides_of(lowering_.physical_shape(source_, layout));
    const Shape firsts = permuted(first, layout), steps = permuted(step, layout);
    Shape strides(own.size());
    int64_t offset = 0;
    for (size_t i = 0; i < own.size(); ++i) {
      offset += firsts[i] * own[i];
      strides[i] = steps[i] * own[i];
    }
    copy(result, layout, src, offset, lowering_.physical_shape(result, layout), strides);
  }

  void copy(ValueId result, Layout layout, BufferId src, int64_t offset, const Shape& extents, const Shape& strides) {
    const bool rescale = codes_ && !(*affine_of(lowering_.value(source_)) == *affine_of(lowering_.value(result)));
    const BufferId dst = rescale ? lowering_.arena_buffer(lowering_.bytes_of(result)) : lowering_.make(result, layout, !codes_);
    lowering_.add_step(id_, "copy", {src}, {dst}, [=, element = element_, dst_strides = strides_of(extents)](const RunContext& c) {
      if (count(extents) == 0) return;
      ops::copy_strided(element, extents, c.at<std::byte>(src) + offset * static_cast<int64_t>(element), strides, c.at<std::byte>(dst),
                        dst_strides);
    });
    if (rescale)
      give(result, layout, dst);
    else if (!codes_)
      lowering_.get(result, layout);
  }

  Lowering& lowering_;
  const Node& node_;
  NodeId id_;
  OpCall call_;
  ValueId source_;
  bool codes_ = false;
  size_t element_ = 1;
};

}  // namespace

bool lower_movement(Lowering& lowering, NodeId id) {
  const Node& node = lowering.node(id);
  if (node.operands.empty() || !node.operands[0].valid() || node.op->quant != QuantTrait::same_spec) return false;
  return Mover(lowering, id).lower();
}

}  // namespace galet::runtime
