#include "galet/ops/broadcast.h"

namespace galet::ops {

Shape broadcast_shape(const OpCall& call, const Shape& a, const Shape& b) {
  if (a.size() < b.size()) return broadcast_shape(call, b, a);
  Shape dst = a;
  for (size_t axis = 0, lead = a.size() - b.size(); axis < b.size(); ++axis) {
    int64_t& extent = dst[lead + axis];
    if (extent == 1)
      extent = b[axis];
    else if (b[axis] != 1 && b[axis] != extent)
      call.fail("shapes {} and {} do not broadcast", to_string(a), to_string(b));
  }
  return dst;
}

Shape broadcast_shape(const OpCall& call, size_t first) {
  Shape dst = call.shape(first);
  for (size_t i = first + 1; i < call.operands.size(); ++i) dst = broadcast_shape(call, dst, call.shape(i));
  return dst;
}

void expect_broadcasts_to(const OpCall& call, size_t i, const Shape& shape) {
  if (!call.has(i)) return;
  const Shape& src = call.shape(i);
  bool fits = src.size() <= shape.size();
  for (size_t axis = 0; fits && axis < src.size(); ++axis) fits = src[axis] == 1 || src[axis] == shape[shape.size() - src.size() + axis];
  if (!fits) call.fail("{} of shape {} does not broadcast to {}", call.operand_name(i), to_string(src), to_string(shape));
}

Shape broadcast_strides(const Shape& src, const Shape& dst) {
  const Shape dense = strides_of(src);
  Shape strides(dst.size(), 0);
  const size_t lead = dst.size() - src.size();
  for (size_t axis = 0; axis < src.size(); ++axis)
    if (src[axis] != 1) strides[lead + axis] = dense[axis];
  return strides;
}

}  // namespace galet::ops
