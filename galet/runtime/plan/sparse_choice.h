// Whether a layer runs on kernels that skip zero blocks: measured on this machine, when the plan is made. Integers are the same either way;
// floats differ in their last bits (docs/decisions/0011), so a process measures each kind of layer once and keeps to it.
// Only layers of which a good part is zero are measured, on a few hundred pixels at most and for a few milliseconds of processor time; what
// was found is kept for the process and, where GALET_SPARSE_CACHE names a file, in that file.
#pragma once

#include <string>

#include "galet/kernels/sparse_f32/sparse.h"
#include "galet/kernels/sparse_i8/sparse.h"
#include "galet/runtime/session.h"

namespace galet::runtime {

struct SparseChoice {
  bool sparse = false;
  double kept = 1;                     // share of blocks that are not all zero
  double dense_us = 0, sparse_us = 0;  // of the part of the layer that was measured; 0: not measured
  double break_even = 0;               // share of zero blocks from which on sparse is faster; 0: not known
  std::string reason;                  // in words, for a remark; empty: nothing to say
};

/// The environment's word or `asked`. Throws Error for a word that GALET_SPARSE does not know.
SparseKernels sparse_kernels(SparseKernels asked);
/// weight: as conv_i8_pack takes it.
SparseChoice choose_sparse(SparseKernels asked, const kernels::GemmI8Row& dense, const kernels::SparseI8Row& sparse,
                           const kernels::ConvShape& shape, const int8_t* weight);
/// weight: as conv_f32_pack takes it. Dense is oneDNN where it takes the layer, else conv_f32 on the row that `sparse.isa` has.
SparseChoice choose_sparse(SparseKernels asked, const kernels::SparseF32Row& sparse, const kernels::ConvShape& shape, const float* weight);

}  // namespace galet::runtime
