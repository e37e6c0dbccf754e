// Elements start, start + step, ... before end, on some axes. Starts and ends are normalised (slice.h).
#include "galet/ops/slice.h"

#include <algorithm>

#include "galet/ops/strided.h"

namespace galet::ops {

SliceRange normalise_slice(int64_t extent, int64_t start, int64_t end, int64_t step) {
  if (extent == 0) return {0, 0};
  if (start < 0) start = std::max(start, -extent - 1) + extent;
  if (end < 0) end = std::max(end, -extent - 1) + extent;
  if (step > 0) return {std::clamp<int64_t>(start, 0, extent), std::clamp<int64_t>(end, 0, extent)};
  return {std::clamp<int64_t>(start, 0, extent - 1), std::clamp<int64_t>(end, -1, extent - 1)};
}

namespace {

struct Plan {
  Shape shape, strides;
  int64_t offset = 0;
};

Plan plan(const OpCall& call) {
  const Ints &starts = call.get_ints("starts"), &ends = call.get_ints("ends"), &axes = call.get_ints("axes"),
             &steps = call.get_ints("steps");
  if (starts.size() != axes.size() || ends.size() != axes.size() || steps.size() != axes.size())
    call.fail("{} starts, {} ends, {} axes, {} steps: expected equal numbers", starts.size(), ends.size(), axes.size(), steps.size());
  Plan result{call.shape(0), strides_of(call.shape(0))};
  std::vector<bool> seen(call.rank(0), false);
  for (size_t i = 0; i < axes.size(); ++i) {
    const size_t axis = resolve_axis(call, axes[i], call.rank(0));
    if (seen[axis]) call.fail("axis {} is sliced twice", axis);
    seen[axis] = true;
    const int64_t extent = call.shape(0)[axis], start = starts[i], end = ends[i], step = steps[i];
    if (step == 0) call.fail("step of axis {} is 0", axis);
    const int64_t most = step > 0 ? extent : std::max<int64_t>(extent - 1, 0);
    if (start < 0 || start > most || end < (step > 0 ? 0 : -1) || end > most)
      call.fail("slice {}..{} step {} is not within an extent of {}", start, end, step, extent);
    int64_t length = 0;
    if (step > 0 && end > start) length = (end - start - 1) / step + 1;
    if (step < 0 && start > end && extent > 0) length = (end - start + 1) / step + 1;
    result.shape[axis] = length;
    if (length == 0) continue;
    result.offset += start * result.strides[axis];
    result.strides[axis] = length == 1 ? 0 : result.strides[axis] * step;
  }
  return result;
}

std::vector<TensorType> infer(const OpCall& call) { return {{call.dtype(0), plan(call).shape}}; }

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Plan p = plan(call);
  return {strided_copy(operands[0], p.shape, p.offset, p.strides)};
}

}  // namespace

Op slice_op() {
  return {.name = "slice",
          .operands = {"src"},
          .attributes = {{"starts", Ints{}, true}, {"ends", Ints{}, true}, {"axes", Ints{}, true}, {"steps", Ints{}, true}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
