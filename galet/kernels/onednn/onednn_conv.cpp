// oneDNN convolution primitives over NHWC memory. The formula for the destination is that of ConvF32Args.
#if defined(GALET_ONEDNN)
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "galet/core/random.h"
#include "galet/kernels/onednn/onednn.h"

namespace galet::kernels {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Forward = dnnl::convolution_forward;

const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

memory::desc map_desc(int64_t n, int64_t c, int64_t h, int64_t w) { return memory::desc({n, c, h, w}, memory::data_type::f32, Tag::nhwc); }

struct Geometry {
  memory::desc src, dst, weight, any_weight, bias;
  memory::dims strides, dilation, pad_before, pad_after;

  explicit Geometry(const ConvShape& s) {
    src = map_desc(s.batch, s.src_c, s.src_h, s.src_w);
    dst = map_desc(s.batch, s.dst_c, s.dst_h, s.dst_w);
    const memory::dims grouped{s.groups, s.dst_c / s.groups, s.src_c / s.groups, s.kernel_h, s.kernel_w};
    const memory::dims plain{s.dst_c, s.src_c, s.kernel_h, s.kernel_w};
    const bool groups = s.groups > 1;
    weight = memory::desc(groups ? grouped : plain, memory::data_type::f32, groups ? Tag::goihw : Tag::oihw);
    any_weight = memory::desc(groups ? grouped : plain, memory::data_type::f32, Tag::any);
    bias = memory::desc({s.dst_c}, memory::data_type::f32, Tag::x);
    strides = {s.stride_h, s.stride_w};
    dilation = {s.dilation_h - 1, s.dilation_w - 1};
    pad_before = {s.pad_top, s.pad_left};
    const int64_t reach_h = (s.kernel_h - 1) * s.dilation_h + 1, reach_w = (s.kernel_w - 1) * s.dilation_w + 1;
    pad_after = {(s.dst_h - 1) * s.stride_h + reach_h - s.pad_top - s.src_h, (s.dst_w - 1) * s.stride_w + reach_w - s.pad_left - s.src_w};
  }
};

dnnl::primitive_attr attributes(float lo, float hi, bool add) {
  dnnl::post_ops ops;
  if (add) ops.append_sum(1.0f);
  if (lo == 0.0f && std::isinf(hi))
    ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
  else if (!std::isinf(lo) || !std::isinf(hi))
    ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_clip, lo, hi);
  dnnl::primitive_attr attr;
  attr.set_post_ops(ops);
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

/// Sets OpenMP's thread count for the calling thread, and puts the old one back.
class ThreadCount {
 public:
  explicit ThreadCount(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ~ThreadCount() { omp_set_num_threads(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_;
};

/// One way of cutting the work: oneDNN fixes it when the primitive is made.
struct Cut {
  int threads;
  Forward::primitive_desc description;
  Forward primitive;
  memory weight;

  Cut(const Geometry& g, const dnnl::primitive_attr& attr, int threads_) : threads(threads_) {
    const ThreadCount count(threads);
    const Forward::desc desc(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, g.src, g.any_weight, g.bias, g.dst,
                             g.strides, g.dilation, g.pad_before, g.pad_after);
    description = Forward::primitive_desc(desc, attr, cpu_engine());
    primitive = Forward(description);
  }
};

class Conv final : public OnednnConv {
 public:
  Conv(const Geometry& geometry, const Cut& one, const Cut& many, const float* weight, const float* bias, bool add)
      : add_(add),
        one_(std::move(one)),
        many_(std::move(many)),
        name_(one_.description.impl_info_str()),
        bias_(geometry.bias, cpu_engine()) {
    dnnl::stream stream(cpu_engine());
    memory plain(geometry.weight, cpu_engine(), const_cast<float*>(weight));
    one_.weight = memory(one_.description.weights_desc(), cpu_engine());
    dnnl::reorder(plain, one_.weight).execute(stream, plain, one_.weight);
    many_.weight = one_.weight;
    if (many_.description.weights_desc() != one_.description.weights_desc()) {
      many_.weight = memory(many_.description.weights_desc(), cpu_engine());
      dnnl::reorder(plain, many_.weight).execute(stream, plain, many_.weight);
    }
    stream.wait();
    float* values = static_cast<float*>(bias_.get_data_handle());
    for (int64_t c = 0; c < geometry.bias.dims()[0]; ++c) values[c] = bias == nullptr ? 0.0f : bias[c];
    if (many_.threads != 1 && !same_bits()) many_ = one_;
  }

  size_t packed_bytes() const override {
    const size_t bytes = one_.weight.get_desc().get_size();
    return many_.weight.get() == one_.weight.get() ? bytes : bytes + many_.weight.get_desc().get_size();
  }
  size_t scratch_bytes() const override {
    return std::max(one_.description.scratchpad_desc().get_size(), many_.description.scratchpad_desc().get_size());
  }
  const char* name() const override { return name_.c_str(); }

  void run(const float* src, const float* other, float* dst, void* scratch, int threads) const noexcept override {
    const Cut& cut = threads == 1 ? one_ : many_;
    const ThreadCount count(cut.threads);
    const memory::desc dst_desc = cut.description.dst_desc();
    if (add_ && other != dst) std::memcpy(dst, other, dst_desc.get_size());  // the primitive adds to what dst holds
    dnnl::stream stream(cpu_engine());
    cut.primitive.execute(stream, {{DNNL_ARG_SRC, memory(cut.description.src_desc(), cpu_engine(), const_cast<float*>(src))},
                                   {DNNL_ARG_DST, memory(dst_desc, cpu_engine(), dst)},
                                   {DNNL_ARG_WEIGHTS, cut.weight},
                                   {DNNL_ARG_BIAS, bias_},
                                   {DNNL_ARG_SCRATCHPAD, memory(cut.description.scratchpad_desc(), cpu_engine(), scratch)}});
    stream.wait();
  }

 private:
  /// Whether both cuts give the same bits on random data: oneDNN does not promise it, and sums in other orders for some shapes.
  bool same_bits() const {
    const size_t src_count = one_.description.src_desc().get_size() / sizeof(float),
                 dst_count = one_.description.dst_desc().get_size() / sizeof(float);
    std::vector<float> src(src_count), one(dst_count), many(dst_count), scratch(scratch_bytes() / sizeof(float) + 16);
    Random random(1);
    for (float& x : src) x = static_cast<float>(random.uniform(-1.0, 1.0));
    void* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64) % 64 / sizeof(float);
    run(src.data(), one.data(), one.data(), aligned, 1);
    run(src.data(), many.data(), many.data(), aligned, many_.threads);
    return std::memcmp(one.data(), many.data(), dst_count * sizeof(float)) == 0;
  }

  bool add_;
  Cut one_, many_;
  std::string name_;
  memory bias_;
};

}  // namespace

bool onednn_available() { return true; }

std::unique_ptr<OnednnConv> OnednnConv::create(const ConvShape& shape, const float* weight, const float* bias, float lo, float hi, bool add,
                                               const char** why, int threads) {
  const char* unused;
  const char*& reason = why == nullptr ? unused : *why;
  reason = "oneDNN has no fast implementation for this convolution";
  if (shape.transposed) reason = "transposed convolutions do not go through oneDNN";
  const bool strided =
      (shape.src_stride != 0 && shape.src_stride != shape.src_c) || (shape.dst_stride != 0 && shape.dst_stride != shape.dst_c);
  if (strided) reason = "oneDNN has only its reference implementation for channel slices";
  if (shape.transposed || strided) return nullptr;
  try {
    const Geometry geometry(shape);
    const dnnl::primitive_attr attr = attributes(lo, hi, add);
    const Cut one(geometry, attr, 1);
    if (threads <= 0) threads = omp_get_num_procs();
    const Cut many = threads == 1 ? one : Cut(geometry, attr, threads);
    for (const Cut* cut : {&one, &many}) {
      const std::string_view name =
          cut->description.impl_info_str();  // its gemm is no faster than conv_f32, and its order of sums depends on threads
      if (name.starts_with("ref") || name.find("gemm:") != name.npos) return nullptr;
    }
    return std::make_unique<Conv>(geometry, one, many, weight, bias, add);
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

}  // namespace galet::kernels
#endif
