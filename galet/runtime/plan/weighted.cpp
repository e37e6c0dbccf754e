#include "galet/runtime/plan/weighted.h"

#include <cstdlib>
#include <new>

#include "galet/core/file.h"
#include "galet/ops/strided.h"
#include "galet/ops/window.h"

namespace galet::runtime {

WeightedNode describe_weighted(const Lowering& lowering, NodeId id) {
  const OpCall call = lowering.graph.call(id);
  const Shape& src = call.shape(0);
  const Shape& weight = call.shape(1);
  const Shape& dst = lowering.value(lowering.graph.result(id)).shape;
  WeightedNode weighted;
  if (call.has_attribute("activation")) weighted.activation = ops::activation_range(call);
  weighted.macs = call.op.macs != nullptr ? call.op.macs(call) : 0;
  kernels::ConvShape& shape = weighted.shape;
  if (call.op.name != "conv2d" && call.op.name != "conv_transpose2d") {
    weighted.layout = Layout::logical;
    weighted.transpose_weight = call.op.name == "matmul";
    shape.src_c = weight[weighted.transpose_weight ? 0 : 1];
    shape.dst_c = weight[weighted.transpose_weight ? 1 : 0];
    shape.src_h = shape.dst_h = shape.dst_c == 0 ? 0 : count(dst) / shape.dst_c;
    return weighted;
  }
  shape.transposed = call.op.name == "conv_transpose2d";
  shape.batch = src[0];
  shape.src_h = src[2], shape.src_w = src[3], shape.src_c = src[1];
  shape.dst_h = dst[2], shape.dst_w = dst[3], shape.dst_c = dst[1];
  shape.kernel_h = weight[2], shape.kernel_w = weight[3];
  const Ints &strides = call.get_ints("strides"), &dilations = call.get_ints("dilations"), &pads = call.get_ints("pads");
  shape.stride_h = strides[0], shape.stride_w = strides[1];
  shape.dilation_h = dilations[0], shape.dilation_w = dilations[1];
  shape.pad_top = pads[0], shape.pad_left = pads[1];
  shape.groups = call.get_int("group");
  return weighted;
}

Tensor weight_of(const WeightedNode& weighted, const Tensor& weight) {
  return weighted.transpose_weight ? ops::transposed(weight, {1, 0}) : weight;
}

std::shared_ptr<std::byte> packed_memory(Lowering& lowering, size_t bytes) {
  const size_t rounded = (bytes + 127) / 64 * 64;
  void* memory = std::aligned_alloc(64, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  expect_writing({static_cast<std::byte*>(memory), rounded});
  std::memset(static_cast<std::byte*>(memory) + bytes, 0, rounded - bytes);  // the rest is for the packer
  lowering.plan.weight_bytes += rounded;
  return {static_cast<std::byte*>(memory), [](std::byte* p) { std::free(p); }};
}

Destination make_destination(Lowering& lowering, const Fusion& fusion, const WeightedNode& weighted) {
  const ValueId result = fusion.result;
  if (!fusion.concat.valid()) return {lowering.make(result, weighted.layout), 0};
  const Node& concat = lowering.node(fusion.concat);
  const ValueId whole = concat.results[0];
  auto buffer = lowering.find(whole, Layout::nhwc);
  if (!buffer) buffer = lowering.make(whole, Layout::nhwc);
  const int64_t channels = lowering.value(whole).shape[1];
  int64_t first = 0;
  for (size_t i = 0; i < fusion.concat_operand; ++i) first += lowering.value(concat.operands[i]).shape[1];
  const size_t element = size_of(stored_dtype(lowering.value(whole)));
  const size_t offset = static_cast<size_t>(first) * element;
  return {lowering.part_of(*buffer, offset, static_cast<size_t>(count(lowering.value(whole).shape)) * element - offset), channels};
}

bool lower_weighted(Lowering& lowering, NodeId id) {
  const auto fusion = lowering.fusions.by_head.find(id);
  Fusion alone;
  alone.head = alone.last = id;
  if (lowering.node(id).op->quant != QuantTrait::weighted) return false;
  alone.result = lowering.graph.result(id);
  const Fusion& all = fusion != lowering.fusions.by_head.end() ? fusion->second : alone;
  if (const Tensor& weight = lowering.operand(id, 1)->constant; weight.defined()) expect_reading({weight.bytes(), weight.byte_size()});
  if (!lower_weighted_i8(lowering, all) && !lower_weighted_f32(lowering, all)) return false;
  // The packed copy is what runs: do not hold both in memory.
  if (const Tensor& weight = lowering.operand(id, 1)->constant; weight.defined()) release_mapped({weight.bytes(), weight.byte_size()});
  return true;
}

}  // namespace galet::runtime
