#include "galet/kernels/depthwise_i8/depthwise.h"

#include <algorithm>
#include <cstring>

#include "galet/kernels/conv_i8/layout.h"
#include "galet/kernels/gemm_i8/epilogue_reference.h"

namespace galet::kernels {
namespace {

struct Plan {
  int64_t width;  // channels of a block
  int64_t blocks, taps, quads, channels;
  int32_t shift;  // of source codes in the kernel
  Plan(const DepthwiseI8Row& row, const ConvShape& shape)
      : width(4 * row.lanes),
        blocks((shape.src_c + width - 1) / width),
        taps(shape.kernel_h * shape.kernel_w),
        quads((taps + 3) / 4),
        channels(blocks * width),
        shift(row.even_shift) {}
  int64_t sums_bytes() const { return align64(channels * 4); }
  /// Where channel c of a block lies in an interleaved array.
  int64_t interleaved(int64_t c) const { return c % width % 16 / 4 * (width / 4) + c % width / 16 * 4 + c % 4; }
  int64_t zero_row_bytes() const { return align64(channels); }
};

struct Scratch {
  int32_t* init;
  float* m;
  float* bias_f32;
  uint8_t* zero_row;
  const uint8_t** rows;
  int64_t* steps;
};

Scratch fill_scratch(const Plan& plan, const ConvI8Args& args, int64_t channels, void* memory) {
  uint8_t* at = static_cast<uint8_t*>(memory);
  Scratch scratch;
  scratch.init = reinterpret_cast<int32_t*>(at);
  scratch.m = reinterpret_cast<float*>(at + plan.sums_bytes());
  scratch.bias_f32 = reinterpret_cast<float*>(at + 2 * plan.sums_bytes());
  scratch.zero_row = at + 3 * plan.sums_bytes();
  scratch.rows = reinterpret_cast<const uint8_t**>(scratch.zero_row + plan.zero_row_bytes());
  scratch.steps = reinterpret_cast<int64_t*>(scratch.rows + 4 * plan.quads);
  std::memset(scratch.zero_row, args.src_zero_point, static_cast<size_t>(plan.zero_row_bytes()));

  const int32_t* sums = static_cast<const int32_t*>(args.packed);
  for (int64_t c = 0; c < plan.channels; ++c) {
    const int64_t block = c / plan.width * plan.width, packed = block + plan.interleaved(c);
    const bool exists = c < channels;
    const uint32_t bias = exists && args.bias != nullptr ? static_cast<uint32_t>(args.bias[c]) : 0;
    scratch.init[packed] =
        static_cast<int32_t>(bias - static_cast<uint32_t>(args.src_zero_point - plan.shift) * static_cast<uint32_t>(sums[packed]));
    scratch.m[args.output == ConvI8Output::u8 ? packed : c] = exists && args.m != nullptr ? args.m[c] : 0.0f;
    scratch.bias_f32[c] = exists && args.bias_f32 != nullptr ? args.bias_f32[c] : 0.0f;
  }
  return scratch;
}

/// Pointers of every tap for the pixel at ox; `run` pixels follow in which no tap crosses a border.
void point_taps(const ConvShape& shape, const Plan& plan, const uint8_t* image, int64_t pixel_bytes, int64_t oy, int64_t ox,
                const Scratch& scratch) {
  int64_t tap = 0;
  for (int64_t ky = 0; ky < shape.kernel_h; ++ky) {
    const int64_t iy = oy * shape.stride_h - shape.pad_top + ky * shape.dilation_h;
    for (int64_t kx = 0; kx < shape.kernel_w; ++kx, ++tap) {
      const int64_t ix = ox * shape.stride_w - shape.pad_left + kx * shape.dilation_w;
      const bool inside = iy >= 0 && iy < shape.src_h && ix >= 0 && ix < shape.src_w;
      scratch.rows[tap] = inside ? image + (iy * shape.src_w + ix) * pixel_bytes : scratch.zero_row;
      scratch.steps[tap] = inside ? shape.stride_w * pixel_bytes : 0;
    }
  }
  for (; tap < 4 * plan.quads; ++tap) {
    scratch.rows[tap] = scratch.zero_row;
    scratch.steps[tap] = 0;
  }
}

int64_t ceil_div(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

}  // namespace

size_t depthwise_i8_packed_bytes(const DepthwiseI8Row& row, const ConvShape& shape) {
  const Plan plan(row, shape);
  return static_cast<size_t>(plan.sums_bytes() + align64(plan.channels * plan.quads * 4));
}

void depthwise_i8_pack(const DepthwiseI8Row& row, const ConvShape& shape, const int8_t* weight, void* packed) {
  const Plan plan(row, shape);
  std::memset(packed, 0, depthwise_i8_packed_bytes(row, shape));
  int32_t* sums = static_cast<int32_t*>(packed);
  int8_t* weights = static_cast<int8_t*>(packed) + plan.sums_bytes();
  for (int64_t c = 0; c < shape.src_c; ++c) {
    const int64_t block = c / plan.width, at = plan.interleaved(c);
    int32_t sum = 0;
    for (int64_t tap = 0; tap < plan.taps; ++tap) {
      const int8_t value = weight[c * plan.taps + tap];
      weights[((block * plan.quads + tap / 4) * plan.width + at) * 4 + tap % 4] = value;
      sum += value;
    }
    sums[block * plan.width + at] = sum;
  }
}

size_t depthwise_i8_scratch_bytes(const DepthwiseI8Row& row, const ConvShape& shape) {
  const Plan plan(row, shape);
  return static_cast<size_t>(3 * plan.sums_bytes() + plan.zero_row_bytes() + 4 * plan.quads * 16);
}

int64_t depthwise_i8_items(const DepthwiseI8Row& row, const ConvShape& shape) {
  (void)row;
  return shape.batch * shape.dst_h;
}

void depthwise_i8_run(const DepthwiseI8Row& row, const ConvShape& shape, const ConvI8Args& args, int64_t begin, int64_t end,
                      void* scratch) noexcept {
  const Plan plan(row, shape);
  const Scratch memory = fill_scratch(plan, args, shape.src_c, scratch);
  const int64_t pixel_bytes = shape.src_stride == 0 ? shape.src_c : shape.src_stride;
  const int64_t dst_stride = shape.dst_stride == 0 ? shape.dst_c : shape.dst_stride;
  const int64_t element = args.output == ConvI8Output::u8 ? 1 : 4;
  // Pixels [inner_begin, inner_end) of a row read no padding to the left or right.
  const int64_t reach = (shape.kernel_w - 1) * shape.dilation_w;
  const int64_t inner_begin = std::clamp<int64_t>(ceil_div(shape.pad_left, shape.stride_w), 0, shape.dst_w);
  const int64_t inner_end = std::clamp<int64_t>(ceil_div(shape.src_w - reach + shape.pad_left, shape.stride_w), inner_begin, shape.dst_w);

  DepthwiseI8Run call;
  call.rows = memory.rows;
  call.steps = memory.steps;
  call.tap_quads = plan.quads;
  call.channels = shape.src_c;
  call.weights = static_cast<const int8_t*>(args.packed) + plan.sums_bytes();
  call.init = memory.init;
  call.m = memory.m;
  call.bias_f32 = memory.bias_f32;
  call.dst_stride = dst_stride;
  call.epilogue = epilogue_of(shape, args);
  for (int64_t item = begin; item < end; ++item) {
    const uint8_t* image = args.src + item / shape.dst_h * shape.src_h * shape.src_w * pixel_bytes;
    for (int64_t ox = 0; ox < shape.dst_w; ox += call.pixels) {
      call.pixels = ox == inner_begin && inner_end > inner_begin ? inner_end - inner_begin : 1;
      point_taps(shape, plan, image, pixel_bytes, item % shape.dst_h, ox, memory);
      const int64_t pixel = item * shape.dst_w + ox;
      call.dst = static_cast<uint8_t*>(args.dst) + pixel * dst_stride * element;
      call.epilogue.other =
          args.output == ConvI8Output::u8 && args.other != nullptr ? args.other + pixel * call.epilogue.other_stride : nullptr;
      row.run(call);
    }
  }
}

}  // namespace galet::kernels
