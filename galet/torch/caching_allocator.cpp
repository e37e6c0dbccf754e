#include "galet/torch/caching_allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>
#include <torch/version.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace galet::torch {
namespace {

constexpr size_t kHeader = 64;  // before each tensor's bytes: the block's size; keeps them on cache lines of their own
constexpr size_t kHuge = size_t{2} << 20;

class Cache {
 public:
  void* take(size_t wanted) {
    const size_t size = size_class(wanted + kHeader);
    void* block = nullptr;
    {
      const std::lock_guard lock(mutex_);
      std::vector<void*>& free = free_[size];
      if (!free.empty()) {
        block = free.back();
        free.pop_back();
      } else {
        held_ += size;
        peak_ = std::max(peak_, held_);
      }
    }
    if (block == nullptr) {
      block = std::aligned_alloc(size >= kHuge ? kHuge : kHeader, size);
      if (block == nullptr) {
        release();
        block = std::aligned_alloc(kHeader, size);
      }
      if (block == nullptr) throw std::bad_alloc();
      if (size >= kHuge) ::madvise(block, size, MADV_HUGEPAGE);
    }
    std::memcpy(block, &size, sizeof(size));
    return static_cast<std::byte*>(block) + kHeader;
  }

  void give(void* bytes) {
    if (bytes == nullptr) return;
    void* block = static_cast<std::byte*>(bytes) - kHeader;
    size_t size = 0;
    std::memcpy(&size, block, sizeof(size));
    const std::lock_guard lock(mutex_);
    free_[size].push_back(block);
  }

  void release() {
    const std::lock_guard lock(mutex_);
    for (auto& [size, blocks] : free_) {
      for (void* block : blocks) std::free(block);
      held_ -= size * blocks.size();
      blocks.clear();
    }
  }

  int64_t peak() {
    const std::lock_guard lock(mutex_);
    return static_cast<int64_t>(peak_);
  }

 private:
  /// Eight sizes to each power of two: at most an eighth is wasted. Large ones are whole huge pages.
  static size_t size_class(size_t bytes) {
    const size_t step = std::max<size_t>(64, std::bit_ceil(bytes) / 16), rounded = (bytes + step - 1) / step * step;
    return rounded < kHuge ? rounded : (rounded + kHuge - 1) / kHuge * kHuge;
  }

  std::mutex mutex_;
  std::map<size_t, std::vector<void*>> free_;
  size_t held_ = 0, peak_ = 0;
};

/// Never destroyed: tensors of static objects come back after main.
Cache& cache() {
  static Cache& only = *new Cache;
  return only;
}

void give_back(void* bytes) { cache().give(bytes); }

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
#define GALET_ALLOCATE_CONST
#else
#define GALET_ALLOCATE_CONST const
#endif

class CachingAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) GALET_ALLOCATE_CONST override {
    const c10::Device cpu(c10::DeviceType::CPU);
    if (bytes == 0) return {nullptr, nullptr, &give_back, cpu};
    void* data = cache().take(bytes);
    return {data, data, &give_back, cpu};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
  void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }
#endif
};

}  // namespace

void use_caching_allocator() {
  static CachingAllocator& only = *new CachingAllocator;
  c10::SetCPUAllocator(&only, 1);
}

void release_cached_memory() { cache().release(); }

int64_t peak_tensor_bytes() { return cache().peak(); }

}  // namespace galet::torch
