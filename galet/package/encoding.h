// How a tensor's bytes lie in a .galet file: chosen tensor by tensor, the smallest that may be used (docs/package-format.md).
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "galet/core/tensor.h"
#include "galet/ir/facts.h"

namespace galet::package {

/// Numbers as in the file.
enum class Encoding : uint8_t { dense, bitmap, runs, blocks, range_coded, mask_of_constant, narrow };
constexpr Encoding kLastEncoding = Encoding::narrow;
std::string_view to_string(Encoding encoding);

/// What a small file can ask of a machine is bounded: all its encoded tensors together take at most so many bytes once read.
constexpr uint64_t decoded_limit(uint64_t data_bytes) { return (uint64_t{64} << 20) + data_bytes * 256; }

struct Encoded {
  Encoding encoding = Encoding::dense;
  int bits = 0;                  // of a packed code; 0: whole elements
  std::vector<std::byte> bytes;  // empty for dense whole elements: they are the tensor's own
  uint64_t size = 0;             // of what is stored
};

/// `spec`: of a quantized constant; may be null. `entropy`: range coding is considered too.
Encoded encode(const Tensor& tensor, const QuantSpec* spec, bool entropy);
/// As before there were encodings: whole elements, or packed codes.
Encoded encode_dense(const Tensor& tensor, const QuantSpec* spec);
/// A mask beside its constant (which may be absent).
Encoded encode_mask(const Tensor& mask, const Tensor& constant, bool entropy);
/// Any but whole dense elements. `constant`: of a mask; null otherwise. Throws Error for bytes that are not such a tensor's.
Tensor decode(Encoding encoding, std::span<const std::byte> bytes, DType dtype, const Shape& shape, const QuantSpec* spec,
              const Tensor* constant);

}  // namespace galet::package
