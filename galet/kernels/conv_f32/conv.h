// Convolution in float (also linear layers and transposed convolution): the fallback where oneDNN is absent. Same idea as conv_i8.
#pragma once

#include <cstddef>
#include <cstdint>

#include "galet/kernels/conv_f32/conv_args.h"
#include "galet/kernels/gemm_f32/gemm.h"
#include "galet/kernels/kernel.h"

namespace galet::kernels {

using GemmF32Row = Kernel<GemmF32Fn>;

/// `row`: select<GemmF32Fn>(isa).
size_t conv_f32_packed_bytes(const GemmF32Row& row, const ConvShape& shape);
/// weight: (out, in/groups, kh, kw), or (in, out/groups, kh, kw) where transposed. packed aligned to 64.
void conv_f32_pack(const GemmF32Row& row, const ConvShape& shape, const float* weight, void* packed);
size_t conv_f32_scratch_bytes(const GemmF32Row& row, const ConvShape& shape);
int64_t conv_f32_items(const GemmF32Row& row, const ConvShape& shape);
void conv_f32_run(const GemmF32Row& row, const ConvShape& shape, const ConvF32Args& args, int64_t begin, int64_t end,
                  void* scratch) noexcept;

}  // namespace galet::kernels
