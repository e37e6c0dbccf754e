#include <ATen/ATen.h>

#include "galet/torch/torch_ops.h"

namespace galet::torch::forms {
namespace {

const at::Tensor kNone;

const at::Tensor& optional(Operands x, size_t i) { return i < x.size() ? x[i] : kNone; }

bool symmetric(const Ints& pads) { return pads[0] == pads[2] && pads[1] == pads[3]; }

}  // namespace

std::vector<at::Tensor> conv2d(const Application& a, Operands x) {
  const Ints& pads = a.call.get_ints("pads");  // top left bottom right
  at::Tensor src = x[0];
  Ints both{pads[0], pads[1]};
  if (!symmetric(pads)) {
    src = at::constant_pad_nd(src, {pads[1], pads[3], pads[0], pads[2]});
    both = {0, 0};
  }
  return {activate(
      a, at::conv2d(src, x[1], optional(x, 2), a.call.get_ints("strides"), both, a.call.get_ints("dilations"), a.call.get_int("group")))};
}

std::vector<at::Tensor> conv_transpose2d(const Application& a, Operands x) {
  const Ints& pads = a.call.get_ints("pads");
  // Pads crop the result: where the sides differ, compute it uncropped and narrow it.
  const bool same = symmetric(pads);
  const Ints both = same ? Ints{pads[0], pads[1]} : Ints{0, 0};
  at::Tensor y = at::conv_transpose2d(x[0], x[1], optional(x, 2), a.call.get_ints("strides"), both, a.call.get_ints("output_padding"),
                                      a.call.get_int("group"), a.call.get_ints("dilations"));
  if (!same) y = y.narrow(2, pads[0], a.result[2]).narrow(3, pads[1], a.result[3]);
  return {activate(a, y)};
}

std::vector<at::Tensor> linear(const Application& a, Operands x) { return {activate(a, at::linear(x[0], x[1], optional(x, 2)))}; }

std::vector<at::Tensor> matmul(const Application&, Operands x) { return {at::matmul(x[0], x[1])}; }

}  // namespace galet::torch::forms
