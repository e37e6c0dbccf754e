#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

std::string_view describe(Types types) {
  switch (types) {
    case Types::f32:
      return "f32";
    case Types::floats:
      return "f32 or f64";
    case Types::numbers:
      return "a number";
    case Types::integers:
      return "an integer";
    case Types::signed_numbers:
      return "a signed number";
    case Types::booleans:
      return "bool";
    case Types::any:
      break;
  }
  return "any type";
}

bool is_signed(DType type) { return is_float(type) || type == DType::i8 || type == DType::i16 || type == DType::i32 || type == DType::i64; }

}  // namespace

bool holds(Types types, DType type) {
  switch (types) {
    case Types::f32:
      return type == DType::f32;
    case Types::floats:
      return is_float(type);
    case Types::numbers:
      return type != DType::boolean;
    case Types::integers:
      return is_integer(type);
    case Types::signed_numbers:
      return is_signed(type);
    case Types::booleans:
      return type == DType::boolean;
    case Types::any:
      break;
  }
  return true;
}

void expect_types(const OpCall& call, size_t i, Types types) {
  if (call.has(i) && !holds(types, call.dtype(i)))
    call.fail("{} is {}, expected {}", call.operand_name(i), to_string(call.dtype(i)), describe(types));
}

void expect_same_types(const OpCall& call, Types types, size_t first) {
  expect_types(call, first, types);
  for (size_t i = first + 1; i < call.operands.size(); ++i)
    if (call.has(i) && call.dtype(i) != call.dtype(first))
      call.fail("{} is {}, but {} is {}: cast one of them", call.operand_name(first), to_string(call.dtype(first)), call.operand_name(i),
                to_string(call.dtype(i)));
}

void expect_shape(const OpCall& call, size_t i, const Shape& shape) {
  if (call.has(i) && call.shape(i) != shape)
    call.fail("{} has shape {}, expected {}", call.operand_name(i), to_string(call.shape(i)), to_string(shape));
}

DType get_dtype(const OpCall& call, std::string_view attribute) {
  try {
    return parse_dtype(call.get_string(attribute));
  } catch (const Error& error) {
    call.fail("{}: {}", attribute, error.what());
  }
}

int64_t product(int64_t a, int64_t b) {
  int64_t result = 0;
  return __builtin_mul_overflow(a, b, &result) ? INT64_MAX : result;
}

}  // namespace galet::ops
