// How far a network's outputs lie from another's, over many images: no labels needed.
#pragma once

#include "galet/core/tensor.h"

namespace galet::evaluate {

struct Divergence {
  double sqnr_db = 0;    // 10 log10(sum a^2 / sum (a - b)^2); infinite where all are equal
  double kl = 0;         // mean over images of sum p log(p / q) in nats; p, q: softmax, or the rows themselves where they are probabilities
  double agreement = 0;  // fraction of images whose highest score has the same index
};

/// `reference` and `other`: f32 (images, classes...), as Accuracy::outputs. Throws Error where their shapes differ.
Divergence divergence(const Tensor& reference, const Tensor& other);

}  // namespace galet::evaluate
