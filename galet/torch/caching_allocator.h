// Memory for libtorch's tensors on the CPU that is given back to the next tensor, not to the system.
#pragma once

#include <cstdint>

namespace galet::torch {

/// From now on tensors come from blocks kept by size. A training step asks for the same large tensors again and again; from the system each
/// of their pages would come as a fault and a page of zeros: a sixth of a step. To be called before the first tensor; never undone.
void use_caching_allocator();
/// Gives blocks that no tensor uses back to the system: between phases that need other sizes (training, evaluation).
void release_cached_memory();
/// Bytes kept, in use or not, at most so far.
int64_t peak_tensor_bytes();

}  // namespace galet::torch
