// Float convolutions and products: kernels that skip zero blocks where they are faster, oneDNN where it is there and willing, galet's own
// kernels otherwise.
#include <algorithm>

#include "galet/kernels/conv_f32/conv.h"
#include "galet/kernels/depthwise_f32/depthwise.h"
#include "galet/kernels/depthwise_i8/depthwise.h"
#include "galet/kernels/onednn/onednn.h"
#include "galet/runtime/plan/sparse_choice.h"
#include "galet/runtime/plan/weighted.h"

namespace galet::runtime {
namespace {

using namespace kernels;

struct FloatConv {
  ConvShape shape;
  std::unique_ptr<OnednnConv> onednn;
  const GemmF32Row* gemm = nullptr;
  const SparseF32Row* sparse = nullptr;
  const Kernel<DepthwiseF32Fn>* depthwise = nullptr;
  std::shared_ptr<std::byte> weights;
  std::vector<float> bias;
  ConvF32Args args;
  int64_t items = 0;
  double ns = 0, ns_per_item = 0;  // rough times: of the whole, of an item

  void run(const RunContext& context, const ConvF32Args& call) const {
    if (onednn) {
      context.parallel(onednn->pieces(), ns / onednn->pieces(), [&](int64_t begin, int64_t end, std::byte* scratch) {
        for (int64_t piece = begin; piece < end; ++piece) onednn->run(call.src, call.other, call.dst, scratch, static_cast<int>(piece));
      });
      return;
    }
    context.parallel(items, ns_per_item, [&](int64_t begin, int64_t end, std::byte* scratch) {
      if (depthwise != nullptr)
        depthwise->run({shape, call}, begin, end);
      else if (sparse != nullptr)
        sparse_f32_run(*sparse, shape, call, begin, end, scratch);
      else
        conv_f32_run(*gemm, shape, call, begin, end, scratch);
    });
  }
};

double ns_per_mac(Isa isa) { return isa == Isa::reference ? 0.5 : 0.03; }

/// By the sparse family where that is faster. False: dense it is; `reason` says why if there is something to say.
bool pack_sparse(Lowering& lowering, FloatConv& conv, int64_t macs, const float* weight, NodeId head, std::string& reason) {
  if (depthwise_i8_applies(conv.shape)) return false;
  const SparseF32Row& sparse = select<SparseF32Fn>(lowering.options.isa);
  const SparseChoice choice = choose_sparse(sparse_kernels(lowering.options.sparse), sparse, conv.shape, weight);
  reason = choice.reason;
  if (!choice.sparse) return false;
  conv.sparse = &sparse;
  conv.weights = packed_memory(lowering, sparse_f32_packed_bytes(sparse, conv.shape, weight));
  sparse_f32_pack(sparse, conv.shape, weight, conv.weights.get());
  lowering.need_scratch(sparse_f32_scratch_bytes(sparse, conv.shape));
  conv.items = sparse_f32_items(sparse, conv.shape);
  conv.args.packed = conv.weights.get();
  conv.ns_per_item =
      choice.kept * static_cast<double>(macs) * ns_per_mac(lowering.options.isa) / static_cast<double>(std::max<int64_t>(conv.items, 1));
  lowering.remark(head, std::string("kernel ") + sparse.name, choice.reason);
  return true;
}

std::string pack(Lowering& lowering, FloatConv& conv, const WeightedNode& weighted, const Tensor& weight, const Fusion& fusion) {
  const Tensor oihw = weight_of(weighted, weight);
  const auto* values = oihw.data<float>();
  const Isa isa = lowering.options.isa;
  std::string dense_because;
  if (pack_sparse(lowering, conv, weighted.macs, values, fusion.head, dense_because)) return conv.sparse->name;
  const char* why = "instruction set reference asked for";
  if (isa != Isa::reference)
    conv.onednn = OnednnConv::create(conv.shape, values, conv.args.bias, conv.args.lo, conv.args.hi, fusion.add.valid(), &why,
                                     lowering.options.threads);
  conv.ns = static_cast<double>(weighted.macs) * ns_per_mac(isa);
  if (conv.onednn) {
    lowering.plan.weight_bytes += conv.onednn->packed_bytes();
    lowering.need_scratch(conv.onednn->scratch_bytes());
    lowering.remark(fusion.head, std::string("kernel oneDNN ") + conv.onednn->name(), dense_because);
    return std::string("oneDNN ") + conv.onednn->name();
  }
  const char* name;
  if (depthwise_i8_applies(conv.shape)) {
    conv.depthwise = &select<DepthwiseF32Fn>(isa);
    conv.weights = packed_memory(lowering, depthwise_f32_packed_bytes(conv.shape));
    depthwise_f32_pack(conv.shape, values, reinterpret_cast<float*>(conv.weights.get()));
    conv.items = conv.shape.batch * conv.shape.dst_h;
    name = conv.depthwise->name;
  } else {
    conv.gemm = &select<GemmF32Fn>(isa);
    conv.weights = packed_memory(lowering, conv_f32_packed_bytes(*conv.gemm, conv.shape));
    conv_f32_pack(*conv.gemm, conv.shape, values, conv.weights.get());
    lowering.need_scratch(conv_f32_scratch_bytes(*conv.gemm, conv.shape));
    conv.items = conv_f32_items(*conv.gemm, conv.shape);
    name = conv.gemm->name;
  }
  conv.args.packed = conv.weights.get();
  conv.ns_per_item = conv.ns / static_cast<double>(std::max<int64_t>(conv.items, 1));
  lowering.remark(fusion.head, std::string("kernel ") + name,
                  std::string("not oneDNN: ") + why + (dense_because.empty() ? "" : "; ") + dense_because);
  return name;
}

Tensor real_constant(const Value& value) { return is_coded(value) ? dequantize_tensor(value.constant, *value.quant) : value.constant; }

bool applies(const Lowering& lowering, NodeId id) {
  const Node& node = lowering.node(id);
  if (lowering.choices.at(id).computation != Computation::real) return false;
  const Value *src = lowering.operand(id, 0), *weight = lowering.operand(id, 1), *bias = lowering.operand(id, 2);
  if (!weight->is_constant() || src->dtype != DType::f32 || weight->dtype != DType::f32 || (bias != nullptr && !bias->is_constant()))
    return false;
  if (node.op->name == "matmul") return weight->shape.size() == 2 && src->shape.size() >= 2;
  return true;
}

}  // namespace

bool lower_weighted_f32(Lowering& lowering, const Fusion& fusion) {
  if (!applies(lowering, fusion.head)) return false;
  const Node& node = lowering.node(fusion.head);
  const WeightedNode weighted = describe_weighted(lowering, fusion.head);
  auto conv = std::make_shared<FloatConv>();
  conv->shape = weighted.shape;
  ops::ActivationRange range = weighted.activation;
  if (fusion.add.valid()) {
    const OpCall call = lowering.graph.call(fusion.add);
    if (call.has_attribute("activation")) range = ops::activation_range(call);
  }
  if (fusion.clamp.valid()) {
    const OpCall call = lowering.graph.call(fusion.clamp);
    range.min = call.op.name == "relu" ? 0.0f : call.get_float("min");
    if (call.op.name == "clip") range.max = call.get_float("max");
  }
  conv->args.lo = range.min;
  conv->args.hi = range.max;
  if (const Value* bias = lowering.operand(fusion.head, 2)) {
    const Tensor values = real_constant(*bias);
    conv->bias.assign(values.span<float>().begin(), values.span<float>().end());
    conv->args.bias = conv->bias.data();
  }
  const BufferId src = lowering.get(node.operands[0], weighted.layout, true);
  BufferId other = kNoBuffer;
  if (fusion.add.valid()) other = lowering.get(lowering.node(fusion.add).operands[1 - fusion.add_operand], weighted.layout);
  const bool coded = is_coded(lowering.value(fusion.result));
  const Destination dst =
      coded ? Destination{lowering.make(fusion.result, weighted.layout, true), 0} : make_destination(lowering, fusion, weighted);
  conv->shape.dst_stride = dst.stride;
  const std::string kernel = pack(lowering, *conv, weighted, real_constant(*lowering.operand(fusion.head, 1)), fusion);
  if (const Choice& choice = lowering.choices.at(fusion.head); !choice.reason.empty())
    lowering.remark(fusion.head, "computed in float", choice.reason);
  for (const NodeId id : {fusion.clamp, fusion.add})
    if (id.valid()) lowering.remark(id, "fused", "into the epilogue of \"" + node.name + "\", whose result nobody else reads");
  std::vector<BufferId> reads{src};
  if (other != kNoBuffer) reads.insert(reads.begin(), other);
  Step& step = lowering.add_step(fusion.last, kernel, reads, {dst.buffer}, [conv, src, other, to = dst.buffer](const RunContext& c) {
    ConvF32Args call = conv->args;
    call.src = c.at<float>(src);
    call.dst = c.at<float>(to);
    if (other != kNoBuffer) call.other = c.at<float>(other);
    conv->run(c, call);
  });
  step.macs = weighted.macs;
  step.in_place = other != kNoBuffer;
  if (coded) lowering.get(fusion.result, weighted.layout);
  return true;
}

}  // namespace galet::runtime
