#include "galet/kernels/conv_i8/conv.h"

#include <algorithm>
#include <cstring>

#include "galet/kernels/conv_i8/layout.h"
#include "galet/kernels/conv_i8/run_blocks.h"
#include "galet/kernels/gemm_i8/epilogue_reference.h"
#include "galet/kernels/gemm_i8/split.h"
#include "galet/kernels/layout/transpose.h"

namespace galet::kernels {
namespace {

constexpr int64_t kMaxWideBytes = 2048;  // of a row: a panel of wider ones would fill the cache

struct Plan {
  Indirection taps;
  BlockLayout layout;
  Split split;
  int64_t depth, even_shift, odd_shift;  // of the row
  WeightForm form;
  Plan(const GemmI8Row& row, const ConvShape& shape)
      : taps(plan_indirection(shape, 1)),
        layout(shape, taps, row.lanes, row.vectors),
        split(shape, layout),
        depth(row.depth),
        even_shift(row.even_shift),
        odd_shift(row.odd_shift),
        form(row.form) {}
  int64_t sums_bytes() const { return align64(layout.padded_channels() * 4); }
  bool shifted() const { return even_shift != 0; }
  /// Packed: sums of the weights of each channel; where sources are shifted, the same sums with each weight times its shift; weights.
  int64_t weights_offset() const { return shifted() ? 2 * sums_bytes() : sums_bytes(); }
  /// Where weight k of a tap lies in a block `width` channels wide: `depth` (4 or 8) weights of each channel together, the last four of a
  /// tap by themselves where they do not fill a depth.
  int64_t weight_at(int64_t tap, int64_t k, int64_t c, int64_t width) const {
    const int64_t group = k & -depth, deep = group + depth <= taps.tap_elements ? depth : 4;
    return (tap * taps.tap_elements + group) * width + c * deep + k - group;
  }
  /// Bytes of the weights of one vector of channels.
  int64_t vector_bytes() const { return form == WeightForm::split ? split_vector_bytes(layout.lanes, layout.k) : layout.lanes * layout.k; }
  int64_t weights_bytes() const { return align64(layout.padded_channels() / layout.lanes * vector_bytes()); }
  /// Whether rows may be widened to 16 bits, a panel at a time, for all blocks of channels.
  bool wide() const { return form == WeightForm::split && taps.taps == 1 && layout.groups == 1 && taps.tap_bytes <= kMaxWideBytes; }
  int64_t wide_bytes() const { return wide() ? align64(std::min(kPanelPixels, split.pixels) * taps.tap_bytes * 2) : 0; }
  int64_t weight_offset(const ChannelBlock& block) const { return block.first_vector * vector_bytes(); }
};

/// Per-channel operands, padded to whole vectors.
struct Channels {
  int32_t* init;
  float* m;
  float* bias_f32;
  Channels(const Plan& plan, void* memory)
      : init(static_cast<int32_t*>(memory)),
        m(reinterpret_cast<float*>(init) + plan.sums_bytes() / 4),
        bias_f32(m + plan.sums_bytes() / 4) {}
};

/// True where the rows of the product lie at equal distances in src: no pointers are needed.
bool is_direct(const ConvShape& shape, const Indirection& taps) {
  return taps.taps == 1 && !shape.transposed && shape.stride_h == 1 && shape.stride_w == 1 && shape.pad_top == 0 && shape.pad_left == 0 &&
         shape.dst_h == shape.src_h && shape.dst_w == shape.src_w && taps.tap_bytes == shape.src_c / shape.groups;
}

void fill_channels(const Plan& plan, const ConvI8Args& args, int64_t begin, int64_t end, const Channels& channels) {
  const int32_t* sums = static_cast<const int32_t*>(args.packed);
  const int32_t* shifts = plan.shifted() ? sums + plan.sums_bytes() / 4 : nullptr;
  for (int64_t b = begin; b < end; ++b) {
    const ChannelBlock block = plan.layout.block(b);
    const int64_t at = block.first_vector * plan.layout.lanes;
    for (int64_t i = 0; i < block.vectors * plan.layout.lanes; ++i) {
      const bool exists = i < block.channels;
      const int64_t c = block.first_channel + i;
      const uint32_t bias = (exists && args.bias != nullptr ? static_cast<uint32_t>(args.bias[c]) : 0) +
                            (shifts != nullptr ? static_cast<uint32_t>(shifts[at + i]) : 0);
      channels.init[at + i] = static_cast<int32_t>(bias - static_cast<uint32_t>(args.src_zero_point) * static_cast<uint32_t>(sums[at + i]));
      channels.m[at + i] = exists && args.m != nullptr ? args.m[c] : 0.0f;
      channels.bias_f32[at + i] = exists && args.bias_f32 != nullptr ? args.bias_f32[c] : 0.0f;
    }
  }
}

bool wants_wide(const int8_t* block) {
  SplitHeader header;
  std::memcpy(&header, block, sizeof header);
  return header.form == SplitForm::pairs;
}

/// The first `count` rows of the only tap, 16 bits a code.
void widen_rows(const GemmI8Block& rows, int64_t count, int64_t n, uint16_t* dst) {
  if (rows.direct != nullptr && rows.direct_stride == n) {  // rows without gaps are one long row
    n *= count;
    count = 1;
  }
  for (int64_t row = 0; row < count; ++row, dst += n) {
    const uint8_t* src = source_row(rows, 0, row);
    for (int64_t k = 0; k < n; ++k) dst[k] = src[k];
  }
}

int64_t element_size(ConvI8Output output) { return output == ConvI8Output::u8 ? 1 : 4; }

}  // namespace

EpilogueI8 epilogue_of(const ConvShape& shape, const ConvI8Args& args) {
  EpilogueI8 epilogue;
  epilogue.output = args.output;
  const bool codes = args.output == ConvI8Output::u8;
  epilogue.lo = codes ? static_cast<float>(args.lo - args.dst_zero_point) : args.lo_f32;
  epilogue.hi = codes ? static_cast<float>(args.hi - args.dst_zero_point) : args.hi_f32;
  epilogue.zero_point = args.dst_zero_point;
  epilogue.bounded = codes && args.m != nullptr && std::all_of(args.m, args.m + shape.dst_c, [](float m) { return m >= 0.0f && m < 1.0f; });
  epilogue.table = codes ? args.table : nullptr;
  epilogue.other = codes ? args.other : nullptr;
  epilogue.other_stride = args.other_stride == 0 ? shape.dst_c : args.other_stride;
  epilogue.other_is_a = args.other_is_a;
  epilogue.add = args.add;
  return epilogue;
}

size_t conv_i8_packed_bytes(const GemmI8Row& row, const ConvShape& shape) {
  const Plan plan(row, shape);
  return static_cast<size_t>(plan.weights_offset() + plan.weights_bytes());
}

namespace {

/// Weights (c, in, taps) of one block, where a tap is one pixel's channels. A few input channels at a time, so that what is read stays in
/// the cache; written are whole lines (those of different taps would often fall into one set of the cache).
void pack_block(const Plan& plan, Isa isa, const int8_t* weight, int64_t channels, int64_t in_count, int64_t taps, int64_t width,
                int8_t* dst) {
  constexpr int64_t kInputs = 16;
  const int64_t next = in_count * taps;
  const bool words = plan.weight_at(0, 0, 1, width) == 4 && plan.weight_at(0, 4, 0, width) == 4 * width;
  if (taps == 1 && words && channels == width && in_count % 4 == 0 && reinterpret_cast<uintptr_t>(weight) % 4 == 0) {
    // A matrix of 32-bit words, transposed.
    select<TransposeF32Fn>(isa).run({reinterpret_cast<const float*>(weight), reinterpret_cast<float*>(dst), channels, in_count / 4}, 0,
                                    in_count / 4);
    return;
  }
  for (int64_t in = 0; in < in_count; in += kInputs)
    for (int64_t tap = 0; tap < taps; ++tap)
      for (int64_t i = in; i < std::min(in + kInputs, in_count); i += 4) {
        const int8_t* src = weight + i * taps + tap;
        int8_t* to = dst + plan.weight_at(tap, i, 0, width);
        const int64_t deep = plan.weight_at(tap, i, 1, width) - plan.weight_at(tap, i, 0, width), rest = in_count - i;
        if (rest < 4) {
          for (int64_t c = 0; c < channels; ++c, src += next, to += deep)
            for (int64_t k = 0; k < rest; ++k) to[k] = src[k * taps];
        } else if (taps == 1) {
          for (int64_t c = 0; c < channels; ++c, src += next, to += deep) std::memcpy(to, src, 4);
        } else {
          for (int64_t c = 0; c < channels; ++c, src += next, to += deep) {
            const int8_t four[4] = {src[0], src[taps], src[2 * taps], src[3 * taps]};
            std::memcpy(to, four, 4);
          }
        }
      }
}

int32_t sum_of(const int8_t* values, int64_t n) {
  int32_t sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += values[i];
  return sum;
}

/// The sums of a channel whose weights (in, taps) lie together: plain, and with each weight times its shift.
void sum_channel(const Plan& plan, const int8_t* weight, int64_t in_count, int64_t taps, int32_t* sum, int32_t* shifted) {
  *sum = sum_of(weight, in_count * taps);
  if (shifted == nullptr) return;
  uint32_t shift = 0;
  for (int64_t in = 0; in < in_count; ++in)
    shift += static_cast<uint32_t>(sum_of(weight + in * taps, taps) * (in / 4 % 2 == 0 ? plan.even_shift : plan.odd_shift));
  *shifted = static_cast<int32_t>(shift);
}

/// Weight by weight, for merged taps and transposed convolutions.
void pack_channel(const Plan& plan, const ConvShape& shape, const int8_t* weight, const ChannelBlock& block, int64_t c, int8_t* dst,
                  int32_t* sum, int32_t* shifted) {
  uint32_t shift = 0;
  *sum = 0;
  for (int64_t in = 0; in < shape.src_c / shape.groups; ++in)
    for (int64_t ky = 0; ky < shape.kernel_h; ++ky)
      for (int64_t kx = 0; kx < shape.kernel_w; ++kx) {
        const int64_t tap = plan.taps.merged ? ky : ky * shape.kernel_w + kx;
        const int64_t k = plan.taps.merged ? kx * shape.src_c + in : in;
        const int8_t value = weight[weight_index(shape, block.first_channel + c, in, ky, kx)];
        dst[plan.weight_at(tap, k, c, block.vectors * plan.layout.lanes)] = value;
        *sum += value;
        shift += static_cast<uint32_t>(value * (k / 4 % 2 == 0 ? plan.even_shift : plan.odd_shift));
      }
  if (shifted != nullptr) *shifted = static_cast<int32_t>(shift);
}

}  // namespace

void conv_i8_pack(const GemmI8Row& row, const ConvShape& shape, const int8_t* weight, void* packed) {
  const Plan plan(row, shape);
  const int64_t in_per_group = shape.src_c / shape.groups, taps = shape.kernel_h * shape.kernel_w;
  std::memset(packed, 0, conv_i8_packed_bytes(row, shape));
  int8_t* weights = static_cast<int8_t*>(packed) + plan.weights_offset();
  for (int64_t b = 0; b < plan.layout.blocks(); ++b) {
    const ChannelBlock block = plan.layout.block(b);
    int8_t* const start = weights + plan.weight_offset(block);
    int8_t* const dst = plan.form == WeightForm::split ? start + sizeof(SplitHeader) : start;
    int32_t* sums = static_cast<int32_t*>(packed) + block.first_vector * plan.layout.lanes;
    int32_t* shifted = plan.shifted() ? sums + plan.sums_bytes() / 4 : nullptr;
    const bool by_lines = !plan.taps.merged && !shape.transposed;
    const int8_t* first = weight + block.first_channel * in_per_group * taps;
    if (by_lines) pack_block(plan, row.isa, first, block.channels, in_per_group, taps, block.vectors * plan.layout.lanes, dst);
    for (int64_t c = 0; c < block.channels; ++c) {
      int32_t* shifted_sum = shifted == nullptr ? nullptr : shifted + c;
      if (by_lines)
        sum_channel(plan, first + c * in_per_group * taps, in_per_group, taps, sums + c, shifted_sum);
      else
        pack_channel(plan, shape, weight, block, c, dst, sums + c, shifted_sum);
    }
    if (plan.form == WeightForm::split)
      split_weights(plan.layout.lanes, block.vectors, plan.taps.taps, plan.taps.tap_bytes, plan.split.pixels, plan.wide(), start);
  }
}

size_t conv_i8_prepared_bytes(const GemmI8Row& row, const ConvShape& shape) {
  return static_cast<size_t>(3 * Plan(row, shape).sums_bytes());
}

void conv_i8_prepare(const GemmI8Row& row, const ConvShape& shape, const ConvI8Args& args, void* prepared) {
  const Plan plan(row, shape);
  fill_channels(plan, args, 0, plan.layout.blocks(), Channels(plan, prepared));
}

size_t conv_i8_scratch_bytes(const GemmI8Row& row, const ConvShape& shape) {
  const Plan plan(row, shape);
  return static_cast<size_t>(3 * plan.sums_bytes() + plan.wide_bytes()) + IndirectionBuilder::scratch_bytes(shape, plan.taps);
}

int64_t conv_i8_items(const GemmI8Row& row, const ConvShape& shape) { return Plan(row, shape).split.items(); }

void conv_i8_run(const GemmI8Row& row, const ConvShape& shape, const ConvI8Args& args, int64_t begin, int64_t end, void* scratch) noexcept {
  const auto run = [](const void* dense, int64_t, const GemmI8Block& call) noexcept { static_cast<const GemmI8Row*>(dense)->run(call); };
  conv_i8_run_blocks(row, shape, args, begin, end, scratch, run, &row);
}

void conv_i8_run_blocks(const GemmI8Row& row, const ConvShape& shape, const ConvI8Args& args, int64_t begin, int64_t end, void* scratch,
                        RunBlockFn* run, const void* context) noexcept {
  const Plan plan(row, shape);
  const Split& split = plan.split;
  const int64_t first_block = split.by_pixels ? 0 : begin, last_block = split.by_pixels ? split.blocks : end;
  const int64_t first_pixel = split.by_pixels ? begin * kItemPixels : 0;
  const int64_t last_pixel = split.by_pixels ? std::min(end * kItemPixels, split.pixels) : split.pixels;

  uint8_t* memory = static_cast<uint8_t*>(scratch);
  const Channels channels(plan, args.prepared != nullptr ? const_cast<void*>(args.prepared) : memory);
  if (args.prepared == nullptr) fill_channels(plan, args, first_block, last_block, channels);
  const bool direct = is_direct(shape, plan.taps);
  const int64_t src_stride = shape.src_stride == 0 ? shape.src_c : shape.src_stride;
  IndirectionBuilder indirection(shape, plan.taps, args.src, static_cast<uint8_t>(args.src_zero_point),
                                 memory + 3 * plan.sums_bytes() + plan.wide_bytes());

  const int8_t* weights = static_cast<const int8_t*>(args.packed) + plan.weights_offset();
  uint16_t* wide_panel = reinterpret_cast<uint16_t*>(memory + 3 * plan.sums_bytes());
  bool widened = false;
  for (int64_t b = first_block; plan.wide() && b < last_block; ++b)
    widened |= wants_wide(weights + plan.weight_offset(plan.layout.block(b)));
  const EpilogueI8 epilogue = epilogue_of(shape, args);
  const int64_t dst_stride = shape.dst_stride == 0 ? shape.dst_c : shape.dst_stride;
  for (int64_t pixel = first_pixel; pixel < last_pixel; pixel += kPanelPixels) {
    const int64_t count = std::min(kPanelPixels, last_pixel - pixel);
    if (!direct) indirection.build(pixel, count);
    if (widened) {
      GemmI8Block rows{};
      rows.rows = indirection.rows();
      rows.direct = direct ? args.src + pixel * src_stride : nullptr;
      rows.direct_stride = src_stride;
      widen_rows(rows, count, plan.taps.tap_bytes, wide_panel);
    }
    for (int64_t b = first_block; b < last_block; ++b) {
      const ChannelBlock block = plan.layout.block(b);
      const int64_t at = block.first_vector * plan.layout.lanes;
      GemmI8Block call;
      call.rows = indirection.rows();
      call.row_stride = kPanelPixels;
      call.direct = direct ? args.src + pixel * src_stride : nullptr;
      call.direct_stride = src_stride;
      call.row_count = count;
      call.wide = reinterpret_cast<const uint8_t*>(wide_panel);
      call.wide_stride = 2 * plan.taps.tap_bytes;
      call.taps = plan.taps.taps;
      call.tap_bytes = plan.taps.tap_bytes;
      call.src_offset = block.group * (shape.src_c / shape.groups);
      call.weights = weights + plan.weight_offset(block);
      call.init = channels.init + at;
      call.m = channels.m + at;
      call.bias_f32 = channels.bias_f32 + at;
      call.vectors = block.vectors;
      call.channels = block.channels;
      call.dst = static_cast<uint8_t*>(args.dst) + (pixel * dst_stride + block.first_channel) * element_size(args.output);
      call.dst_stride = dst_stride;
      call.epilogue = epilogue;
      if (epilogue.other != nullptr) call.epilogue.other += pixel * epilogue.other_stride + block.first_channel;
      run(context, b, call);
    }
  }
}

}  // namespace galet::kernels
