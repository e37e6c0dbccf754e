// Pointers from output pixels to the source pixels under each tap: how one matrix product serves every convolution (see conv_i8/conv.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "galet/kernels/conv_shape.h"

namespace galet::kernels {

/// How the taps of a convolution are laid out as the K dimension of a matrix product.
/// Few channels: a whole kernel row (kernel_w neighbouring pixels are neighbours in memory) is one tap; pixels at a border then read a
/// copy.
struct Indirection {
  bool merged;           // one tap per kernel row instead of one per (ky, kx)
  int64_t taps;          // kernel_h, or kernel_h * kernel_w
  int64_t tap_elements;  // of one group, rounded up so that tap_bytes is a multiple of 4
  int64_t tap_bytes;
  int64_t element_bytes;
  int64_t slot_bytes;  // bytes of one copied tap, and of the row that stands for padding
};
Indirection plan_indirection(const ConvShape& shape, int64_t element_bytes);

/// Index of weight (out channel, in channel of the group, ky, kx) in the graph's order.
inline int64_t weight_index(const ConvShape& shape, int64_t out, int64_t in, int64_t ky, int64_t kx) {
  const int64_t in_per_group = shape.src_c / shape.groups, out_per_group = shape.dst_c / shape.groups;
  const int64_t first = shape.transposed ? (out / out_per_group * in_per_group + in) : out;
  const int64_t second = shape.transposed ? out % out_per_group : in;
  return ((first * (shape.transposed ? out_per_group : in_per_group) + second) * shape.kernel_h + ky) * shape.kernel_w + kx;
}

/// Pixels whose pointers are built at a time.
constexpr int64_t kPanelPixels = 120;

/// Builds pointers for panels of one source tensor.
class IndirectionBuilder {
 public:
  static size_t scratch_bytes(const ConvShape& shape, const Indirection& plan);
  /// pad_byte fills what stands for padding: the zero point, or 0 for floats. scratch: scratch_bytes, aligned to 8.
  IndirectionBuilder(const ConvShape& shape, const Indirection& plan, const void* src, uint8_t pad_byte, void* scratch) noexcept;
  /// Pointers for output pixels [begin, begin + count), count <= kPanelPixels: rows()[tap * kPanelPixels + i].
  void build(int64_t begin, int64_t count) noexcept;
  const uint8_t* const* rows() const { return rows_; }

 private:
  void build_segment(int64_t i, int64_t count, int64_t image, int64_t oy, int64_t ox) noexcept;
  void merged_tap(const uint8_t** rows, int64_t count, const uint8_t* line, int64_t ox) noexcept;
  const uint8_t* copy_tap(const uint8_t* line, int64_t ix) noexcept;

  const ConvShape& shape_;
  const Indirection& plan_;
  const uint8_t* src_;
  int64_t pixel_bytes_;  // from one source pixel to the next
  int64_t safe_pixels_;  // pixels of the whole tensor that can be read in full tap_bytes
  uint8_t pad_byte_;
  const uint8_t** rows_;
  uint8_t* zero_row_;
  uint8_t* slots_;
  int64_t used_slots_ = 0;
};

}  // namespace galet::kernels
