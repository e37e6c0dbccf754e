// Between galet's tensors and libtorch's.
#pragma once

#include <ATen/core/Tensor.h>

#include "galet/core/tensor.h"

namespace galet::torch {

/// The element type; throws Error for u16, u32 and u64, which libtorch 1.13 does not have.
at::ScalarType scalar_type(DType type);
/// Inverse; throws Error for types that galet does not have (half, complex, quantized ...).
DType dtype_of(at::ScalarType type);

/// A copy on the CPU.
at::Tensor to_torch(const Tensor& tensor);
/// A dense copy on the CPU, in NCHW order whatever the strides; half and bfloat16 become f32.
Tensor from_torch(const at::Tensor& tensor);

}  // namespace galet::torch
