// The block of weights that kernels skip where it is all zero.
#pragma once

#include <cstdint>

namespace galet::kernels {

/// Output channels by inputs of one tap.
constexpr int64_t kSparseChannels = 16, kSparseInputs = 4;

}  // namespace galet::kernels
