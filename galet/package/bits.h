// A stream of bits, least significant first, that never reads past its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "galet/core/error.h"

namespace galet::package {

class BitWriter {
 public:
  /// The lowest `bits` (0..32) of `value`; the others are zero.
  void put(uint64_t value, unsigned bits) {
    window_ |= value << filled_;
    for (filled_ += bits; filled_ >= 8; filled_ -= 8, window_ >>= 8) bytes_.push_back(static_cast<std::byte>(window_ & 0xff));
  }
  /// The last byte is filled up with zeros.
  std::vector<std::byte> finish() {
    if (filled_ > 0) bytes_.push_back(static_cast<std::byte>(window_));
    window_ = filled_ = 0;
    return std::move(bytes_);
  }
  size_t bytes() const { return bytes_.size() + (filled_ > 0 ? 1 : 0); }

 private:
  std::vector<std::byte> bytes_;
  uint64_t window_ = 0;
  unsigned filled_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  /// The next `bits` (0..32). Throws Error past the end.
  uint64_t get(unsigned bits) {
    while (filled_ < bits) {
      if (at_ == bytes_.size()) fail("it ends too early");
      window_ |= static_cast<uint64_t>(bytes_[at_++]) << filled_, filled_ += 8;
    }
    const uint64_t value = window_ & ((uint64_t{1} << bits) - 1);
    window_ >>= bits, filled_ -= bits;
    return value;
  }
  /// What is left of the last byte is zero (else Error). Returns how many bytes were read.
  size_t finish() const {
    if (window_ != 0) fail("bits are set after the last one");
    return at_;
  }

 private:
  std::span<const std::byte> bytes_;
  size_t at_ = 0;
  uint64_t window_ = 0;
  unsigned filled_ = 0;
};

}  // namespace galet::package
