// Few codes in few bits: how constants of sub-byte schemes lie in a .galet file. Element i takes bits [i * b, i * b + b) of the stream,
// least significant first; what it holds is the code's place among the codes in use. In memory every code has a byte of its own again.
#pragma once

#include <span>
#include <vector>

#include "galet/core/tensor.h"
#include "galet/ir/facts.h"

namespace galet::package {

/// The codes in use, ascending.
std::vector<int32_t> codebook(const QuantSpec& spec);
/// 1..7: bits of one code, the least that tell all codes in use apart; 0 where codes are stored as they are.
int packed_bits(const QuantSpec& spec);
/// Of so many packed codes.
uint64_t packed_bytes(int64_t codes, int bits);

/// `codes`: u8 or i8, all of them in use (verify() says so).
std::vector<std::byte> pack_codes(const Tensor& codes, const QuantSpec& spec);
/// Throws Error for a stream of the wrong length, a place that no code has, or bits set after the last code.
Tensor unpack_codes(std::span<const std::byte> packed, const Shape& shape, const QuantSpec& spec);

}  // namespace galet::package
