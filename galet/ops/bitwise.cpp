// Bitwise logic and shifts of integers, with numpy broadcasting.
#include "galet/ops/broadcast.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_same_types(call, Types::integers);
  return {result_type(call, call.dtype(0), broadcast_shape(call))};
}

/// f on the bits, as uint64 with the sign extended.
template <typename F>
std::vector<Tensor> on_bits(const OpCall& call, std::span<const Tensor> operands, F f) {
  return dispatch_numbers(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    return std::vector<Tensor>{map_broadcast<T, T>(operands[0], operands[1], broadcast_shape(call),
                                                   [&](T a, T b) { return f(static_cast<uint64_t>(a), static_cast<uint64_t>(b)); })};
  });
}

template <auto f>
Op bitwise(std::string_view name) {
  return {.name = name,
          .operands = {"a", "b"},
          .attributes = {},
          .infer = infer,
          .reference = [](const OpCall& call, std::span<const Tensor> operands) { return on_bits(call, operands, f); }};
}

std::vector<TensorType> infer_shift(const OpCall& call) {
  const std::string& direction = call.get_string("direction");
  if (direction != "left" && direction != "right") call.fail("direction is \"{}\", expected left or right", direction);
  const DType type = call.dtype(0);
  if (type != DType::u8 && type != DType::u16 && type != DType::u32 && type != DType::u64)
    call.fail("a is {}, expected an unsigned integer", to_string(type));
  return infer(call);
}

/// Bits shifted out are lost, also where all of them are.
std::vector<Tensor> shift(const OpCall& call, std::span<const Tensor> operands) {
  if (call.get_string("direction") == "left") return on_bits(call, operands, [](uint64_t a, uint64_t by) { return by < 64 ? a << by : 0; });
  return on_bits(call, operands, [](uint64_t a, uint64_t by) { return by < 64 ? a >> by : 0; });
}

}  // namespace

Op bitwise_and_op() {
  return bitwise<[](uint64_t a, uint64_t b) { return a & b; }>("bitwise_and");
}
Op bitwise_or_op() {
  return bitwise<[](uint64_t a, uint64_t b) { return a | b; }>("bitwise_or");
}
Op bitwise_xor_op() {
  return bitwise<[](uint64_t a, uint64_t b) { return a ^ b; }>("bitwise_xor");
}
Op bit_shift_op() {
  return {.name = "bit_shift",
          .operands = {"a", "b"},
          .attributes = {{"direction", std::string("left"), true}},
          .infer = infer_shift,
          .reference = shift};
}

}  // namespace galet::ops
