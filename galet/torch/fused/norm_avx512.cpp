namespace {
constexpr int kWidth = 16;
}
#include "galet/torch/fused/norm_loops.h"

namespace galet::torch::fused {

const NormKernels& norm_kernels_avx512() { return kKernels; }

}  // namespace galet::torch::fused
