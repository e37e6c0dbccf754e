#include <ATen/ATen.h>

#include "galet/torch/torch_ops.h"

namespace galet::torch::forms {
namespace {

struct Along {
  const Ints& axes;
  bool keep;
  explicit Along(const Application& a) : axes(a.call.get_ints("axes")), keep(a.call.get_int("keepdims") != 0) {}
};

at::Tensor sum(const at::Tensor& x, const Along& r) { return r.axes.empty() ? x : x.sum(r.axes, r.keep); }

at::Tensor extreme_index(const Application& a, at::Tensor x, bool greatest) {
  const int64_t axis = a.call.get_int("axis");
  const bool keep = a.call.get_int("keepdims") != 0, last = a.call.get_int("select_last") != 0;
  if (last) x = x.flip({axis});
  const at::Tensor index = greatest ? at::argmax(x, axis, keep) : at::argmin(x, axis, keep);
  return last ? x.size(axis) - 1 - index : index;
}

}  // namespace

#define REDUCE(name, expression)                                   \
  std::vector<at::Tensor> name(const Application& a, Operands x) { \
    const Along r(a);                                              \
    return {expression};                                           \
  }
REDUCE(reduce_sum, sum(x[0], r))
REDUCE(reduce_mean, r.axes.empty() ? x[0] : x[0].mean(r.axes, r.keep))
REDUCE(reduce_max, r.axes.empty() ? x[0] : x[0].amax(r.axes, r.keep))
REDUCE(reduce_min, r.axes.empty() ? x[0] : x[0].amin(r.axes, r.keep))
REDUCE(reduce_l1, sum(at::abs(x[0]), r))
REDUCE(reduce_l2, at::sqrt(sum(at::square(x[0]), r)))
REDUCE(reduce_log_sum, at::log(sum(x[0], r)))
REDUCE(reduce_log_sum_exp, r.axes.empty() ? x[0] : at::logsumexp(x[0], r.axes, r.keep))
REDUCE(reduce_sum_square, sum(at::square(x[0]), r))
#undef REDUCE

std::vector<at::Tensor> reduce_prod(const Application& a, Operands x) {
  const Along r(a);
  at::Tensor y = x[0];
  for (size_t i = r.axes.size(); i-- > 0;) y = y.prod(r.axes[i], r.keep);  // axes ascend, so the last goes first
  return {y};
}

std::vector<at::Tensor> arg_max(const Application& a, Operands x) { return {extreme_index(a, x[0], true)}; }
std::vector<at::Tensor> arg_min(const Application& a, Operands x) { return {extreme_index(a, x[0], false)}; }

}  // namespace galet::torch::forms
