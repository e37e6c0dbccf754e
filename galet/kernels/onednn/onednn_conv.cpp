// oneDNN convolution primitives over NHWC memory. The formula for the destination is that of ConvF32Args.
#if defined(GALET_ONEDNN)
#include <omp.h>

#include <cmath>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

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

class Conv final : public OnednnConv {
 public:
  Conv(const ConvShape& shape, const Forward::primitive_desc& description, const Geometry& g, const float* weight, const float* bias,
       bool add)
      : add_(add),
        primitive_(description),
        name_(description.impl_info_str()),
        stream_(cpu_engine()),
        src_(g.src, cpu_engine(), nullptr),
        dst_(g.dst, cpu_engine(), nullptr),
        weight_(description.weights_desc(), cpu_engine()),
        bias_(g.bias, cpu_engine()),
        scratchpad_(description.scratchpad_desc(), cpu_engine(), nullptr) {
    memory plain(g.weight, cpu_engine(), const_cast<float*>(weight));
    dnnl::reorder(plain, weight_).execute(stream_, plain, weight_);
    stream_.wait();
    float* values = static_cast<float*>(bias_.get_data_handle());
    for (int64_t c = 0; c < shape.dst_c; ++c) values[c] = bias == nullptr ? 0.0f : bias[c];
    arguments_ = {{DNNL_ARG_SRC, src_},
                  {DNNL_ARG_DST, dst_},
                  {DNNL_ARG_WEIGHTS, weight_},
                  {DNNL_ARG_BIAS, bias_},
                  {DNNL_ARG_SCRATCHPAD, scratchpad_}};
  }

  size_t packed_bytes() const override { return weight_.get_desc().get_size(); }
  size_t scratch_bytes() const override { return scratchpad_.get_desc().get_size(); }
  const char* name() const override { return name_.c_str(); }

  void run(const float* src, const float* other, float* dst, void* scratch, int threads) noexcept override {
    omp_set_num_threads(threads);
    if (add_ && other != dst) std::memcpy(dst, other, dst_.get_desc().get_size());  // the primitive adds to what dst holds
    src_.set_data_handle(const_cast<float*>(src));
    dst_.set_data_handle(dst);
    scratchpad_.set_data_handle(scratch);
    primitive_.execute(stream_, arguments_);
    stream_.wait();
  }

 private:
  bool add_;
  dnnl::primitive primitive_;
  std::string name_;
  dnnl::stream stream_;
  memory src_, dst_, weight_, bias_, scratchpad_;
  std::unordered_map<int, memory> arguments_;
};

}  // namespace

bool onednn_available() { return true; }

std::unique_ptr<OnednnConv> OnednnConv::create(const ConvShape& shape, const float* weight, const float* bias, float lo, float hi, bool add,
                                               const char** why) {
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
    const Forward::desc desc(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, geometry.src, geometry.any_weight,
                             geometry.bias, geometry.dst, geometry.strides, geometry.dilation, geometry.pad_before, geometry.pad_after);
    const Forward::primitive_desc description(desc, attributes(lo, hi, add), cpu_engine());
    if (std::string_view(description.impl_info_str()).starts_with("ref")) return nullptr;
    return std::make_unique<Conv>(shape, description, geometry, weight, bias, add);
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

}  // namespace galet::kernels
#endif
