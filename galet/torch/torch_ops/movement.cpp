#include <ATen/ATen.h>

#include <algorithm>

#include "galet/torch/torch_ops.h"

namespace galet::torch::forms {

std::vector<at::Tensor> reshape(const Application& a, Operands x) {
  return {x[0].reshape(a.batched(0) ? a.with_batch(a.result) : a.result)};
}

std::vector<at::Tensor> transpose(const Application& a, Operands x) { return {x[0].permute(a.call.get_ints("perm"))}; }

std::vector<at::Tensor> concat(const Application& a, Operands x) {
  std::vector<at::Tensor> parts(x.begin(), x.end());
  for (size_t i = 0; i < parts.size(); ++i)  // a constant part is there once for all images
    if (a.batch != 1 && !a.batched(i)) {
      std::vector<int64_t> sizes = parts[i].sizes().vec();
      sizes[0] *= a.batch;
      parts[i] = parts[i].expand(sizes);
    }
  return {at::cat(parts, a.call.get_int("axis"))};
}

std::vector<at::Tensor> split(const Application& a, Operands x) {
  return at::split_with_sizes(x[0], a.call.get_ints("sizes"), a.call.get_int("axis"));
}

std::vector<at::Tensor> slice(const Application& a, Operands x) {
  at::Tensor y = x[0];
  const Ints &starts = a.call.get_ints("starts"), &ends = a.call.get_ints("ends"), &axes = a.call.get_ints("axes"),
             &steps = a.call.get_ints("steps");
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i];
    if (axis == 0 && starts[i] == 0 && ends[i] == a.call.shape(0)[0] && steps[i] == 1) continue;  // all images
    if (steps[i] > 0) {
      y = at::slice(y, axis, starts[i], std::max(ends[i], starts[i]), steps[i]);
      continue;
    }
    std::vector<int64_t> index;
    for (int64_t k = starts[i]; k > ends[i]; k += steps[i]) index.push_back(k);
    y = y.index_select(axis, at::tensor(index, at::TensorOptions().dtype(at::kLong)).to(y.device()));
  }
  return {y};
}

std::vector<at::Tensor> pad(const Application& a, Operands x) {
  const Ints& pads = a.call.get_ints("pads");
  const std::string& mode = a.call.get_string("mode");
  const size_t rank = pads.size() / 2;
  if (mode == "constant") {
    Ints torch_pads;
    for (size_t i = rank; i-- > 0;) torch_pads.insert(torch_pads.end(), {pads[i], pads[rank + i]});
    return {at::constant_pad_nd(x[0], torch_pads, a.call.get_float("value"))};
  }
  at::Tensor y = x[0];
  for (size_t axis = 0; axis < rank; ++axis) {  // the others as selections, one axis after the other
    if (pads[axis] == 0 && pads[rank + axis] == 0) continue;
    const int64_t extent = a.call.shape(0)[axis];
    std::vector<int64_t> index;
    for (int64_t k = -pads[axis]; k < extent + pads[rank + axis]; ++k) {
      int64_t from = std::clamp<int64_t>(k, 0, extent - 1);
      if (mode == "wrap") from = ((k % extent) + extent) % extent;
      if (mode == "reflect" && extent > 1) {
        const int64_t period = 2 * (extent - 1), p = ((k % period) + period) % period;
        from = p < extent ? p : period - p;
      }
      index.push_back(from);
    }
    y = y.index_select(static_cast<int64_t>(axis), at::tensor(index, at::TensorOptions().dtype(at::kLong)).to(y.device()));
  }
  return {y};
}

std::vector<at::Tensor> expand(const Application& a, Operands x) { return {x[0].expand(a.batched(0) ? a.with_batch(a.result) : a.result)}; }

std::vector<at::Tensor> tile(const Application& a, Operands x) { return {x[0].repeat(a.call.get_ints("repeats"))}; }

std::vector<at::Tensor> gather(const Application& a, Operands x) {
  const int64_t axis = a.call.get_int("axis"), extent = x[0].size(axis < 0 ? axis + x[0].dim() : axis);
  const at::Tensor index = x[1].to(at::kLong), wrapped = at::where(index < 0, index + extent, index);
  const int64_t at_axis = axis < 0 ? axis + x[0].dim() : axis;
  const at::Tensor taken = x[0].index_select(at_axis, wrapped.reshape({-1}));
  std::vector<int64_t> shape = x[0].sizes().vec();
  shape.erase(shape.begin() + at_axis);
  shape.insert(shape.begin() + at_axis, x[1].sizes().begin(), x[1].sizes().end());
  return {taken.reshape(shape)};
}

std::vector<at::Tensor> depth_to_space(const Application& a, Operands x) {
  const int64_t b = a.call.get_int("block"), n = x[0].size(0), c = x[0].size(1) / (b * b), h = x[0].size(2), w = x[0].size(3);
  if (a.call.get_string("mode") == "CRD")
    return {x[0].reshape({n, c, b, b, h, w}).permute({0, 1, 4, 2, 5, 3}).reshape({n, c, h * b, w * b})};
  return {x[0].reshape({n, b, b, c, h, w}).permute({0, 3, 4, 1, 5, 2}).reshape({n, c, h * b, w * b})};
}

std::vector<at::Tensor> space_to_depth(const Application& a, Operands x) {
  const int64_t b = a.call.get_int("block"), n = x[0].size(0), c = x[0].size(1), h = x[0].size(2) / b, w = x[0].size(3) / b;
  return {x[0].reshape({n, c, h, b, w, b}).permute({0, 3, 5, 1, 2, 4}).reshape({n, c * b * b, h, w})};
}

std::vector<at::Tensor> top_k(const Application& a, Operands x) {
  const int64_t axis = a.call.get_int("axis"), k = a.call.get_int("k");
  const auto sorted = at::sort(x[0], true, axis, a.call.get_int("largest") != 0);  // stable: equal values by index, as the reference
  return {std::get<0>(sorted).narrow(axis, 0, k), std::get<1>(sorted).narrow(axis, 0, k)};
}

}  // namespace galet::torch::forms
