// The tiles of the 512-bit rows with VNNI: as many accumulators as 32 registers hold beside the operands.
#pragma once

#include "galet/kernels/gemm_i8/gemm_simd.h"

namespace galet::kernels {
namespace {

inline void multiply_512(const GemmI8Block& block) {
  switch (block.vectors) {
    case 4:
      return multiply<6, 4>(block);
    case 3:
      return multiply<8, 3>(block);
    case 2:
      return multiply<12, 2>(block);
    default:
      return multiply<12, 1>(block);
  }
}

}  // namespace
}  // namespace galet::kernels
