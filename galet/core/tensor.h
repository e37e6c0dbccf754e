// A dense row-major array whose bytes are shared and copied on write.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "galet/core/dtype.h"
#include "galet/core/error.h"

namespace galet {

/// Extents, outermost first; empty for a scalar. Every extent is >= 0.
using Shape = std::vector<int64_t>;

/// Number of elements; throws Error where an extent is negative or the product exceeds 2^40.
int64_t count(const Shape& shape);
/// Product of extents [first, last).
int64_t count(const Shape& shape, size_t first, size_t last);
/// "1x3x224x224"; "scalar" for the empty shape.
std::string to_string(const Shape& shape);
/// Row-major strides in elements.
Shape strides_of(const Shape& shape);

/// Elements of one type in row-major order. Copying shares the bytes; mutable_data() makes them private first.
/// The bytes may belong to something else (a mapped file): then they are read-only until copied. A default-constructed Tensor is "absent".
class Tensor {
 public:
  Tensor() = default;
  /// Zero-filled, 64-byte aligned.
  Tensor(DType type, Shape shape);
  /// Views bytes that `owner` keeps alive; never written through. Throws Error when `bytes` does not hold exactly the shape.
  Tensor(DType type, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

  template <typename T>
  static Tensor from(Shape shape, std::span<const T> values) {
    Tensor tensor(DTypeOf<T>::value, std::move(shape));
    if (static_cast<int64_t>(values.size()) != tensor.size())
      fail("tensor of shape {} given {} values", to_string(tensor.shape()), values.size());
    if (!values.empty()) std::memcpy(tensor.mutable_bytes(), values.data(), values.size_bytes());
    return tensor;
  }
  template <typename T>
  static Tensor from(Shape shape, const std::vector<T>& values) {
    return from<T>(std::move(shape), std::span<const T>(values));
  }
  template <typename T>
  static Tensor scalar(T value) {
    return from<T>(Shape{}, std::span<const T>(&value, 1));
  }

  bool defined() const { return defined_; }
  explicit operator bool() const { return defined_; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t dim(size_t axis) const { return shape_.at(axis); }
  size_t rank() const { return shape_.size(); }
  int64_t size() const { return size_; }
  size_t byte_size() const { return static_cast<size_t>(size_) * size_of(dtype_); }

  const std::byte* bytes() const { return bytes_; }
  std::byte* mutable_bytes();

  /// Typed access; throws Error when T is not the element type.
  template <typename T>
  const T* data() const {
    check(DTypeOf<T>::value);
    return reinterpret_cast<const T*>(bytes_);
  }
  template <typename T>
  T* mutable_data() {
    check(DTypeOf<T>::value);
    return reinterpret_cast<T*>(mutable_bytes());
  }
  template <typename T>
  std::span<const T> span() const {
    return {data<T>(), static_cast<size_t>(size_)};
  }

  /// Same bytes, other shape of the same size.
  Tensor reshaped(Shape shape) const;
  /// Element-wise conversion as static_cast does (floats to integers saturate, NaN to 0); the same tensor when the type already fits.
  Tensor cast(DType type) const;
  /// All elements as int64 (shapes, axes); throws Error for a floating type.
  std::vector<int64_t> to_ints() const;
  /// Equal type, shape and bytes.
  bool same_as(const Tensor& other) const;

 private:
  void check(DType wanted) const {
    if (wanted != dtype_) fail("tensor of {} read as {}", to_string(dtype_), to_string(wanted));
  }

  DType dtype_ = DType::f32;
  bool defined_ = false;
  Shape shape_;
  int64_t size_ = 0;
  const std::byte* bytes_ = nullptr;
  std::shared_ptr<std::byte> own_;        // set when the bytes are ours
  std::shared_ptr<const void> borrowed_;  // set when they are someone else's
};

}  // namespace galet
