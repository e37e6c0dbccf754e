#include "galet/ir/attribute.h"

#include <array>
#include <bit>

namespace galet {

std::string_view type_name(const Attribute& attribute) {
  constexpr std::array<std::string_view, 6> kNames{"int", "float", "string", "ints", "floats", "tensor"};
  return kNames[attribute.index()];
}

bool equal(const Attribute& a, const Attribute& b) {
  if (a.index() != b.index()) return false;
  if (const auto* x = std::get_if<float>(&a)) return std::bit_cast<uint32_t>(*x) == std::bit_cast<uint32_t>(std::get<float>(b));
  if (const auto* x = std::get_if<Floats>(&a)) {
    const auto& y = std::get<Floats>(b);
    return x->size() == y.size() && (x->empty() || std::memcmp(x->data(), y.data(), x->size() * sizeof(float)) == 0);
  }
  if (const auto* x = std::get_if<Tensor>(&a)) return x->same_as(std::get<Tensor>(b));
  if (const auto* x = std::get_if<int64_t>(&a)) return *x == std::get<int64_t>(b);
  if (const auto* x = std::get_if<Ints>(&a)) return *x == std::get<Ints>(b);
  return std::get<std::string>(a) == std::get<std::string>(b);
}

}  // namespace galet
