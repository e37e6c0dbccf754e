// oneDNN convolution primitives over NHWC memory. The formula for the destination is that of ConvF32Args.
#if defined(GALET_ONEDNN)
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
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

/// One OpenMP thread for the calling thread while it lives: then oneDNN runs on that thread alone, and OpenMP starts none.
class Alone {
 public:
  Alone() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~Alone() { omp_set_num_threads(before_); }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;

 private:
  int before_;
};

/// A part of a convolution that is a convolution itself: some rows of dst, or some of its channels where dst is one pixel.
struct Part {
  ConvShape shape;
  int64_t src = 0, dst = 0, weight = 0, bias = 0;  // where it begins, in elements
};

std::vector<Part> cut(const ConvShape& s, int threads) {
  const bool by_channels = s.batch * s.dst_h * s.dst_w == 1 && s.groups == 1;
  const int64_t extent = by_channels ? s.dst_c / 16 : s.batch == 1 ? s.dst_h : 1;
  const int64_t count = std::clamp<int64_t>(extent, 1, threads);
  std::vector<Part> parts;
  if (count == 1) return {{s, 0, 0, 0, 0}};
  for (int64_t i = 0; i < count; ++i) {
    Part part{s, 0, 0, 0, 0};
    if (by_channels) {
      const int64_t begin = extent * i / count * 16, end = i + 1 == count ? s.dst_c : extent * (i + 1) / count * 16;
      part.shape.dst_c = end - begin;
      part.dst = part.bias = begin;
      part.weight = begin * s.src_c * s.kernel_h * s.kernel_w;
    } else {
      const int64_t begin = extent * i / count, end = extent * (i + 1) / count;
      const int64_t reach = (s.kernel_h - 1) * s.dilation_h + 1, first = begin * s.stride_h - s.pad_top;
      const int64_t src_begin = std::max<int64_t>(first, 0), src_end = std::min((end - 1) * s.stride_h - s.pad_top + reach, s.src_h);
      if (src_end <= src_begin) return {{s, 0, 0, 0, 0}};
      part.shape.dst_h = end - begin;
      part.shape.src_h = src_end - src_begin;
      part.shape.pad_top = src_begin - first;
      part.src = src_begin * s.src_w * s.src_c;
      part.dst = begin * s.dst_w * s.dst_c;
    }
    parts.push_back(part);
  }
  return parts;
}

struct Piece {
  Part part;
  Forward::primitive_desc description;
  Forward primitive;
  memory weight, bias;

  Piece(const Part& p, const dnnl::primitive_attr& attr) : part(p) {
    const Geometry g(p.shape);
    const Forward::desc desc(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, g.src, g.any_weight, g.bias, g.dst,
                             g.strides, g.dilation, g.pad_before, g.pad_after);
    description = Forward::primitive_desc(desc, attr, cpu_engine());
    primitive = Forward(description);
  }
  /// oneDNN's gemm is no faster than conv_f32, and its order of sums depends on how the work is cut.
  bool refused() const {
    const std::string_view name = description.impl_info_str();
    return name.starts_with("ref") || name.find("gemm:") != name.npos;
  }
};

class Conv final : public OnednnConv {
 public:
  Conv(std::vector<Piece> pieces, const float* weight, const float* bias, bool add)
      : add_(add), pieces_(std::move(pieces)), name_(pieces_.front().description.impl_info_str()) {
    const Alone alone;
    dnnl::stream stream(cpu_engine());
    for (size_t i = 0; i < pieces_.size(); ++i) {
      Piece& piece = pieces_[i];
      const Piece& first = pieces_.front();
      const Geometry geometry(piece.part.shape);
      piece.bias = memory(geometry.bias, cpu_engine());
      float* values = static_cast<float*>(piece.bias.get_data_handle());
      for (int64_t c = 0; c < piece.part.shape.dst_c; ++c) values[c] = bias == nullptr ? 0.0f : bias[piece.part.bias + c];
      if (i > 0 && first.part.weight == piece.part.weight && first.description.weights_desc() == piece.description.weights_desc()) {
        piece.weight = first.weight;
        continue;
      }
      memory plain(geometry.weight, cpu_engine(), const_cast<float*>(weight + piece.part.weight));
      piece.weight = memory(piece.description.weights_desc(), cpu_engine());
      packed_bytes_ += piece.description.weights_desc().get_size();
      dnnl::reorder(plain, piece.weight).execute(stream, plain, piece.weight);
    }
    stream.wait();
  }

  size_t packed_bytes() const override { return packed_bytes_; }
  size_t scratch_bytes() const override {
    size_t bytes = 0;
    for (const Piece& piece : pieces_) bytes = std::max(bytes, piece.description.scratchpad_desc().get_size());
    return bytes;
  }
  const char* name() const override { return name_.c_str(); }
  int pieces() const override { return static_cast<int>(pieces_.size()); }

  void run(const float* src, const float* other, float* dst, void* scratch, int number) const noexcept override {
    const Piece& piece = pieces_[static_cast<size_t>(number)];
    const Alone alone;
    const memory::desc dst_desc = piece.description.dst_desc();
    float* to = dst + piece.part.dst;
    if (add_ && other != dst) std::memcpy(to, other + piece.part.dst, dst_desc.get_size());  // the primitive adds to what dst holds
    dnnl::stream stream(cpu_engine());
    piece.primitive.execute(stream,
                            {{DNNL_ARG_SRC, memory(piece.description.src_desc(), cpu_engine(), const_cast<float*>(src + piece.part.src))},
                             {DNNL_ARG_DST, memory(dst_desc, cpu_engine(), to)},
                             {DNNL_ARG_WEIGHTS, piece.weight},
                             {DNNL_ARG_BIAS, piece.bias},
                             {DNNL_ARG_SCRATCHPAD, memory(piece.description.scratchpad_desc(), cpu_engine(), scratch)}});
    stream.wait();
  }

 private:
  bool add_;
  std::vector<Piece> pieces_;
  std::string name_;
  size_t packed_bytes_ = 0;
};

/// Whether both give the same bits on random data: oneDNN does not promise it, and sums in other orders for some shapes.
bool same_bits(const Conv& a, const Conv& b, const ConvShape& shape) {
  std::vector<float> src(static_cast<size_t>(shape.batch * shape.src_h * shape.src_w * shape.src_c));
  std::vector<float> dst_a(static_cast<size_t>(shape.batch * shape.dst_h * shape.dst_w * shape.dst_c)), dst_b(dst_a);
  std::vector<float> scratch(std::max(a.scratch_bytes(), b.scratch_bytes()) / sizeof(float) + 16);
  Random random(1);
  for (float& x : src) x = static_cast<float>(random.uniform(-1.0, 1.0));
  void* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64) % 64 / sizeof(float);
  for (int i = 0; i < a.pieces(); ++i) a.run(src.data(), dst_a.data(), dst_a.data(), aligned, i);
  for (int i = 0; i < b.pieces(); ++i) b.run(src.data(), dst_b.data(), dst_b.data(), aligned, i);
  return std::memcmp(dst_a.data(), dst_b.data(), dst_a.size() * sizeof(float)) == 0;
}

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
    // oneDNN keeps what it made in one cache for the process and gives it to whoever asks for the same again.
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    const Alone alone;
    const dnnl::primitive_attr attr = attributes(lo, hi, add);
    const auto make = [&](int parts) -> std::unique_ptr<Conv> {
      std::vector<Piece> pieces;
      for (const Part& part : cut(shape, parts)) {
        pieces.emplace_back(part, attr);
        if (pieces.back().refused()) return nullptr;
      }
      return std::make_unique<Conv>(std::move(pieces), weight, bias, add);
    };
    auto whole = make(1);
    if (whole == nullptr || threads == 1) return whole;
    auto parts = make(threads);
    return parts != nullptr && same_bits(*whole, *parts, shape) ? std::move(parts) : std::move(whole);
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

}  // namespace galet::kernels
#endif
