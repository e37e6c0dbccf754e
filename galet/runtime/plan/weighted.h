// What the integer and the float lowering of weighted nodes share: geometry, activation, where the result goes.
#pragma once

#include "galet/kernels/conv_shape.h"
#include "galet/ops/activation.h"
#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {

struct WeightedNode {
  kernels::ConvShape shape;
  Layout layout = Layout::nhwc;  // of src, other and dst
  ops::ActivationRange activation;
  bool transpose_weight = false;  // matmul: the weight is (in, out)
  int64_t macs = 0;
};

/// conv2d, conv_transpose2d, linear, matmul as one convolution; products are 1x1 on a map of one column of rows.
WeightedNode describe_weighted(const Lowering& lowering, NodeId id);

/// matmul's (in, out) as (out, in); any other weight as it is.
Tensor weight_of(const WeightedNode& weighted, const Tensor& weight);

/// 64-byte aligned memory that the plan keeps.
std::shared_ptr<std::byte> packed_memory(Lowering& lowering, size_t bytes);

/// Where the fusion's result lies: a buffer of its own, or its place in a concat's (then `stride` is the concat's number of channels).
struct Destination {
  BufferId buffer = kNoBuffer;
  int64_t stride = 0;
};
Destination make_destination(Lowering& lowering, const Fusion& fusion, const WeightedNode& weighted);

bool lower_weighted_i8(Lowering& lowering, const Fusion& fusion);
bool lower_weighted_f32(Lowering& lowering, const Fusion& fusion);

}  // namespace galet::runtime
