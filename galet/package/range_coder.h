// An adaptive binary range coder (Martin 1979; the carry handling is that of LZMA): one bit costs -log2 of the probability that it had, and
// every bit teaches the probability that it was coded with. So no tables are stored, and each layer's own statistics are found on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "galet/core/error.h"

namespace galet::package {

/// The probability of a 1, in 1/65536: the mean of a quick and a slow average, both quicker while little was seen.
class Chance {
 public:
  /// 64..32704, of 32768.
  uint32_t of_one() const {
    const uint32_t mean = (uint32_t{quick_} + slow_) >> 2;
    return mean < 64 ? 64 : mean > 32704 ? 32704 : mean;
  }
  void learn(bool one) {
    const unsigned seen = seen_ < 6 ? ++seen_ : 6, quick = seen < 4 ? seen : 4, slow = seen < 6 ? seen : 7;
    const int32_t target = one ? 65535 : 0;
    quick_ = static_cast<uint16_t>(quick_ + (target - quick_) / (1 << quick));
    slow_ = static_cast<uint16_t>(slow_ + (target - slow_) / (1 << slow));
  }

 private:
  uint16_t quick_ = 32768, slow_ = 32768;
  uint8_t seen_ = 0;
};

class RangeEncoder {
 public:
  void put(Chance& chance, bool one) {
    const uint32_t bound = (range_ >> 15) * chance.of_one();
    if (one)
      range_ = bound;
    else
      low_ += bound, range_ -= bound;
    chance.learn(one);
    normalize();
  }
  /// Bits that are as good as random.
  void put_raw(uint32_t value, unsigned bits) {
    while (bits > 0) {
      const unsigned step = bits < 8 ? bits : 8;
      bits -= step;
      range_ >>= step;
      low_ += static_cast<uint64_t>(range_) * ((value >> bits) & ((1u << step) - 1));
      normalize();
    }
  }
  std::vector<std::byte> finish() {
    for (int i = 0; i < 5; ++i) shift();
    bytes_.erase(bytes_.begin());  // the first byte is always 0
    return std::move(bytes_);
  }

 private:
  void normalize() {
    while (range_ < (1u << 24)) range_ <<= 8, shift();
  }
  void shift() {
    if (low_ < 0xff000000u || low_ > 0xffffffffu) {
      const auto carry = static_cast<uint8_t>(low_ >> 32);
      bytes_.push_back(static_cast<std::byte>(cache_ + carry));
      for (; pending_ > 0; --pending_) bytes_.push_back(static_cast<std::byte>(0xff + carry));
      cache_ = static_cast<uint8_t>(low_ >> 24);
    } else {
      ++pending_;
    }
    low_ = (low_ & 0x00ffffffu) << 8;
  }
  std::vector<std::byte> bytes_;
  uint64_t low_ = 0, pending_ = 0;
  uint32_t range_ = 0xffffffffu;
  uint8_t cache_ = 0;
};

class RangeDecoder {
 public:
  explicit RangeDecoder(std::span<const std::byte> bytes) : bytes_(bytes) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | next();
  }
  bool get(Chance& chance) {
    const uint32_t bound = (range_ >> 15) * chance.of_one();
    const bool one = code_ < bound;
    if (one)
      range_ = bound;
    else
      code_ -= bound, range_ -= bound;
    chance.learn(one);
    normalize();
    return one;
  }
  uint32_t get_raw(unsigned bits) {
    uint32_t value = 0;
    while (bits > 0) {
      const unsigned step = bits < 8 ? bits : 8;
      bits -= step;
      range_ >>= step;
      const uint32_t part = code_ / range_;
      if (part >> step != 0) fail("it holds what no encoder writes");
      code_ -= part * range_;
      value = value << step | part;
      normalize();
    }
    return value;
  }
  /// Everything was read, nothing is left over; else Error.
  void finish() const {
    if (at_ != bytes_.size()) fail("{} of {} bytes are left over", bytes_.size() - at_, bytes_.size());
  }

 private:
  void normalize() {
    while (range_ < (1u << 24)) range_ <<= 8, code_ = code_ << 8 | next();
  }
  uint32_t next() {
    if (at_ == bytes_.size()) fail("it ends too early");
    return static_cast<uint32_t>(bytes_[at_++]);
  }
  std::span<const std::byte> bytes_;
  size_t at_ = 0;
  uint32_t range_ = 0xffffffffu, code_ = 0;
};

}  // namespace galet::package
