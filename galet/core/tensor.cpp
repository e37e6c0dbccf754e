#include "galet/core/tensor.h"

#include <cmath>
#include <cstdlib>
#include <limits>

namespace galet {
namespace {

constexpr int64_t kMaxElements = int64_t{1} << 40;

std::shared_ptr<std::byte> allocate(size_t bytes) {
  const size_t rounded = (bytes + 63) / 64 * 64 + 64;  // room for a whole vector read at the end
  void* memory = std::aligned_alloc(64, rounded);
  if (memory == nullptr) fail("out of memory: a tensor of {} bytes", bytes);
  std::memset(memory, 0, rounded);
  return {static_cast<std::byte*>(memory), [](std::byte* p) { std::free(p); }};
}

template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To> && !std::is_same_v<To, bool>) {
    if (std::isnan(value)) return 0;
    if (value <= static_cast<From>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (value >= static_cast<From>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
  }
  return static_cast<To>(value);
}

}  // namespace

int64_t count(const Shape& shape) { return count(shape, 0, shape.size()); }

int64_t count(const Shape& shape, size_t first, size_t last) {
  int64_t n = 1;
  bool zero = false;
  for (size_t i = first; i < last; ++i) {
    const int64_t d = shape[i];
    if (d < 0) fail("negative extent in shape {}", to_string(shape));
    if (d == 0)
      zero = true;
    else if (n > kMaxElements / d)
      fail("shape {} has more than 2^40 elements", to_string(shape));
    else
      n *= d;
  }
  return zero ? 0 : n;
}

std::string to_string(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? "x" : "") + std::to_string(shape[i]);
  return text;
}

Shape strides_of(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

Tensor::Tensor(DType type, Shape shape) : dtype_(type), defined_(true), shape_(std::move(shape)), size_(count(shape_)) {
  own_ = allocate(byte_size());
  bytes_ = own_.get();
}

Tensor::Tensor(DType type, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner)
    : dtype_(type), defined_(true), shape_(std::move(shape)), size_(count(shape_)), bytes_(bytes.data()), borrowed_(std::move(owner)) {
  if (bytes.size() != byte_size())
    fail("{} bytes given for a {} tensor of shape {}, which needs {}", bytes.size(), to_string(type), to_string(shape_), byte_size());
}

std::byte* Tensor::mutable_bytes() {
  if (!own_ || own_.use_count() != 1) {
    auto fresh = allocate(byte_size());
    if (size_ > 0) std::memcpy(fresh.get(), bytes_, byte_size());
    own_ = std::move(fresh);
    borrowed_.reset();
    bytes_ = own_.get();
  }
  return own_.get();
}

Tensor Tensor::reshaped(Shape shape) const {
  if (count(shape) != size_)
    fail("cannot reshape {} to {}: {} elements against {}", to_string(shape_), to_string(shape), size_, count(shape));
  Tensor other = *this;
  other.shape_ = std::move(shape);
  return other;
}

Tensor Tensor::cast(DType type) const {
  if (type == dtype_) return *this;
  Tensor result(type, shape_);
  dispatch(dtype_, [&](auto from_zero) {
    using From = decltype(from_zero);
    dispatch(type, [&](auto to_zero) {
      using To = decltype(to_zero);
      const From* src = data<From>();
      To* dst = result.mutable_data<To>();
      for (int64_t i = 0; i < size_; ++i) dst[i] = convert<To>(src[i]);
    });
  });
  return result;
}

std::vector<int64_t> Tensor::to_ints() const {
  if (is_float(dtype_)) fail("integers expected, found a tensor of {}", to_string(dtype_));
  const Tensor wide = cast(DType::i64);
  const auto values = wide.span<int64_t>();
  return {values.begin(), values.end()};
}

bool Tensor::same_as(const Tensor& other) const {
  return defined_ == other.defined_ && dtype_ == other.dtype_ && shape_ == other.shape_ &&
         (size_ == 0 || std::memcmp(bytes_, other.bytes_, byte_size()) == 0);
}

}  // namespace galet
