#include "galet/package/encoding.h"

#include <cstring>

#include "galet/package/header.h"
#include "galet/package/packing.h"
#include "galet/package/range_coded.h"
#include "galet/package/sparse.h"

namespace galet::package {
namespace {

void consider(Encoded& best, Encoding encoding, std::vector<std::byte> bytes) {
  if (bytes.size() >= best.size) return;
  best.encoding = encoding;
  best.size = bytes.size();
  best.bytes = std::move(bytes);
}

bool is_wide_signed(DType dtype) { return dtype == DType::i16 || dtype == DType::i32 || dtype == DType::i64; }

/// Signed integers without the bytes that only repeat the sign.
std::optional<std::vector<std::byte>> narrow_encode(const Tensor& tensor) {
  if (!is_wide_signed(tensor.dtype()) || tensor.size() == 0) return std::nullopt;
  size_t width = 1;
  const std::vector<int64_t> values = tensor.to_ints();
  for (const int64_t v : values)
    while (width < 8 && v >> (8 * width - 1) != 0 && v >> (8 * width - 1) != -1) ++width;
  std::vector<std::byte> bytes(values.size() * width);
  for (size_t i = 0; i < values.size(); ++i) std::memcpy(bytes.data() + i * width, &values[i], width);
  return bytes;
}

Tensor narrow_decode(std::span<const std::byte> bytes, DType dtype, const Shape& shape) {
  Tensor tensor(dtype, shape);
  const auto n = static_cast<size_t>(tensor.size());
  const size_t width = n == 0 ? 0 : bytes.size() / n;
  if (!is_wide_signed(dtype) || width == 0 || width > size_of(dtype) || bytes.size() != n * width)
    fail("{} {} values lie in {} bytes", n, galet::to_string(dtype), bytes.size());
  for (size_t i = 0; i < n; ++i) {
    int64_t value = (static_cast<uint8_t>(bytes[i * width + width - 1]) & 0x80) != 0 ? -1 : 0;
    std::memcpy(&value, bytes.data() + i * width, width);
    std::memcpy(tensor.mutable_bytes() + i * size_of(dtype), &value, size_of(dtype));
  }
  return tensor;
}

int64_t zeros(const Tensor& tensor, const ValueForm& form) {
  int64_t n = 0;
  for (int64_t i = 0; i < tensor.size(); ++i) n += form.is_zero(tensor.bytes() + static_cast<size_t>(i) * form.width()) ? 1 : 0;
  return n;
}

}  // namespace

std::string_view to_string(Encoding encoding) {
  switch (encoding) {
    case Encoding::dense:
      return "dense";
    case Encoding::bitmap:
      return "bitmap";
    case Encoding::runs:
      return "runs";
    case Encoding::blocks:
      return "blocks";
    case Encoding::range_coded:
      return "range coded";
    case Encoding::mask_of_constant:
      return "mask of its constant";
    case Encoding::narrow:
      return "narrow";
  }
  return "unknown";
}

Encoded encode_dense(const Tensor& tensor, const QuantSpec* spec) {
  Encoded dense;
  dense.bits = spec != nullptr ? packed_bits(*spec) : 0;
  if (dense.bits != 0) dense.bytes = pack_codes(tensor, *spec);
  dense.size = dense.bits == 0 ? tensor.byte_size() : dense.bytes.size();
  return dense;
}

Encoded encode(const Tensor& tensor, const QuantSpec* spec, bool entropy) {
  Encoded best = encode_dense(tensor, spec);
  const ValueForm nonzero(tensor.dtype(), spec, false), any(tensor.dtype(), spec, true);
  if (nonzero.knows_zero() && zeros(tensor, nonzero) * 64 > tensor.size()) {
    consider(best, Encoding::bitmap, bitmap_encode(tensor, nonzero));
    consider(best, Encoding::runs, runs_encode(tensor, nonzero));
    if (auto blocks = blocks_encode(tensor, any)) consider(best, Encoding::blocks, std::move(*blocks));
  }
  if (auto bytes = narrow_encode(tensor)) consider(best, Encoding::narrow, std::move(*bytes));
  if (entropy) consider(best, Encoding::range_coded, range_encode(tensor));
  return best;
}

Encoded encode_mask(const Tensor& mask, const Tensor& constant, bool entropy) {
  Encoded best = encode(mask, nullptr, entropy);
  if (auto bytes = mask_encode(mask, constant)) consider(best, Encoding::mask_of_constant, std::move(*bytes));
  return best;
}

Tensor decode(Encoding encoding, std::span<const std::byte> bytes, DType dtype, const Shape& shape, const QuantSpec* spec,
              const Tensor* constant) {
  const auto form = [&](bool with_zero) {
    ValueForm made(dtype, spec, with_zero);
    if (!made.knows_zero()) fail("zero is none of its codes");
    return made;
  };
  switch (encoding) {
    case Encoding::bitmap:
      return bitmap_decode(bytes, dtype, shape, form(false));
    case Encoding::runs:
      return runs_decode(bytes, dtype, shape, form(false));
    case Encoding::blocks:
      return blocks_decode(bytes, dtype, shape, form(true));
    case Encoding::range_coded:
      return range_decode(bytes, dtype, shape);
    case Encoding::mask_of_constant:
      if (constant == nullptr || constant->shape() != shape) fail("a mask has no constant of its shape");
      return mask_decode(bytes, dtype, *constant);
    case Encoding::narrow:
      return narrow_decode(bytes, dtype, shape);
    case Encoding::dense:
      break;
  }
  if (spec == nullptr) fail("whole elements are not decoded");
  return unpack_codes(bytes, shape, *spec);
}

}  // namespace galet::package
