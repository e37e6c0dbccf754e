// For kernel tests: buffers that end at a page which nobody may touch, so that a read or write past the end stops the test, and that are
// preceded by bytes whose change is noticed.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "galet/core/error.h"

namespace galet::kernels {

template <typename T>
class Fenced {
 public:
  /// `size` elements, zero. alignment: of the first one, in bytes; where it is greater than T's, the fence is up to alignment - 1 bytes
  /// away.
  explicit Fenced(int64_t size, size_t alignment = alignof(T)) : size_(size) {
    const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    const size_t bytes = (static_cast<size_t>(size) * sizeof(T) + alignment - 1) / alignment * alignment;
    const size_t body = (bytes + kGuard + page - 1) / page * page;
    mapped_ = body + page;
    void* memory = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || ::mprotect(static_cast<uint8_t*>(memory) + body, page, PROT_NONE) != 0)
      fail("cannot map {} bytes for a test", mapped_);
    map_ = static_cast<uint8_t*>(memory);
    begin_ = map_ + body - bytes;
    std::memset(begin_ - kGuard, kFill, kGuard);
  }
  explicit Fenced(const std::vector<T>& values) : Fenced(static_cast<int64_t>(values.size())) {
    std::copy(values.begin(), values.end(), data());
  }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;
  ~Fenced() { ::munmap(map_, mapped_); }

  T* data() { return reinterpret_cast<T*>(begin_); }
  const T* data() const { return reinterpret_cast<const T*>(begin_); }
  T& operator[](int64_t i) { return data()[i]; }
  int64_t size() const { return size_; }
  /// Whether nothing was written in front.
  bool intact() const {
    return std::all_of(begin_ - kGuard, begin_, [](uint8_t byte) { return byte == kFill; });
  }
  bool same_as(const Fenced& other) const {
    return size_ == other.size_ && std::memcmp(begin_, other.begin_, static_cast<size_t>(size_) * sizeof(T)) == 0;
  }

 private:
  static constexpr size_t kGuard = 64;
  static constexpr uint8_t kFill = 0xa5;
  int64_t size_;
  size_t mapped_;
  uint8_t* map_;
  uint8_t* begin_;
};

}  // namespace galet::kernels
