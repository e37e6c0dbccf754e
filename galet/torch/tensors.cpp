#include "galet/torch/tensors.h"

#include <ATen/ATen.h>

namespace galet::torch {

at::ScalarType scalar_type(DType type) {
  switch (type) {
    case DType::f32:
      return at::kFloat;
    case DType::f64:
      return at::kDouble;
    case DType::i8:
      return at::kChar;
    case DType::u8:
      return at::kByte;
    case DType::i16:
      return at::kShort;
    case DType::i32:
      return at::kInt;
    case DType::i64:
      return at::kLong;
    case DType::boolean:
      return at::kBool;
    default:
      fail("libtorch has no tensors of {}", to_string(type));
  }
}

DType dtype_of(at::ScalarType type) {
  for (const DType mine : {DType::f32, DType::f64, DType::i8, DType::u8, DType::i16, DType::i32, DType::i64, DType::boolean})
    if (scalar_type(mine) == type) return mine;
  fail("a tensor of libtorch's type {} has no counterpart here, expected floats, integers up to 64 bits or booleans", c10::toString(type));
}

at::Tensor to_torch(const Tensor& tensor) {
  at::Tensor result = at::empty(tensor.shape(), at::TensorOptions().dtype(scalar_type(tensor.dtype())));
  if (tensor.byte_size() > 0) std::memcpy(result.data_ptr(), tensor.bytes(), tensor.byte_size());
  return result;
}

Tensor from_torch(const at::Tensor& tensor) {
  at::Tensor dense = tensor.detach().to(at::kCPU).contiguous();
  if (dense.scalar_type() == at::kHalf || dense.scalar_type() == at::kBFloat16) dense = dense.to(at::kFloat);
  Tensor result(dtype_of(dense.scalar_type()), dense.sizes().vec());
  if (result.byte_size() > 0) std::memcpy(result.mutable_bytes(), dense.data_ptr(), result.byte_size());
  return result;
}

}  // namespace galet::torch
