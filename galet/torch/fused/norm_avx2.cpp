namespace {
constexpr int kWidth = 8;
}
#include "galet/torch/fused/norm_loops.h"

namespace galet::torch::fused {

const NormKernels& norm_kernels_avx2() { return kKernels; }

}  // namespace galet::torch::fused
