#include "galet/kernels/depthwise_i8/depthwise.h"

#include <algorithm>
#include <cstring>

#include "galet/kernels/depthwise_i8/geometry.h"
#include "galet/kernels/gemm_i8/epilogue_reference.h"

namespace galet::kernels {
namespace {

/// Operands per position, of every chunk and phase.
struct Operands {
  int32_t* init;
  float *m, *bias_f32;
  Operands(const DepthwiseGeometry& geometry, void* memory)
      : init(static_cast<int32_t*>(memory)),
        m(reinterpret_cast<float*>(init) + geometry.sums_bytes() / 4),
        bias_f32(m + geometry.sums_bytes() / 4) {}
};

void fill_operands(const DepthwiseI8Row& row, const DepthwiseGeometry& geometry, const ConvShape& shape, const ConvI8Args& args,
                   const Operands& operands) {
  const int32_t* sums = static_cast<const int32_t*>(args.packed);
  for (int64_t i = 0; i < geometry.operands(); ++i) {
    const int64_t c = geometry.channel_of(i);
    const bool exists = c < shape.src_c;
    const uint32_t bias = exists && args.bias != nullptr ? static_cast<uint32_t>(args.bias[c]) : 0;
    operands.init[i] =
        static_cast<int32_t>(bias - static_cast<uint32_t>(args.src_zero_point - row.even_shift) * static_cast<uint32_t>(sums[i]));
    operands.m[i] = exists && args.m != nullptr ? args.m[c] : 0.0f;
    operands.bias_f32[i] = exists && args.bias_f32 != nullptr ? args.bias_f32[c] : 0.0f;
  }
}

int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }
int64_t ceil_div(int64_t a, int64_t b) { return -floor_div(-a, b); }
int64_t pixel_elements(const ConvShape& shape) { return shape.src_stride == 0 ? shape.src_c : shape.src_stride; }

/// Makes the quads of some columns of one destination row.
class QuadBuilder {
 public:
  QuadBuilder(const DepthwiseGeometry& geometry, const ConvShape& shape, const Kernel<InterleaveI8Fn>& kernel, const uint8_t* image,
              uint8_t flip, const uint8_t* zero_row)
      : geometry_(geometry),
        shape_(shape),
        kernel_(kernel),
        image_(image),
        zero_row_(zero_row),
        flip_(flip),
        pixel_(pixel_elements(shape)) {}

  /// Columns [first, first + count) of a quad row, n channels from channel on. borders: false where columns of nothing but padding are
  /// there already.
  void build(const QuadRow& quads, int64_t dst_row, int64_t first, int64_t count, int64_t channel, int64_t n, bool left,
             uint8_t* dst) const {
    const uint8_t* rows[4];
    int64_t offsets[4];  // source column of destination column 0
    for (int64_t i = 0; i < 4; ++i) {
      const int64_t y = dst_row * shape_.stride_h - shape_.pad_top + (quads.first_row + (quads.horizontal ? 0 : i)) * shape_.dilation_h;
      const bool inside = (quads.horizontal || i < quads.rows) && y >= 0 && y < shape_.src_h;
      rows[i] = (inside ? image_ + y * shape_.src_w * pixel_ : zero_row_) + channel;
      offsets[i] = (quads.horizontal ? i * shape_.dilation_w : quads.residue) - shape_.pad_left;
    }
    // Columns [inner, inner_end) read no padding.
    const int64_t stride = shape_.stride_w;
    const int64_t inner = std::clamp<int64_t>(ceil_div(-offsets[0], stride), first, first + count);
    const int64_t inner_end = std::clamp<int64_t>(ceil_div(shape_.src_w - offsets[3], stride), inner, first + count);
    InterleaveI8 call;
    call.dst_step = geometry_.width * 4;
    call.flip = flip_;
    const auto border = [&](int64_t begin, int64_t end) {
      call.blocks = 1;
      call.n = n;
      for (int64_t q = begin; q < end; ++q) {
        for (int64_t i = 0; i < 4; ++i) {
          const int64_t x = q * stride + offsets[i];
          call.src[i] = x >= 0 && x < shape_.src_w ? rows[i] + x * pixel_ : zero_row_;
        }
        call.dst = dst + (q - first) * call.dst_step;
        kernel_.run(call);
      }
    };
    if (left || quads.horizontal) border(first, inner);
    if (inner_end > inner) {
      for (int64_t i = 0; i < 4; ++i) call.src[i] = rows[i] + (inner * stride + offsets[i]) * pixel_;
      call.src_step = stride * pixel_;
      const bool contiguous = geometry_.flat && stride == 1;
      call.blocks = contiguous ? 1 : inner_end - inner;
      call.n = contiguous ? n * (inner_end - inner) : n;
      call.dst = dst + (inner - first) * call.dst_step;
      kernel_.run(call);
    }
    border(inner_end, first + count);  // always: the last block may have been written beyond its end
  }

 private:
  const DepthwiseGeometry& geometry_;
  const ConvShape& shape_;
  const Kernel<InterleaveI8Fn>& kernel_;
  const uint8_t *image_, *zero_row_;
  uint8_t flip_;
  int64_t pixel_;
};

int64_t zero_row_bytes(const DepthwiseGeometry& geometry, const ConvShape& shape) {
  return align64(shape.src_w * pixel_elements(shape) + geometry.block);
}
/// A flat row that is copied to or from a destination whose pixels lie apart.
int64_t row_copy_bytes(const DepthwiseGeometry& geometry, const ConvShape& shape) {
  return geometry.flat ? align64(std::min(geometry.tile, shape.dst_w) * shape.dst_c * 4) : 0;
}

}  // namespace

size_t depthwise_i8_packed_bytes(const DepthwiseI8Row& row, const ConvShape& shape) {
  const DepthwiseGeometry geometry(row, shape);
  return static_cast<size_t>(geometry.sums_bytes() + align64(geometry.operands() * static_cast<int64_t>(geometry.sets().size()) * 4));
}

void depthwise_i8_pack(const DepthwiseI8Row& row, const ConvShape& shape, const int8_t* weight, void* packed) {
  const DepthwiseGeometry geometry(row, shape);
  std::memset(packed, 0, depthwise_i8_packed_bytes(row, shape));
  int32_t* sums = static_cast<int32_t*>(packed);
  int8_t* weights = static_cast<int8_t*>(packed) + geometry.sums_bytes();
  const auto sets = static_cast<int64_t>(geometry.sets().size());
  for (int64_t at = 0; at < geometry.operands(); ++at) {
    const int64_t c = geometry.channel_of(at);
    if (c >= shape.src_c) continue;
    const int8_t* filter = weight + c * shape.kernel_h * shape.kernel_w;
    int32_t sum = 0;
    for (int64_t t = 0; t < sets; ++t) {
      const TapSet& set = geometry.sets()[static_cast<size_t>(t)];
      int8_t* quad = weights + ((at / geometry.block * sets + t) * geometry.block + at % geometry.block) * 4;
      const bool horizontal = geometry.quad_rows()[static_cast<size_t>(set.quads)].horizontal;
      for (int64_t i = 0; i < (horizontal ? set.columns : set.rows); ++i) {
        const int64_t ky = set.first_row + (horizontal ? 0 : i), kx = set.first_column + (horizontal ? i : 0);
        quad[i] = filter[ky * shape.kernel_w + kx];
        sum += quad[i];
      }
    }
    sums[at] = sum;
  }
}

size_t depthwise_i8_prepared_bytes(const DepthwiseI8Row& row, const ConvShape& shape) {
  return static_cast<size_t>(3 * DepthwiseGeometry(row, shape).sums_bytes());
}

void depthwise_i8_prepare(const DepthwiseI8Row& row, const ConvShape& shape, const ConvI8Args& args, void* prepared) {
  const DepthwiseGeometry geometry(row, shape);
  fill_operands(row, geometry, shape, args, Operands(geometry, prepared));
}

size_t depthwise_i8_scratch_bytes(const DepthwiseI8Row& row, const ConvShape& shape) {
  const DepthwiseGeometry geometry(row, shape);
  return static_cast<size_t>(3 * geometry.sums_bytes() + zero_row_bytes(geometry, shape) + 2 * row_copy_bytes(geometry, shape) +
                             geometry.quad_row_bytes() * static_cast<int64_t>(geometry.quad_rows().size()) +
                             align64(static_cast<int64_t>(geometry.sets().size() * sizeof(uint8_t*))));
}

int64_t depthwise_i8_items(const DepthwiseI8Row& row, const ConvShape& shape) {
  (void)row;
  return shape.batch * shape.dst_h;
}

void depthwise_i8_run(const DepthwiseI8Row& row, const ConvShape& shape, const ConvI8Args& args, int64_t begin, int64_t end,
                      void* scratch) noexcept {
  const DepthwiseGeometry geometry(row, shape);
  uint8_t* memory = static_cast<uint8_t*>(scratch);
  const auto take = [&](int64_t bytes) {
    uint8_t* taken = memory;
    memory += bytes;
    return taken;
  };
  const Operands operands(geometry, args.prepared != nullptr ? const_cast<void*>(args.prepared) : take(3 * geometry.sums_bytes()));
  if (args.prepared == nullptr) fill_operands(row, geometry, shape, args, operands);
  uint8_t* zero_row = take(zero_row_bytes(geometry, shape));
  std::memset(zero_row, args.src_zero_point, static_cast<size_t>(zero_row_bytes(geometry, shape)));
  uint8_t* dst_copy = take(row_copy_bytes(geometry, shape));
  uint8_t* other_copy = take(row_copy_bytes(geometry, shape));
  const auto sets = static_cast<int64_t>(geometry.sets().size());
  const uint8_t** set_quads = reinterpret_cast<const uint8_t**>(take(align64(sets * 8)));
  uint8_t* quads = memory;

  const auto& interleave = select<InterleaveI8Fn>(row.isa);
  const int64_t element = args.output == ConvI8Output::u8 ? 1 : 4, channels = shape.src_c;
  const int64_t dst_stride = shape.dst_stride == 0 ? shape.dst_c : shape.dst_stride;
  const EpilogueI8 epilogue = epilogue_of(shape, args);
  const bool copy_dst = geometry.flat && dst_stride != channels;
  const bool copy_other = geometry.flat && epilogue.other != nullptr && epilogue.other_stride != channels;

  DepthwiseI8 call;
  call.sets = set_quads;
  call.set_count = sets;
  call.phases = geometry.phases;
  for (int64_t t = 0; t < sets; ++t) {
    const TapSet& set = geometry.sets()[static_cast<size_t>(t)];
    set_quads[t] = quads + set.quads * geometry.quad_row_bytes() + set.shift * geometry.width * 4;
  }
  for (int64_t item = begin; item < end; ++item) {
    const uint8_t* image = args.src + item / shape.dst_h * shape.src_h * shape.src_w * pixel_elements(shape);
    const QuadBuilder builder(geometry, shape, interleave, image, static_cast<uint8_t>(row.even_shift), zero_row);
    for (int64_t x = 0; x < shape.dst_w; x += geometry.tile) {
      const int64_t pixels = std::min(geometry.tile, shape.dst_w - x), first_pixel = item * shape.dst_w + x;
      for (int64_t chunk = 0; chunk < geometry.chunks; ++chunk) {
        const int64_t channel = chunk * geometry.block, n = geometry.flat ? channels : std::min(geometry.block, channels - channel);
        const bool left = geometry.tile < shape.dst_w || (item == begin && chunk == 0);
        for (size_t i = 0; i < geometry.quad_rows().size(); ++i)
          builder.build(geometry.quad_rows()[i], item % shape.dst_h, x, pixels + geometry.columns, channel, n, left,
                        quads + static_cast<int64_t>(i) * geometry.quad_row_bytes());
        const int64_t operand = chunk * geometry.block;
        call.weights = static_cast<const int8_t*>(args.packed) + geometry.sums_bytes() + operand * sets * 4;
        call.init = operands.init + operand;
        call.m = operands.m + operand;
        call.bias_f32 = operands.bias_f32 + operand;
        const int64_t positions = pixels * channels;
        call.blocks = geometry.flat ? (positions + geometry.block - 1) / geometry.block : pixels;
        call.full = geometry.flat ? geometry.block : n;
        call.last = geometry.flat ? positions - (call.blocks - 1) * geometry.block : n;
        uint8_t* dst = static_cast<uint8_t*>(args.dst) + (first_pixel * dst_stride + channel) * element;
        call.dst = copy_dst ? dst_copy : dst;
        call.dst_step = geometry.flat ? geometry.block : dst_stride;
        call.epilogue = epilogue;
        call.other_step = geometry.flat ? geometry.block : epilogue.other_stride;
        if (epilogue.other != nullptr) call.epilogue.other += first_pixel * epilogue.other_stride + channel;
        if (copy_other) {
          for (int64_t p = 0; p < pixels; ++p)
            std::memcpy(other_copy + p * channels, call.epilogue.other + p * epilogue.other_stride, static_cast<size_t>(channels));
          call.epilogue.other = other_copy;
        }
        row.run(call);
        if (!copy_dst) continue;
        for (int64_t p = 0; p < pixels; ++p)
          std::memcpy(dst + p * dst_stride * element, dst_copy + p * channels * element, static_cast<size_t>(channels * element));
      }
    }
  }
}

}  // namespace galet::kernels
