#include "galet/kernels/conv_f32/conv.h"

#include <algorithm>
#include <cstring>

#include "galet/kernels/conv_f32/run_blocks.h"
#include "galet/kernels/conv_i8/layout.h"

namespace galet::kernels {
namespace {

struct Plan {
  Indirection taps;
  BlockLayout layout;
  Split split;
  Plan(const GemmF32Row& row, const ConvShape& shape)
      : taps(plan_indirection(shape, 4)), layout(shape, taps, row.lanes, row.vectors), split(shape, layout) {}
  int64_t init_bytes() const { return align64(layout.padded_channels() * 4); }
};

}  // namespace

size_t conv_f32_packed_bytes(const GemmF32Row& row, const ConvShape& shape) {
  const Plan plan(row, shape);
  return static_cast<size_t>(align64(plan.layout.padded_channels() * plan.layout.k * 4));
}

void conv_f32_pack(const GemmF32Row& row, const ConvShape& shape, const float* weight, void* packed) {
  const Plan plan(row, shape);
  std::memset(packed, 0, conv_f32_packed_bytes(row, shape));
  for (int64_t b = 0; b < plan.layout.blocks(); ++b) {
    const ChannelBlock block = plan.layout.block(b);
    const int64_t width = block.vectors * plan.layout.lanes;
    float* dst = static_cast<float*>(packed) + plan.layout.weight_offset(block);
    for (int64_t c = 0; c < block.channels; ++c)
      for (int64_t in = 0; in < shape.src_c / shape.groups; ++in)
        for (int64_t ky = 0; ky < shape.kernel_h; ++ky)
          for (int64_t kx = 0; kx < shape.kernel_w; ++kx) {
            const int64_t tap = plan.taps.merged ? ky : ky * shape.kernel_w + kx;
            const int64_t k = tap * plan.taps.tap_elements + (plan.taps.merged ? kx * shape.src_c + in : in);
            dst[k * width + c] = weight[weight_index(shape, block.first_channel + c, in, ky, kx)];
          }
  }
}

size_t conv_f32_scratch_bytes(const GemmF32Row& row, const ConvShape& shape) {
  const Plan plan(row, shape);
  return static_cast<size_t>(plan.init_bytes()) + IndirectionBuilder::scratch_bytes(shape, plan.taps);
}

int64_t conv_f32_items(const GemmF32Row& row, const ConvShape& shape) { return Plan(row, shape).split.items(); }

void conv_f32_run(const GemmF32Row& row, const ConvShape& shape, const ConvF32Args& args, int64_t begin, int64_t end,
                  void* scratch) noexcept {
  const auto run = [](const void* dense, int64_t, const GemmF32Block& call) noexcept { static_cast<const GemmF32Row*>(dense)->run(call); };
  conv_f32_run_blocks(row, shape, args, begin, end, scratch, run, &row);
}

void conv_f32_run_blocks(const GemmF32Row& row, const ConvShape& shape, const ConvF32Args& args, int64_t begin, int64_t end, void* scratch,
                         RunBlockF32Fn* run, const void* context) noexcept {
  const Plan plan(row, shape);
  const Split& split = plan.split;
  const int64_t first_block = split.by_pixels ? 0 : begin, last_block = split.by_pixels ? split.blocks : end;
  const int64_t first_pixel = split.by_pixels ? begin * kItemPixels : 0;
  const int64_t last_pixel = split.by_pixels ? std::min(end * kItemPixels, split.pixels) : split.pixels;

  float* init = static_cast<float*>(scratch);
  for (int64_t b = first_block; b < last_block; ++b) {
    const ChannelBlock block = plan.layout.block(b);
    for (int64_t i = 0; i < block.vectors * plan.layout.lanes; ++i)
      init[block.first_vector * plan.layout.lanes + i] =
          i < block.channels && args.bias != nullptr ? args.bias[block.first_channel + i] : 0.0f;
  }
  IndirectionBuilder indirection(shape, plan.taps, args.src, 0, static_cast<uint8_t*>(scratch) + plan.init_bytes());

  const int64_t dst_stride = shape.dst_stride == 0 ? shape.dst_c : shape.dst_stride;
  const int64_t other_stride = args.other_stride == 0 ? shape.dst_c : args.other_stride;
  for (int64_t pixel = first_pixel; pixel < last_pixel; pixel += kPanelPixels) {
    const int64_t count = std::min(kPanelPixels, last_pixel - pixel);
    indirection.build(pixel, count);
    for (int64_t b = first_block; b < last_block; ++b) {
      const ChannelBlock block = plan.layout.block(b);
      GemmF32Block call;
      call.rows = indirection.rows();
      call.row_stride = kPanelPixels;
      call.row_count = count;
      call.taps = plan.taps.taps;
      call.tap_elements = plan.taps.tap_elements;
      call.src_offset = block.group * (shape.src_c / shape.groups) * 4;
      call.weights = static_cast<const float*>(args.packed) + plan.layout.weight_offset(block);
      call.init = init + block.first_vector * plan.layout.lanes;
      call.vectors = block.vectors;
      call.channels = block.channels;
      call.dst = args.dst + pixel * dst_stride + block.first_channel;
      call.dst_stride = dst_stride;
      call.other = args.other == nullptr ? nullptr : args.other + pixel * other_stride + block.first_channel;
      call.other_stride = other_stride;
      call.lo = args.lo;
      call.hi = args.hi;
      run(context, b, call);
    }
  }
}

}  // namespace galet::kernels
