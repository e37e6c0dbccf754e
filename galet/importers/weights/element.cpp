#include "galet/importers/weights/element.h"

#include <bit>
#include <cmath>

namespace galet::importers {
namespace {

struct Row {
  std::string_view name;
  DType dtype;
  size_t size;
};
constexpr Row kRows[] = {{"f32", DType::f32, 4},        {"f64", DType::f64, 8}, {"f16", DType::f32, 2}, {"bf16", DType::f32, 2},
                         {"i8", DType::i8, 1},          {"u8", DType::u8, 1},   {"i16", DType::i16, 2}, {"u16", DType::u16, 2},
                         {"i32", DType::i32, 4},        {"u32", DType::u32, 4}, {"i64", DType::i64, 8}, {"u64", DType::u64, 8},
                         {"boolean", DType::boolean, 1}};

const Row& row(Element element) { return kRows[static_cast<size_t>(element)]; }

}  // namespace

size_t size_of(Element element) { return row(element).size; }
std::string_view to_string(Element element) { return row(element).name; }
DType kept_as(Element element) { return row(element).dtype; }

float from_half(uint16_t bits) {
  const uint32_t sign = uint32_t{bits & 0x8000u} << 16, exponent = (bits >> 10) & 31u, fraction = bits & 0x3ffu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign != 0 ? -magnitude : magnitude;
}

float from_bfloat16(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

Tensor to_tensor(Element element, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner, size_t& copied) {
  const DType dtype = kept_as(element);
  const bool half = element == Element::f16 || element == Element::bf16;
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data()) % size_of(element) == 0;
  if (!half && aligned && element != Element::boolean && !bytes.empty()) return Tensor(dtype, std::move(shape), bytes, std::move(owner));
  Tensor tensor(dtype, std::move(shape));
  copied += tensor.byte_size();
  if (bytes.size() != static_cast<size_t>(tensor.size()) * size_of(element))
    fail("{} bytes do not hold a tensor of {} {}", bytes.size(), to_string(element), to_string(tensor.shape()));
  if (tensor.size() == 0) return tensor;
  if (half) {
    float* dst = tensor.mutable_data<float>();
    for (int64_t i = 0; i < tensor.size(); ++i) {
      uint16_t bits = 0;
      std::memcpy(&bits, bytes.data() + 2 * i, 2);
      dst[i] = element == Element::f16 ? from_half(bits) : from_bfloat16(bits);
    }
  } else if (element == Element::boolean) {  // any other byte than 0 and 1 in a bool is undefined behaviour
    for (size_t i = 0; i < bytes.size(); ++i) tensor.mutable_bytes()[i] = bytes[i] == std::byte{0} ? std::byte{0} : std::byte{1};
  } else {
    std::memcpy(tensor.mutable_bytes(), bytes.data(), bytes.size());
  }
  return tensor;
}

}  // namespace galet::importers
