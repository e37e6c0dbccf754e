// For kernel tests: buffers aligned to 64, with guard bytes on both sides that show overwrites; random fillings; all rows of a family.
// Sources are plain vectors of exactly the size needed, so that an address sanitizer sees any read past the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "galet/core/isa.h"
#include "galet/core/random.h"
#include "galet/kernels/kernel.h"

namespace galet::kernels {

template <typename T>
class Guarded {
 public:
  explicit Guarded(int64_t size) : size_(size), bytes_(static_cast<size_t>(size) * sizeof(T) + 3 * kGuard, kFill) {
    begin_ = bytes_.data() + kGuard;
    begin_ += (kGuard - reinterpret_cast<uintptr_t>(begin_) % kGuard) % kGuard;
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  T* data() { return reinterpret_cast<T*>(begin_); }
  const T* data() const { return reinterpret_cast<const T*>(begin_); }
  T& operator[](int64_t i) { return data()[i]; }
  int64_t size() const { return size_; }
  /// Whether both guards are whole.
  bool intact() const {
    const uint8_t* end = begin_ + static_cast<size_t>(size_) * sizeof(T);
    for (size_t i = 0; i < kGuard; ++i)
      if (begin_[-1 - static_cast<ptrdiff_t>(i)] != kFill || end[i] != kFill) return false;
    return true;
  }
  bool same_as(const Guarded& other) const {
    return size_ == other.size_ && std::memcmp(begin_, other.begin_, static_cast<size_t>(size_) * sizeof(T)) == 0;
  }

 private:
  static constexpr size_t kGuard = 64;
  static constexpr uint8_t kFill = 0xa5;
  int64_t size_;
  std::vector<uint8_t> bytes_;
  uint8_t* begin_;
};

/// Uniform integers in [low, high].
template <typename T>
void fill(Guarded<T>& buffer, Random& random, int64_t low, int64_t high) {
  for (int64_t i = 0; i < buffer.size(); ++i)
    buffer[i] = static_cast<T>(low + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - low + 1))));
}
template <typename T>
void fill(std::vector<T>& values, Random& random, int64_t low, int64_t high) {
  for (T& value : values) value = static_cast<T>(low + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - low + 1))));
}
inline void fill(std::vector<float>& values, Random& random, double low, double high) {
  for (float& value : values) value = static_cast<float>(random.uniform(low, high));
}
inline void fill(Guarded<float>& buffer, Random& random, double low, double high) {
  for (int64_t i = 0; i < buffer.size(); ++i) buffer[i] = static_cast<float>(random.uniform(low, high));
}
inline int64_t between(Random& random, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - low + 1)));
}
template <typename T>
T pick(Random& random, std::initializer_list<T> values) {
  return values.begin()[random.below(values.size())];
}

/// Calls f(row) for every row of a family that this machine can run.
template <typename F, typename Body>
void for_rows(Body&& f) {
  for (const Kernel<F>& row : kernel_rows<F>())
    if (supported(row.isa)) f(row);
}

}  // namespace galet::kernels
