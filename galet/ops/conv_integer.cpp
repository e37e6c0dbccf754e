// conv2d on 8 bit codes with exact 32 bit sums: dst = sum of (src - src_zero_point) * (weight - weight_zero_point); padding contributes
// zero.
#include "galet/ops/strided.h"
#include "galet/ops/window.h"

namespace galet::ops {
namespace {

void expect_codes(const OpCall& call, size_t i) {
  if (call.dtype(i) != DType::u8 && call.dtype(i) != DType::i8)
    call.fail("{} is {}, expected u8 or i8", call.operand_name(i), to_string(call.dtype(i)));
}

std::vector<TensorType> infer(const OpCall& call) {
  call.expect_rank(0, 4, "NCHW");
  call.expect_rank(1, 4, "OIHW");
  expect_codes(call, 0);
  expect_codes(call, 1);
  const Shape &src = call.shape(0), &weight = call.shape(1);
  const int64_t group = call.get_int("group");
  if (group < 1) call.fail("group {} is below 1", group);
  if (src[1] % group != 0 || src[1] / group != weight[1])
    call.fail("src has {} channels, weight {} with {} groups does not fit", src[1], to_string(weight), group);
  if (weight[0] % group != 0) call.fail("{} output channels do not divide into {} groups", weight[0], group);
  for (const size_t i : {size_t{2}, size_t{3}}) {
    if (!call.has(i)) continue;
    if (call.dtype(i) != call.dtype(i - 2))
      call.fail("{} is {}, expected {}", call.operand_name(i), to_string(call.dtype(i)), to_string(call.dtype(i - 2)));
    const int64_t n = count(call.shape(i));
    if (n != 1 && !(i == 3 && n == weight[0])) call.fail("{} has {} elements", call.operand_name(i), n);
  }
  const Window window = window_of(call, weight[2], weight[3]);
  return {result_type(call, DType::i32, {src[0], weight[0], window.h.dst, window.w.dst})};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Shape &src_shape = call.shape(0), &weight_shape = call.shape(1);
  const Window window = window_of(call, weight_shape[2], weight_shape[3]);
  const WindowAxis &h = window.h, &w = window.w;
  const int64_t out = weight_shape[0], in = weight_shape[1], out_per_group = out / call.get_int("group");
  const Ints src = operands[0].to_ints(), weight = operands[1].to_ints();
  const int64_t src_zero = call.has(2) ? operands[2].to_ints()[0] : 0;
  const Ints weight_zero = call.has(3) ? operands[3].to_ints() : Ints{0};
  Tensor result(DType::i32, infer(call)[0].shape);
  int32_t* dst = result.mutable_data<int32_t>();
  for (int64_t n = 0; n < src_shape[0]; ++n)
    for (int64_t o = 0; o < out; ++o)
      for (int64_t y = 0; y < h.dst; ++y)
        for (int64_t x = 0; x < w.dst; ++x) {
          int64_t sum = 0;
          const int64_t zero = weight_zero[weight_zero.size() == 1 ? 0 : static_cast<size_t>(o)];
          for (int64_t i = 0; i < in; ++i)
            for (int64_t ky = 0; ky < h.kernel; ++ky) {
              const int64_t sy = y * h.stride + ky * h.dilation - h.pad_begin;
              if (sy < 0 || sy >= h.src) continue;
              for (int64_t kx = 0; kx < w.kernel; ++kx) {
                const int64_t sx = x * w.stride + kx * w.dilation - w.pad_begin;
                if (sx < 0 || sx >= w.src) continue;
                const int64_t s = ((n * src_shape[1] + o / out_per_group * in + i) * h.src + sy) * w.src + sx;
                const int64_t k = ((o * in + i) * h.kernel + ky) * w.kernel + kx;
                sum += (src[static_cast<size_t>(s)] - src_zero) * (weight[static_cast<size_t>(k)] - zero);
              }
            }
          *dst++ = static_cast<int32_t>(sum);
        }
  return {result};
}

int64_t macs(const OpCall& call) { return count(infer(call)[0].shape) * count(call.shape(1), 1, 4); }

}  // namespace

Op conv_integer_op() {
  return {.name = "conv_integer",
          .operands = {"src", "weight", "src_zero_point?", "weight_zero_point?"},
          .attributes = {{"strides", Ints{1, 1}}, {"pads", Ints{0, 0, 0, 0}}, {"dilations", Ints{1, 1}}, {"group", int64_t{1}}},
          .infer = infer,
          .reference = reference,
          .macs = macs};
}

}  // namespace galet::ops
