#include "galet/kernels/reference/c99.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <span>

#include "galet/kernels/indirection.h"

namespace galet::kernels {
namespace {

/// x = mantissa * 2^exponent with an odd mantissa (or 0).
struct Exact {
  int64_t mantissa = 0;
  int exponent = 0;
};
Exact exact(float x) {
  if (x == 0.0f) return {};
  int exponent = 0;
  auto mantissa = static_cast<int64_t>(std::ldexp(std::frexp(x, &exponent), 24));
  exponent -= 24;
  while (mantissa % 2 == 0) mantissa /= 2, ++exponent;
  return {mantissa, exponent};
}

constexpr int kMaxShift = 50, kMaxBits = 61;

/// ra, rb, c on the grid of their finest; empty where the largest sum would need more than kMaxBits.
bool on_one_grid(const Exact& ra, const Exact& rb, const Exact& c, c99::galet_sum& sum) {
  int finest = -1;
  for (const Exact& x : {ra, rb, c})
    if (x.mantissa != 0) finest = std::min(finest, x.exponent);
  sum.shift = -finest;
  if (sum.shift > 62) return false;
  double reach = 1;
  for (const Exact& x : {ra, rb, c}) reach += 256 * std::abs(std::ldexp(static_cast<double>(x.mantissa), x.exponent + sum.shift));
  if (reach + std::ldexp(1.0, sum.shift) > std::ldexp(1.0, kMaxBits)) return false;
  auto place = [&](const Exact& x) { return x.mantissa * (int64_t{1} << (x.mantissa == 0 ? 0 : x.exponent + sum.shift)); };
  sum.ra = place(ra), sum.rb = place(rb), sum.c = place(c);
  return true;
}

}  // namespace

uint32_t c99_scale(float m) {
  constexpr uint32_t kNothing = 1, kEverything = (uint32_t{1} << 31) | 1;
  if (!(m > 0.0f)) return kNothing;
  int exponent = 0;
  if (!std::isfinite(m)) return kEverything;
  const float fraction = std::frexp(m, &exponent);  // m = fraction * 2^exponent
  const int shift = 24 - exponent;
  if (shift < 1) return kEverything;
  if (shift > 62) return kNothing;
  return (static_cast<uint32_t>(std::ldexp(fraction, 24)) << 8) | static_cast<uint32_t>(shift);
}

uint32_t c99_mul_scale(float m) {
  const uint32_t scale = c99_scale(m);
  return c99::galet_shift(scale) > kMaxShift ? 1 : scale;
}

bool c99_depthwise(const ConvShape& shape) {
  return !shape.transposed && shape.groups > 1 && shape.groups == shape.src_c && shape.groups == shape.dst_c;
}

std::vector<int8_t> c99_pack(const ConvShape& s, const int8_t* weight) {
  std::vector<int8_t> packed;
  const int64_t in = s.src_c / s.groups, out = s.dst_c / s.groups, taps = s.kernel_h * s.kernel_w;
  auto at = [&](int64_t c, int64_t i, int64_t tap) { return weight[weight_index(s, c, i, tap / s.kernel_w, tap % s.kernel_w)]; };
  if (c99_depthwise(s)) {
    for (int64_t tap = 0; tap < taps; ++tap)
      for (int64_t c = 0; c < s.dst_c; ++c) packed.push_back(at(c, 0, tap));
    return packed;
  }
  int64_t width = 8;
  for (int64_t group = 0; group < s.groups; ++group)
    for (int64_t first = 0; first < out; first += width) {
      width = out - first > 4 ? 8 : 4;
      for (int64_t tap = 0; tap < taps; ++tap)
        for (int64_t i = 0; i < in; ++i)
          for (int64_t c = first; c < first + width; ++c) packed.push_back(c < out ? at(group * out + c, i, tap) : int8_t{0});
    }
  return packed;
}

namespace {

/// Indices of `bits` bits into the levels.
void append_indices(std::span<const int8_t> block, const std::vector<int8_t>& levels, size_t bits, std::vector<int8_t>& bytes) {
  const size_t per_byte = 8 / bits;
  for (size_t i = 0; i < block.size(); i += per_byte) {
    size_t byte = 0;
    for (size_t k = 0; k < per_byte && i + k < block.size(); ++k)
      byte |= static_cast<size_t>(std::lower_bound(levels.begin(), levels.end(), block[i + k]) - levels.begin()) << (k * bits);
    bytes.push_back(static_cast<int8_t>(byte));
  }
}

/// Which of eight codes are not zero, then these.
void append_without_zeros(std::span<const int8_t> block, std::vector<int8_t>& bytes) {
  for (size_t i = 0; i < block.size(); i += 8) {
    const std::span<const int8_t> eight = block.subspan(i, std::min<size_t>(8, block.size() - i));
    size_t present = 0;
    for (size_t k = 0; k < eight.size(); ++k) present |= static_cast<size_t>(eight[k] != 0) << k;
    bytes.push_back(static_cast<int8_t>(present));
    std::copy_if(eight.begin(), eight.end(), std::back_inserter(bytes), [](int8_t code) { return code != 0; });
  }
}

}  // namespace

C99PackedWeights c99_squeeze(const ConvShape& s, const std::vector<int8_t>& packed) {
  std::vector<int8_t> levels = packed;
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  const size_t bits = levels.size() > 16 ? 0 : levels.size() > 4 ? 4 : levels.size() > 2 ? 2 : 1;
  C99PackedWeights few{static_cast<int>(bits), levels, {}}, sparse{8, {}, {}};
  const int64_t out = s.dst_c / s.groups, positions = s.kernel_h * s.kernel_w * (s.src_c / s.groups);
  size_t at = 0;
  for (int64_t group = 0; group < s.groups; ++group)
    for (int64_t c = 0, width = 8; c < out; c += width) {
      width = out - c > 4 ? 8 : 4;
      const std::span<const int8_t> block = std::span(packed).subspan(at, static_cast<size_t>(positions * width));
      if (bits != 0) append_indices(block, levels, bits, few.bytes);
      append_without_zeros(block, sparse.bytes);
      at += block.size();
    }
  C99PackedWeights& best = bits != 0 && few.bytes.size() <= sparse.bytes.size() ? few : sparse;
  return best.bytes.size() + best.levels.size() <= packed.size() / 4 * 3 ? best : C99PackedWeights{};
}

std::vector<int32_t> c99_bias(const ConvShape& s, const int8_t* weight, const int32_t* bias, int32_t src_zero_point) {
  std::vector<int32_t> folded(static_cast<size_t>(s.dst_c));
  for (int64_t c = 0; c < s.dst_c; ++c) {
    uint32_t sum = 0;  // wraps as the accumulators do
    for (int64_t i = 0; i < s.src_c / s.groups && !s.transposed; ++i)
      for (int64_t tap = 0; tap < s.kernel_h * s.kernel_w; ++tap)
        sum += static_cast<uint32_t>(weight[weight_index(s, c, i, tap / s.kernel_w, tap % s.kernel_w)]);
    const uint32_t plain = bias == nullptr ? 0 : static_cast<uint32_t>(bias[c]);
    folded[static_cast<size_t>(c)] = static_cast<int32_t>(plain - static_cast<uint32_t>(src_zero_point) * sum);
  }
  return folded;
}

bool c99_sum(const AddCoefficients& add, c99::galet_sum& sum) {
  if (!std::isfinite(add.ra) || !std::isfinite(add.rb) || !std::isfinite(add.c)) return false;
  if (!on_one_grid(exact(add.ra), exact(add.rb), exact(add.c), sum)) return false;
  // Rounding rb * b + c to 24 bits, then the sum, changes less than a unit of the last place of the larger.
  const double largest = std::max(512.0, 256.0 * std::abs(static_cast<double>(add.rb)) + std::abs(static_cast<double>(add.c)));
  const int window = std::ilogb(largest) + 2 - 24 + 16 + 1;
  sum.window = window > 14 ? 0x8000u : 1u << std::max(window, 2);
  sum.zero_point = 0, sum.lo = add.lo, sum.hi = add.hi;
  return true;
}

bool c99_fixed_sum(float ra, int32_t a_zero_point, float rb, int32_t b_zero_point, int32_t dst_zero_point, int32_t lo, int32_t hi,
                   c99::galet_sum& sum) {
  if (!std::isfinite(ra) || !std::isfinite(rb) || !on_one_grid(exact(ra), exact(rb), {}, sum)) return false;
  sum.c = -(sum.ra * a_zero_point + sum.rb * b_zero_point);
  sum.window = 0, sum.zero_point = dst_zero_point, sum.lo = lo, sum.hi = hi;
  return true;
}

}  // namespace galet::kernels
