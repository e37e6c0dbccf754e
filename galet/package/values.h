// The elements of a tensor as a file's sparse encodings see them: which are zero (all bits 0: -0.0f is not), and how the others are
// written.
#pragma once

#include <array>
#include <cstring>

#include "galet/core/tensor.h"
#include "galet/ir/facts.h"
#include "galet/package/bits.h"

namespace galet::package {

/// Whole elements, or, where few codes are in use, the place of each among the codes that may stand there (in the fewest bits that tell
/// them apart: none at all for a mask's 1).
class ValueForm {
 public:
  /// `with_zero`: zeros are written too (blocks hold some). `spec` may be null.
  ValueForm(DType dtype, const QuantSpec* spec, bool with_zero);

  /// False where zero is no code in use: then there is nothing to leave out.
  bool knows_zero() const { return knows_zero_; }
  size_t width() const { return width_; }
  /// Bytes of so many values.
  uint64_t bytes(int64_t values) const;
  bool is_zero(const std::byte* element) const {
    uint64_t bits = 0;
    std::memcpy(&bits, element, width_);
    return bits == 0;
  }
  void put(BitWriter& out, const std::byte* element) const;
  void get(BitReader& in, std::byte* element) const;
  bool whole() const { return book_.empty(); }

 private:
  size_t width_;
  unsigned bits_ = 0;
  bool knows_zero_ = true;
  std::vector<int32_t> book_;  // codes that may be written, ascending; empty: whole elements
  std::array<uint8_t, 256> place_{};
};

}  // namespace galet::package
