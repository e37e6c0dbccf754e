// Numbers of zeros between values, in Rice codes: the quotient by 2^k in unary, the remainder in k bits. k follows the mean of the last
// gaps, as in JPEG-LS (Weinberger, Seroussi, Sapiro 2000), so that dense and sparse channels of one tensor each have theirs.
#pragma once

#include "galet/package/bits.h"

namespace galet::package {

class RunParameter {
 public:
  unsigned k() const {
    unsigned k = 0;
    while ((count_ << k) < sum_ && k < 31) ++k;
    return k == 0 ? 0 : k - 1;
  }
  void saw(uint64_t gap) {
    sum_ += gap < kMost ? gap : kMost;
    if (++count_ == 32) count_ /= 2, sum_ /= 2;
  }

 private:
  static constexpr uint64_t kMost = uint64_t{1} << 32;
  uint64_t sum_ = 2, count_ = 1;
};

constexpr unsigned kEscape = 20;  // so many 1s: the gap follows as 40 bits

class RunWriter {
 public:
  void put(uint64_t gap) {
    const unsigned k = parameter_.k();
    if ((gap >> k) < kEscape) {
      bits_.put((uint64_t{1} << (gap >> k)) - 1, static_cast<unsigned>(gap >> k) + 1);  // 1s, then a 0
      bits_.put(gap & ((uint64_t{1} << k) - 1), k);
    } else {
      bits_.put((1u << kEscape) - 1, kEscape);
      bits_.put(gap & 0xfffff, 20);
      bits_.put(gap >> 20, 20);
    }
    parameter_.saw(gap);
  }
  std::vector<std::byte> finish() { return bits_.finish(); }

 private:
  BitWriter bits_;
  RunParameter parameter_;
};

class RunReader {
 public:
  explicit RunReader(std::span<const std::byte> bytes) : bits_(bytes) {}
  uint64_t get() {
    const unsigned k = parameter_.k();
    uint64_t quotient = 0;
    while (quotient < kEscape && bits_.get(1) == 1) ++quotient;
    uint64_t gap = 0;
    if (quotient < kEscape) {
      gap = quotient << k | bits_.get(k);
    } else {
      gap = bits_.get(20);
      gap |= bits_.get(20) << 20;
    }
    parameter_.saw(gap);
    return gap;
  }
  /// Bytes read; Error where the last one has bits left.
  size_t finish() const { return bits_.finish(); }

 private:
  BitReader bits_;
  RunParameter parameter_;
};

}  // namespace galet::package
