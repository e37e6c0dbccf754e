// The times of one layer on dense kernels and on those that skip zero blocks, taken in alternation on a part of its pixels.
#pragma once

#include "galet/kernels/conv_i8/conv.h"
#include "galet/kernels/sparse_f32/sparse.h"
#include "galet/kernels/sparse_i8/sparse.h"

namespace galet::runtime {

/// Seconds of processor time for the same part of the layer: dense, sparse, and sparse with nothing kept.
struct SparseTimes {
  double dense = 0, sparse = 0, empty = 0;
};

SparseTimes measure_sparse(const kernels::GemmI8Row& dense, const kernels::SparseI8Row& sparse, const kernels::ConvShape& shape,
                           const int8_t* weight);
/// What is measured as the dense kernel of a float layer: "oneDNN", which may still refuse it, or "conv_f32".
const char* dense_float(const kernels::SparseF32Row& sparse, const kernels::ConvShape& shape);
SparseTimes measure_sparse(const kernels::SparseF32Row& sparse, const kernels::ConvShape& shape, const float* weight);

}  // namespace galet::runtime
