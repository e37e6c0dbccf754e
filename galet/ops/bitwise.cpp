// Bitwise logic and shifts of integers, with numpy broadcasting.
#include <algorithm>

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
  if (direction != "LEFT" && direction != "RIGHT") call.fail("direction is \"{}\", expected LEFT or RIGHT", direction);
  return infer(call);
}

/// Bits shifted out are lost, all of them where the distance is the width or more, or negative; from the left come copies of a signed
/// type's sign.
template <typename T>
T shifted(T a, T by, bool left) {
  const auto distance = static_cast<uint64_t>(by);
  if (left) return distance < 64 ? static_cast<T>(static_cast<uint64_t>(a) << distance) : T{0};
  if constexpr (std::is_signed_v<T>)
    return static_cast<T>(static_cast<int64_t>(a) >> std::min<uint64_t>(distance, 63));
  else
    return distance < 64 ? static_cast<T>(static_cast<uint64_t>(a) >> distance) : T{0};
}

std::vector<Tensor> shift(const OpCall& call, std::span<const Tensor> operands) {
  const bool left = call.get_string("direction") == "LEFT";
  return dispatch_numbers(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    std::vector<Tensor> results;
    if constexpr (std::is_integral_v<T>)
      results.push_back(
          map_broadcast<T, T>(operands[0], operands[1], broadcast_shape(call), [=](T a, T b) { return shifted(a, b, left); }));
    return results;
  });
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
          .attributes = {{"direction", std::string("LEFT"), true}},
          .infer = infer_shift,
          .reference = shift};
}

}  // namespace galet::ops
