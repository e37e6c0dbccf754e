// What shape rules and references share: element type checks, guarded sizes, dispatch over the types that an operator takes.
#pragma once

#include "galet/ir/op.h"
#include "galet/ops/strided.h"

namespace galet::ops {

/// Families of element types that operators accept.
enum class Types : uint8_t { f32, floats, numbers, integers, signed_numbers, booleans, any };

bool holds(Types types, DType type);
/// Throws Error ("src is i64, expected f32 or f64") unless the operand's element type belongs to the family; an absent operand passes.
void expect_types(const OpCall& call, size_t i, Types types);
/// All present operands from `first` on have the element type of operand `first`, which belongs to the family.
void expect_same_types(const OpCall& call, Types types, size_t first = 0);
/// The operand is absent or has exactly this shape.
void expect_shape(const OpCall& call, size_t i, const Shape& shape);
/// The attribute as an element type; throws Error for an unknown name.
DType get_dtype(const OpCall& call, std::string_view attribute);
/// a * b of two counts, INT64_MAX instead of an overflow.
int64_t product(int64_t a, int64_t b);

/// Like dispatch, for types that expect_types(.., Types::floats) let pass.
template <typename F>
decltype(auto) dispatch_floats(DType type, F&& f) {
  return type == DType::f64 ? f(double{}) : f(float{});
}

/// Like dispatch, for types that expect_types(.., Types::numbers) let pass: everything but bool.
template <typename F>
decltype(auto) dispatch_numbers(DType type, F&& f) {
  return dispatch(type, [&](auto zero) {
    if constexpr (std::is_same_v<decltype(zero), bool>)
      return f(uint8_t{});
    else
      return f(zero);
  });
}

}  // namespace galet::ops
