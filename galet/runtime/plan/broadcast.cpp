#include "galet/runtime/plan/broadcast.h"

#include <algorithm>

namespace galet::runtime {
namespace {

/// Columns for tensors without a natural row: long enough for vectors, short enough to be shared by threads.
int64_t row_length(int64_t elements) {
  for (const int64_t cols : {1024, 512, 256, 128, 64, 32, 16})
    if (elements % cols == 0) return cols;
  return elements <= 4096 ? elements : 1;
}

}  // namespace

std::optional<Spread> spread_of(const Shape& shape, const Shape& other) {
  if (other.size() > shape.size()) return std::nullopt;
  Shape aligned(shape.size() - other.size(), 1);
  aligned.insert(aligned.end(), other.begin(), other.end());
  size_t axis = shape.size();
  auto run = [&](auto belongs) {
    int64_t product = 1;
    for (; axis > 0 && belongs(axis - 1); --axis) product *= shape[axis - 1];
    return product;
  };
  Spread spread;
  spread.inner = run([&](size_t i) { return aligned[i] == shape[i]; });
  spread.repeated = run([&](size_t i) { return aligned[i] == 1; });
  spread.outer = run([&](size_t i) { return aligned[i] == shape[i]; });
  if (axis != 0) return std::nullopt;
  return spread;
}

std::optional<RowBroadcast> row_broadcast(const Shape& shape, const Shape& other) {
  const std::optional<Spread> spread = spread_of(shape, other);
  if (!spread) return std::nullopt;
  const auto [outer, repeated, inner] = *spread;
  const int64_t total = count(shape);
  if (repeated == 1) {  // equal shapes
    const int64_t cols = std::max<int64_t>(row_length(total), 1);
    return RowBroadcast{total / cols, cols, {1, false}};
  }
  if (inner > 1) return RowBroadcast{outer * repeated, inner, {repeated, false}};
  const int64_t cols = row_length(repeated);
  return RowBroadcast{total / std::max<int64_t>(cols, 1), cols, {repeated / std::max<int64_t>(cols, 1), true}};
}

}  // namespace galet::runtime
