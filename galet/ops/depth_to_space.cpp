// depth_to_space: channels become pixels. With C = b*b*c: DCR reads channels as (b, b, c), CRD as (c, b, b) (PixelShuffle); dst is (n, c,
// h*b, w*b). space_to_depth: the inverse of DCR.
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

int64_t block_of(const OpCall& call) {
  call.expect_rank(0, 4, "NCHW");
  const int64_t block = call.get_int("block");
  if (block < 1 || block > 1 << 15) call.fail("block {} is not within 1..32768", block);
  return block;
}

std::vector<TensorType> infer_to_space(const OpCall& call) {
  const int64_t b = block_of(call);
  const Shape& s = call.shape(0);
  const std::string& mode = call.get_string("mode");
  if (mode != "DCR" && mode != "CRD") call.fail("unknown mode \"{}\", expected DCR or CRD", mode);
  if (s[1] % (b * b) != 0) call.fail("{} channels do not divide into blocks of {}x{}", s[1], b, b);
  return {{call.dtype(0), {s[0], s[1] / (b * b), s[2] * b, s[3] * b}}};
}

std::vector<Tensor> to_space(const OpCall& call, std::span<const Tensor> operands) {
  const int64_t b = block_of(call);
  const Shape s = operands[0].shape();
  const int64_t c = s[1] / (b * b);
  const bool dcr = call.get_string("mode") == "DCR";
  const Tensor split = operands[0].reshaped(dcr ? Shape{s[0], b, b, c, s[2], s[3]} : Shape{s[0], c, b, b, s[2], s[3]});
  const Tensor moved = transposed(split, dcr ? std::vector<size_t>{0, 3, 4, 1, 5, 2} : std::vector<size_t>{0, 1, 4, 2, 5, 3});
  return {moved.reshaped({s[0], c, s[2] * b, s[3] * b})};
}

std::vector<TensorType> infer_to_depth(const OpCall& call) {
  const int64_t b = block_of(call);
  const Shape& s = call.shape(0);
  if (s[2] % b != 0 || s[3] % b != 0) call.fail("{}x{} pixels do not divide into blocks of {}x{}", s[2], s[3], b, b);
  return {{call.dtype(0), {s[0], s[1] * b * b, s[2] / b, s[3] / b}}};
}

std::vector<Tensor> to_depth(const OpCall& call, std::span<const Tensor> operands) {
  const int64_t b = block_of(call);
  const Shape s = operands[0].shape();
  const Tensor split = operands[0].reshaped({s[0], s[1], s[2] / b, b, s[3] / b, b});
  return {transposed(split, {0, 3, 5, 1, 2, 4}).reshaped({s[0], s[1] * b * b, s[2] / b, s[3] / b})};
}

}  // namespace

Op depth_to_space_op() {
  return {.name = "depth_to_space",
          .operands = {"src"},
          .attributes = {{"block", int64_t{1}, true}, {"mode", std::string("DCR")}},
          .infer = infer_to_space,
          .reference = to_space,
          .quant = QuantTrait::same_spec};
}

Op space_to_depth_op() {
  return {.name = "space_to_depth",
          .operands = {"src"},
          .attributes = {{"block", int64_t{1}, true}},
          .infer = infer_to_depth,
          .reference = to_depth,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
