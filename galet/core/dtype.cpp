#include "galet/core/dtype.h"

#include <array>

#include "galet/core/error.h"

namespace galet {
namespace {
struct Row {
  std::string_view name;
  size_t size;
};
// In the order of the enum.
constexpr std::array<Row, 11> kRows{
    {{"f32", 4}, {"f64", 8}, {"i8", 1}, {"u8", 1}, {"i16", 2}, {"u16", 2}, {"i32", 4}, {"u32", 4}, {"i64", 8}, {"u64", 8}, {"bool", 1}}};
}  // namespace

size_t size_of(DType type) { return kRows[static_cast<size_t>(type)].size; }
std::string_view to_string(DType type) { return kRows[static_cast<size_t>(type)].name; }

DType parse_dtype(std::string_view name) {
  for (size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].name == name) return static_cast<DType>(i);
  fail("unknown element type \"{}\", expected one of f32 f64 i8 u8 i16 u16 i32 u32 i64 u64 bool", name);
}

bool is_float(DType type) { return type == DType::f32 || type == DType::f64; }
bool is_integer(DType type) { return !is_float(type) && type != DType::boolean; }

}  // namespace galet
