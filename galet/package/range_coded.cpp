#include "galet/package/range_coded.h"

#include <array>
#include <bit>
#include <cstring>

#include "galet/package/range_coder.h"

namespace galet::package {
namespace {

/// Bytes of an element, lowest first, that are modelled; those below are raw.
size_t raw_bytes(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return 3;
    case DType::f64:
      return 7;
    default:
      return 0;
  }
}

/// What both directions know before each bit.
struct Model {
  std::array<Chance, 4> nonzero;                              // by the two elements before
  std::vector<std::array<std::array<Chance, 256>, 2>> bytes;  // by place, then by the element's sign, as a binary tree
  unsigned before = 0;
  explicit Model(size_t width) : bytes(width) {}
  void saw(bool is_nonzero) { before = (before << 1 | (is_nonzero ? 1 : 0)) & 3; }
};

}  // namespace

std::vector<std::byte> range_encode(const Tensor& tensor) {
  const size_t width = size_of(tensor.dtype()), raw = raw_bytes(tensor.dtype());
  Model model(width);
  RangeEncoder out;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    uint64_t element = 0;
    std::memcpy(&element, tensor.bytes() + static_cast<size_t>(i) * width, width);
    out.put(model.nonzero[model.before], element != 0);
    model.saw(element != 0);
    if (element == 0) continue;
    size_t sign = 0;
    for (size_t k = width; k-- > raw;) {
      const auto byte = static_cast<uint32_t>(element >> (8 * k)) & 0xff;
      for (uint32_t node = 1; node < 256;) {
        const bool bit = (byte << (std::bit_width(node) - 1) & 0x80) != 0;
        out.put(model.bytes[k][sign][node], bit);
        node = node << 1 | (bit ? 1 : 0);
      }
      if (k + 1 == width) sign = byte >> 7;
    }
    for (size_t k = raw; k-- > 0;) out.put_raw(static_cast<uint32_t>(element >> (8 * k)) & 0xff, 8);
  }
  return out.finish();
}

Tensor range_decode(std::span<const std::byte> bytes, DType dtype, const Shape& shape) {
  const size_t width = size_of(dtype), raw = raw_bytes(dtype);
  Tensor tensor(dtype, shape);
  std::byte* dst = tensor.mutable_bytes();
  Model model(width);
  RangeDecoder in(bytes);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const bool nonzero = in.get(model.nonzero[model.before]);
    model.saw(nonzero);
    if (!nonzero) continue;
    uint64_t element = 0;
    size_t sign = 0;
    for (size_t k = width; k-- > raw;) {
      uint32_t node = 1;
      while (node < 256) node = node << 1 | (in.get(model.bytes[k][sign][node]) ? 1 : 0);
      element = element << 8 | (node & 0xff);
      if (k + 1 == width) sign = node >> 7 & 1;
    }
    if (raw > 0) {
      for (size_t k = raw; k-- > 0;) element = element << 8 | in.get_raw(8);
    }
    if (element == 0) fail("a zero is coded as if it were none");
    std::memcpy(dst + static_cast<size_t>(i) * width, &element, width);
  }
  in.finish();
  return tensor;
}

}  // namespace galet::package
