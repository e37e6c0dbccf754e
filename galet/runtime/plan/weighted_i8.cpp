// Integer convolutions and products: packed weights, the epilogue with what was fused, dynamic ranges.
#include <algorithm>

#include "galet/kernels/conv_i8/conv.h"
#include "galet/kernels/depthwise_i8/depthwise.h"
#include "galet/kernels/reference/arithmetic.h"
#include "galet/runtime/integer_reference.h"
#include "galet/runtime/plan/sparse_choice.h"
#include "galet/runtime/plan/weighted.h"

namespace galet::runtime {
namespace {

using namespace kernels;

/// One packed convolution, by the depthwise, the sparse or the general family. `args` lacks the addresses.
struct PackedConv {
  ConvShape shape;
  const GemmI8Row* gemm = nullptr;
  const SparseI8Row* sparse = nullptr;
  const DepthwiseI8Row* depthwise = nullptr;
  std::shared_ptr<std::byte> weights, prepared;
  ConvI8Args args;
  std::vector<float> m, bias_f32;
  std::vector<int32_t> bias;
  CodeTable table;
  int64_t items = 0;
  double ns_per_item = 0;

  void run(const RunContext& context, const ConvI8Args& call) const {
    context.parallel(items, ns_per_item, [&](int64_t begin, int64_t end, std::byte* scratch) {
      if (depthwise != nullptr)
        depthwise_i8_run(*depthwise, shape, call, begin, end, scratch);
      else if (sparse != nullptr)
        sparse_i8_run(*sparse, shape, call, begin, end, scratch);
      else
        conv_i8_run(*gemm, shape, call, begin, end, scratch);
    });
  }
  const char* name() const { return depthwise != nullptr ? depthwise->name : sparse != nullptr ? sparse->name : gemm->name; }
};

/// Rough nanoseconds of a multiply-accumulate: decides only when a second thread is worth waking.
double ns_per_mac(Isa isa, bool depthwise) {
  const double base = isa == Isa::reference ? 0.3 : isa == Isa::avx2 ? 0.02 : isa == Isa::avx512 ? 0.012 : 0.006;
  return depthwise ? 4 * base : base;
}

/// By the sparse family where that is faster, else by the general one. `kept`: the share of multiply-accumulates that is left.
Isa pack_product(Lowering& lowering, PackedConv& conv, const int8_t* weight, NodeId head, double& kept) {
  const GemmI8Row& gemm = select<GemmI8Fn>(lowering.options.isa);
  const SparseI8Row& sparse = select<SparseI8Fn>(lowering.options.isa);
  const SparseChoice choice = choose_sparse(sparse_kernels(lowering.options.sparse), gemm, sparse, conv.shape, weight);
  if (choice.sparse) {
    kept = choice.kept;
    conv.sparse = &sparse;
    conv.weights = packed_memory(lowering, sparse_i8_packed_bytes(sparse, conv.shape, weight));
    sparse_i8_pack(sparse, conv.shape, weight, conv.weights.get());
    lowering.need_scratch(sparse_i8_scratch_bytes(sparse, conv.shape));
    conv.items = sparse_i8_items(sparse, conv.shape);
    lowering.remark(head, std::string("kernel ") + sparse.name, choice.reason);
    return sparse.isa;
  }
  conv.gemm = &gemm;
  conv.weights = packed_memory(lowering, conv_i8_packed_bytes(gemm, conv.shape));
  conv_i8_pack(gemm, conv.shape, weight, conv.weights.get());
  lowering.need_scratch(conv_i8_scratch_bytes(gemm, conv.shape));
  conv.items = conv_i8_items(gemm, conv.shape);
  if (choice.reason.empty())
    lowering.remark_kernel(head, gemm);
  else
    lowering.remark(head, std::string("kernel ") + gemm.name, choice.reason);
  return gemm.isa;
}

std::shared_ptr<PackedConv> pack(Lowering& lowering, const WeightedNode& weighted, const Tensor& weight, NodeId head) {
  auto conv = std::make_shared<PackedConv>();
  conv->shape = weighted.shape;
  const Tensor oihw = weight_of(weighted, weight);
  const auto* values = oihw.data<int8_t>();
  const Isa isa = lowering.options.isa;
  Isa chosen;
  double kept = 1;
  if (depthwise_i8_applies(weighted.shape)) {
    conv->depthwise = &select<DepthwiseI8Fn>(isa);
    conv->weights = packed_memory(lowering, depthwise_i8_packed_bytes(*conv->depthwise, conv->shape));
    depthwise_i8_pack(*conv->depthwise, conv->shape, values, conv->weights.get());
    lowering.need_scratch(depthwise_i8_scratch_bytes(*conv->depthwise, conv->shape));
    conv->items = depthwise_i8_items(*conv->depthwise, conv->shape);
    lowering.remark_kernel(head, *conv->depthwise);
    chosen = conv->depthwise->isa;
  } else {
    chosen = pack_product(lowering, *conv, values, head, kept);
  }
  conv->args.packed = conv->weights.get();
  conv->ns_per_item = kept * static_cast<double>(weighted.macs) * ns_per_mac(chosen, conv->depthwise != nullptr) /
                      static_cast<double>(std::max<int64_t>(conv->items, 1));
  return conv;
}

void clamp_float(PackedConv& conv, const Lowering& lowering, const Fusion& fusion, ops::ActivationRange range) {
  if (fusion.clamp.valid()) {
    const OpCall call = lowering.graph.call(fusion.clamp);
    range.min = call.op.name == "relu" ? 0.0f : call.get_float("min");
    if (call.op.name == "clip") range.max = call.get_float("max");
  }
  conv.args.output = ConvI8Output::f32;
  conv.args.lo_f32 = range.min;
  conv.args.hi_f32 = range.max;
}

std::string kernel_name(const PackedConv& conv, const Fusion& fusion) {
  std::string name = conv.name();
  if (fusion.table.valid()) name += " + table";
  if (fusion.clamp.valid()) name += " + clamp";
  if (fusion.add.valid()) name += " + add";
  if (fusion.concat.valid()) name += " into concat";
  return name;
}

void remark_fused(Lowering& lowering, const Fusion& fusion) {
  const std::string& head = lowering.node(fusion.head).name;
  for (const NodeId id : {fusion.table, fusion.clamp, fusion.add})
    if (id.valid()) lowering.remark(id, "fused", "into the epilogue of \"" + head + "\", whose result nobody else reads");
}

/// Static: u8 to u8 or to float.
void lower_static(Lowering& lowering, const Fusion& fusion, const WeightedNode& weighted) {
  const Node& node = lowering.node(fusion.head);
  const Value &weight = lowering.value(node.operands[1]), &result = lowering.value(node.results[0]);
  const Affine from = *affine_of(lowering.value(node.operands[0]));
  auto conv = pack(lowering, weighted, weight.constant, fusion.head);
  ConvI8Args& args = conv->args;
  args.src_zero_point = from.zero_point;
  if (const Value* bias = lowering.operand(fusion.head, 2)) {
    const auto values = bias->constant.span<int32_t>();
    conv->bias.assign(values.begin(), values.end());
    args.bias = conv->bias.data();
  }
  BufferId other = kNoBuffer;
  if (lowering.choices.at(fusion.head).computation == Computation::weighted) {
    const Affine to = narrowed(*affine_of(result), weighted.activation.min, weighted.activation.max);
    conv->m = weighted_multipliers(*weight.quant, conv->shape.dst_c, from.scale, &to.scale);
    args.dst_zero_point = to.zero_point;
    args.lo = to.lo;
    args.hi = to.hi;
    Affine now = *affine_of(result);
    const auto then = [&](const CodeTable& next) {  // entry q of the composition depends on entry q alone
      for (size_t q = 0; q < 256; ++q) conv->table[q] = next[args.table != nullptr ? conv->table[q] : q];
      args.table = conv->table.data();
    };
    if (!now.levels.empty()) then(level_table(now.levels));
    if (fusion.table.valid()) {
      const Affine after = *affine_of(lowering.value(lowering.graph.result(fusion.table)));
      then(function_table(lowering.graph, fusion.table, now, after));
      now = after;
    }
    if (fusion.add.valid()) {
      const Node& add = lowering.node(fusion.add);
      const Affine a = *affine_of(lowering.value(add.operands[0])), b = *affine_of(lowering.value(add.operands[1]));
      const OpCall call = lowering.graph.call(fusion.add);
      Affine sum = *affine_of(lowering.value(add.results[0]));
      if (call.has_attribute("activation")) {
        const ops::ActivationRange range = ops::activation_range(call);
        sum = narrowed(sum, range.min, range.max);
      }
      args.add =
          add_coefficients(a.scale, a.zero_point, b.scale, b.zero_point, sum.scale, sum.zero_point, sum.lo, sum.hi, add.op->name == "sub");
      args.other_is_a = fusion.add_operand == 1;
      other = lowering.get(add.operands[1 - fusion.add_operand], weighted.layout);
    }
    if (fusion.concat.valid() && !fusion.add.valid()) {
      const Affine after = *affine_of(lowering.value(lowering.graph.result(fusion.concat)));
      if (!(after == now)) then(rescale_table(now, after));
    }
  } else {
    conv->m = weighted_multipliers(*weight.quant, conv->shape.dst_c, from.scale, nullptr);
    clamp_float(*conv, lowering, fusion, weighted.activation);
  }
  args.m = conv->m.data();
  if (conv->gemm != nullptr) {
    conv->prepared = packed_memory(lowering, conv_i8_prepared_bytes(*conv->gemm, conv->shape));
    conv_i8_prepare(*conv->gemm, conv->shape, args, conv->prepared.get());
  } else if (conv->sparse != nullptr) {
    conv->prepared = packed_memory(lowering, sparse_i8_prepared_bytes(*conv->sparse, conv->shape));
    sparse_i8_prepare(*conv->sparse, conv->shape, args, conv->prepared.get());
  } else {
    conv->prepared = packed_memory(lowering, depthwise_i8_prepared_bytes(*conv->depthwise, conv->shape));
    depthwise_i8_prepare(*conv->depthwise, conv->shape, args, conv->prepared.get());
  }
  args.prepared = conv->prepared.get();
  const BufferId src = lowering.get(node.operands[0], weighted.layout);
  const Destination dst = make_destination(lowering, fusion, weighted);
  conv->shape.dst_stride = dst.stride;
  std::vector<BufferId> reads{src};
  if (other != kNoBuffer) reads.insert(reads.begin(), other);
  remark_fused(lowering, fusion);
  Step& step = lowering.add_step(fusion.last, kernel_name(*conv, fusion), reads, {dst.buffer},
                                 [conv, src, other, to = dst.buffer](const RunContext& c) {
                                   ConvI8Args call = conv->args;
                                   call.src = c.at<uint8_t>(src);
                                   call.dst = c.at<void>(to);
                                   if (other != kNoBuffer) call.other = c.at<uint8_t>(other);
                                   conv->run(c, call);
                                 });
  step.macs = weighted.macs;
  step.in_place = other != kNoBuffer;
}

/// Dynamic: the range of each image is found, its codes made, the product scaled back to float.
void lower_dynamic(Lowering& lowering, const Fusion& fusion, WeightedNode weighted) {
  const Node& node = lowering.node(fusion.head);
  const Value &source = lowering.value(node.operands[0]), &weight = lowering.value(node.operands[1]);
  const int64_t images = source.shape.size() > 1 ? source.shape[0] : 1;
  if (weighted.layout == Layout::nhwc)
    weighted.shape.batch = 1;
  else
    weighted.shape.src_h = weighted.shape.dst_h = weighted.shape.dst_h / std::max<int64_t>(images, 1);
  auto conv = pack(lowering, weighted, weight.constant, fusion.head);
  if (const Value* bias = lowering.operand(fusion.head, 2)) {
    const Tensor real = is_coded(*bias) ? dequantize_tensor(bias->constant, *bias->quant) : bias->constant;
    conv->bias_f32.assign(real.span<float>().begin(), real.span<float>().end());
    conv->args.bias_f32 = conv->bias_f32.data();
  }
  clamp_float(*conv, lowering, fusion, weighted.activation);
  const int64_t elements = count(source.shape) / std::max<int64_t>(images, 1), channels = conv->shape.dst_c;
  const int64_t dst_elements = conv->shape.batch * conv->shape.dst_h * conv->shape.dst_w;
  const BufferId src = lowering.get(node.operands[0], weighted.layout, true);
  const BufferId codes = lowering.arena_buffer(static_cast<size_t>(elements)),
                 multipliers = lowering.arena_buffer(static_cast<size_t>(channels) * sizeof(float));
  const bool coded = is_coded(lowering.value(fusion.result));
  const Destination dst =
      coded ? Destination{lowering.make(fusion.result, weighted.layout, true), 0} : make_destination(lowering, fusion, weighted);
  conv->shape.dst_stride = dst.stride;
  const auto& min_max = select<MinMaxFn>(lowering.options.isa);
  const auto& quantize_row = select<QuantizeFn>(lowering.options.isa);
  remark_fused(lowering, fusion);
  Step& step = lowering.add_step(fusion.last, kernel_name(*conv, fusion) + " dynamic", {src}, {dst.buffer, codes, multipliers},
                                 [conv, src, codes, multipliers, elements, images, channels, dst_elements, scales = weight.quant->scales,
                                  to = dst.buffer, find_range = min_max.run, quantize_codes = quantize_row.run](const RunContext& c) {
                                   const int64_t stride = conv->shape.dst_stride == 0 ? channels : conv->shape.dst_stride;
                                   for (int64_t image = 0; image < images; ++image) {
                                     const float* values = c.at<float>(src) + image * elements;
                                     float low = 0, high = 0;
                                     find_range({values, &low, &high}, 0, elements);
                                     const DynamicRange range = dynamic_range(low, high);
                                     const QuantizeArgs quantizing{values, c.at<uint8_t>(codes), range.scale, range.zero_point};
                                     c.parallel(elements, 0.3,
                                                [&](int64_t begin, int64_t end, std::byte*) { quantize_codes(quantizing, begin, end); });
                                     float* m = c.at<float>(multipliers);
                                     for (int64_t k = 0; k < channels; ++k)
                                       m[k] = range.scale * scales[static_cast<size_t>(k) % scales.size()];
                                     ConvI8Args call = conv->args;
                                     call.src = c.at<uint8_t>(codes);
                                     call.src_zero_point = range.zero_point;
                                     call.m = m;
                                     call.dst = c.at<float>(to) + image * dst_elements * stride;
                                     conv->run(c, call);
                                   }
                                 });
  step.macs = weighted.macs;
  if (coded) lowering.get(fusion.result, weighted.layout);
}

}  // namespace

bool lower_weighted_i8(Lowering& lowering, const Fusion& fusion) {
  const Computation computation = lowering.choices.at(fusion.head).computation;
  const bool dynamic = computation == Computation::weighted_dynamic;
  if (!dynamic && computation != Computation::weighted && computation != Computation::weighted_real) return false;
  const WeightedNode weighted = describe_weighted(lowering, fusion.head);
  if (dynamic)
    lower_dynamic(lowering, fusion, weighted);
  else
    lower_static(lowering, fusion, weighted);
  return true;
}

}  // namespace galet::runtime
