// Elements added around the source (or, where a pad is negative, removed first): a constant, its reflection without the edge, its edge, or
// its period.
#include <algorithm>

#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

enum class Mode { constant, reflect, edge, wrap };

Mode mode_of(const OpCall& call) {
  const std::string& mode = call.get_string("mode");
  if (mode == "constant") return Mode::constant;
  if (mode == "reflect") return Mode::reflect;
  if (mode == "edge") return Mode::edge;
  if (mode == "wrap") return Mode::wrap;
  call.fail("unknown mode \"{}\", expected constant, reflect, edge or wrap", mode);
}

std::vector<TensorType> infer(const OpCall& call) {
  const Mode mode = mode_of(call);
  const Ints& pads = call.get_ints("pads");
  Shape shape = call.shape(0);
  const size_t rank = shape.size();
  if (pads.size() != 2 * rank) call.fail("{} pads, expected {} (begins, then ends, of {} dimensions)", pads.size(), 2 * rank, rank);
  constexpr int64_t kLimit = int64_t{1} << 31;
  for (size_t i = 0; i < rank; ++i) {
    const int64_t begin = pads[i], end = pads[rank + i];
    if (begin <= -kLimit || begin >= kLimit || end <= -kLimit || end >= kLimit)
      call.fail("pads {} and {} of axis {} exceed 2^31", begin, end, i);
    const int64_t kept = shape[i] + std::min<int64_t>(begin, 0) + std::min<int64_t>(end, 0);
    if (kept < 0) call.fail("pads {} and {} of axis {} remove more than its extent of {}", begin, end, i, shape[i]);
    if (kept == 0 && mode != Mode::constant && (begin > 0 || end > 0)) call.fail("axis {} is empty: nothing to pad it from", i);
    shape[i] += begin + end;
  }
  return {result_type(call, call.dtype(0), shape)};
}

// Source index of each place of one axis; -1: the constant.
std::vector<int64_t> index_map(Mode mode, int64_t extent, int64_t begin, int64_t end) {
  const int64_t first = std::max<int64_t>(-begin, 0), kept = extent - first - std::max<int64_t>(-end, 0);
  std::vector<int64_t> map(static_cast<size_t>(extent + begin + end));
  for (size_t o = 0; o < map.size(); ++o) {
    int64_t i = static_cast<int64_t>(o) - std::max<int64_t>(begin, 0);  // within the kept part when 0 <= i < kept
    if (i < 0 || i >= kept) {
      const int64_t period = mode == Mode::wrap ? kept : 2 * (kept - 1);
      if (mode == Mode::constant) {
        map[o] = -1;
        continue;
      }
      if (mode == Mode::edge || period == 0) {
        i = std::clamp<int64_t>(i, 0, kept - 1);
      } else {
        i = (i % period + period) % period;
        if (i >= kept) i = period - i;
      }
    }
    map[o] = first + i;
  }
  return map;
}

struct Walk {
  std::vector<std::vector<int64_t>> maps;
  Shape src_strides, dst_strides;
};

template <int64_t N>
void fill(const Walk& walk, size_t axis, const std::byte* src, std::byte* dst) {
  if (axis == walk.maps.size()) {
    std::memcpy(dst, src, N);
    return;
  }
  for (size_t o = 0; o < walk.maps[axis].size(); ++o, dst += walk.dst_strides[axis] * N)
    if (const int64_t i = walk.maps[axis][o]; i >= 0) fill<N>(walk, axis + 1, src + i * walk.src_strides[axis] * N, dst);
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Tensor& src = operands[0];
  const TensorType type = infer(call)[0];
  const Mode mode = mode_of(call);
  const Ints& pads = call.get_ints("pads");
  Tensor result(type.dtype, type.shape);
  if (result.size() == 0) return {result};
  std::byte* dst = result.mutable_bytes();
  if (mode == Mode::constant) {
    const Tensor value = Tensor::scalar(call.get_float("value")).cast(type.dtype);
    copy_strided(size_of(type.dtype), {result.size()}, value.bytes(), {0}, dst, {1});
  }
  Walk walk{{}, strides_of(src.shape()), strides_of(type.shape)};
  for (size_t i = 0; i < src.rank(); ++i) walk.maps.push_back(index_map(mode, src.dim(i), pads[i], pads[src.rank() + i]));
  switch (size_of(type.dtype)) {
    case 1:
      fill<1>(walk, 0, src.bytes(), dst);
      break;
    case 2:
      fill<2>(walk, 0, src.bytes(), dst);
      break;
    case 4:
      fill<4>(walk, 0, src.bytes(), dst);
      break;
    default:
      fill<8>(walk, 0, src.bytes(), dst);
      break;
  }
  return {result};
}

}  // namespace

Op pad_op() {
  return {.name = "pad",
          .operands = {"src"},
          .attributes = {{"pads", Ints{}, true}, {"mode", std::string("constant")}, {"value", 0.0f}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
