#include "galet/package/sparse.h"

#include <bit>
#include <cstring>

#include "galet/package/runs.h"

namespace galet::package {
namespace {

void append(std::vector<std::byte>& bytes, const std::vector<std::byte>& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

const std::byte* element(const Tensor& tensor, int64_t i, size_t width) { return tensor.bytes() + static_cast<size_t>(i) * width; }

/// Values in turn from the end part of a sparse tensor.
class Values {
 public:
  Values(std::span<const std::byte> bytes, int64_t count, const ValueForm& form) : bytes_(bytes), form_(form), packed_(bytes) {
    if (bytes.size() != form.bytes(count)) fail("{} values lie in {} bytes, expected {}", count, bytes.size(), form.bytes(count));
  }
  void next(std::byte* dst) {
    if (form_.whole())
      std::memcpy(dst, bytes_.data() + at_, form_.width()), at_ += form_.width();
    else
      form_.get(packed_, dst);
  }
  void finish() const {
    if (!form_.whole()) packed_.finish();
  }

 private:
  std::span<const std::byte> bytes_;
  const ValueForm& form_;
  BitReader packed_;
  size_t at_ = 0;
};

/// Calls `visit(first, elements of a row, rows)` block by block, at each place of the inner axes: row r of a block begins at first + r *
/// row stride, its elements lie column_stride apart.
template <typename Visit>
void for_blocks(const Shape& shape, const Visit& visit) {
  const int64_t rows = shape[0], columns = shape[1], inner = count(shape, 2, shape.size());
  for (int64_t r = 0; r < rows; r += kStoredBlockRows)
    for (int64_t c = 0; c < columns; c += kStoredBlockColumns)
      for (int64_t k = 0; k < inner; ++k)
        visit((r * columns + c) * inner + k, std::min(kStoredBlockRows, rows - r), std::min(kStoredBlockColumns, columns - c));
}

}  // namespace

std::vector<std::byte> bitmap_encode(const Tensor& tensor, const ValueForm& form) {
  BitWriter map, values;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const std::byte* e = element(tensor, i, form.width());
    const bool zero = form.is_zero(e);
    map.put(zero ? 0 : 1, 1);
    if (!zero) form.put(values, e);
  }
  std::vector<std::byte> bytes = map.finish();
  append(bytes, values.finish());
  return bytes;
}

Tensor bitmap_decode(std::span<const std::byte> bytes, DType dtype, const Shape& shape, const ValueForm& form) {
  Tensor tensor(dtype, shape);
  const int64_t n = tensor.size(), words = (n + 63) / 64;
  const auto map_bytes = static_cast<size_t>((n + 7) / 8);
  if (bytes.size() < map_bytes) fail("its bitmap is cut short");
  const auto word = [&](int64_t w) {
    uint64_t bits = 0;
    const auto at = static_cast<size_t>(w) * 8;
    std::memcpy(&bits, bytes.data() + at, std::min<size_t>(8, map_bytes - at));
    return bits;
  };
  int64_t nonzero = 0;
  for (int64_t w = 0; w < words; ++w) nonzero += std::popcount(word(w));
  if (n % 64 != 0 && word(words - 1) >> (n % 64) != 0) fail("bits of its bitmap are set after the last element");
  Values values(bytes.subspan(map_bytes), nonzero, form);
  std::byte* dst = tensor.mutable_bytes();
  for (int64_t w = 0; w < words; ++w)
    for (uint64_t bits = word(w); bits != 0; bits &= bits - 1)
      values.next(dst + static_cast<size_t>(w * 64 + std::countr_zero(bits)) * form.width());
  values.finish();
  return tensor;
}

std::vector<std::byte> runs_encode(const Tensor& tensor, const ValueForm& form) {
  RunWriter runs;
  BitWriter values;
  uint64_t gap = 0;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const std::byte* e = element(tensor, i, form.width());
    if (form.is_zero(e)) {
      ++gap;
      continue;
    }
    runs.put(gap);
    form.put(values, e);
    gap = 0;
  }
  runs.put(gap);  // to the end: the reader needs no count
  std::vector<std::byte> bytes = runs.finish();
  append(bytes, values.finish());
  return bytes;
}

Tensor runs_decode(std::span<const std::byte> bytes, DType dtype, const Shape& shape, const ValueForm& form) {
  Tensor tensor(dtype, shape);
  const auto n = static_cast<uint64_t>(tensor.size());
  RunReader runs(bytes);
  std::vector<uint64_t> places;
  for (uint64_t at = 0;; ++at) {
    const uint64_t gap = runs.get();
    if (gap > n - at) fail("a run of zeros leaves the tensor");
    at += gap;
    if (at == n) break;
    places.push_back(at);
  }
  Values values(bytes.subspan(runs.finish()), static_cast<int64_t>(places.size()), form);
  std::byte* dst = tensor.mutable_bytes();
  for (const uint64_t place : places) values.next(dst + static_cast<size_t>(place) * form.width());
  values.finish();
  return tensor;
}

std::optional<std::vector<std::byte>> blocks_encode(const Tensor& tensor, const ValueForm& form) {
  if (tensor.rank() < 2) return std::nullopt;
  const int64_t inner = count(tensor.shape(), 2, tensor.rank()), row = tensor.dim(1) * inner;
  BitWriter map, values;
  for_blocks(tensor.shape(), [&](int64_t first, int64_t rows, int64_t columns) {
    bool zero = true;
    for (int64_t r = 0; r < rows && zero; ++r)
      for (int64_t c = 0; c < columns && zero; ++c) zero = form.is_zero(element(tensor, first + r * row + c * inner, form.width()));
    map.put(zero ? 0 : 1, 1);
    if (zero) return;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) form.put(values, element(tensor, first + r * row + c * inner, form.width()));
  });
  std::vector<std::byte> bytes = map.finish();
  append(bytes, values.finish());
  return bytes;
}

Tensor blocks_decode(std::span<const std::byte> bytes, DType dtype, const Shape& shape, const ValueForm& form) {
  if (shape.size() < 2) fail("a tensor of one axis has no blocks");
  Tensor tensor(dtype, shape);
  const int64_t inner = count(shape, 2, shape.size()), row = shape[1] * inner;
  BitReader map(bytes);
  std::vector<bool> present;
  int64_t elements = 0;
  for_blocks(shape, [&](int64_t, int64_t rows, int64_t columns) {
    present.push_back(map.get(1) == 1);
    if (present.back()) elements += rows * columns;
  });
  Values values(bytes.subspan(map.finish()), elements, form);
  std::byte* dst = tensor.mutable_bytes();
  size_t block = 0;
  for_blocks(shape, [&](int64_t first, int64_t rows, int64_t columns) {
    if (!present[block++]) return;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) values.next(dst + static_cast<size_t>(first + r * row + c * inner) * form.width());
  });
  values.finish();
  return tensor;
}

std::optional<std::vector<std::byte>> mask_encode(const Tensor& mask, const Tensor& constant) {
  if (!constant.defined() || mask.shape() != constant.shape() || mask.dtype() == DType::f64) return std::nullopt;
  const Tensor one = Tensor::scalar(int64_t{1}).cast(mask.dtype());
  const ValueForm of_mask(mask.dtype(), nullptr, true), of_constant(constant.dtype(), nullptr, true);
  RunWriter runs;
  uint64_t gap = 0;
  for (int64_t i = 0; i < mask.size(); ++i) {
    const std::byte* m = element(mask, i, of_mask.width());
    const bool kept = std::memcmp(m, one.bytes(), of_mask.width()) == 0;
    if (!kept && !of_mask.is_zero(m)) return std::nullopt;
    if (!of_constant.is_zero(element(constant, i, of_constant.width()))) {
      if (!kept) return std::nullopt;
    } else if (kept) {
      runs.put(gap), gap = 0;
    } else {
      ++gap;
    }
  }
  runs.put(gap);
  return runs.finish();
}

Tensor mask_decode(std::span<const std::byte> bytes, DType dtype, const Tensor& constant) {
  const Tensor one = Tensor::scalar(int64_t{1}).cast(dtype);
  Tensor mask(dtype, constant.shape());
  const size_t width = size_of(dtype), constant_width = size_of(constant.dtype());
  const ValueForm of_constant(constant.dtype(), nullptr, true);
  RunReader runs(bytes);
  uint64_t gap = runs.get();
  std::byte* dst = mask.mutable_bytes();
  for (int64_t i = 0; i < mask.size(); ++i) {
    bool kept = true;
    if (of_constant.is_zero(element(constant, i, constant_width))) {
      kept = gap == 0;
      gap = kept ? runs.get() : gap - 1;
    }
    if (kept) std::memcpy(dst + static_cast<size_t>(i) * width, one.bytes(), width);
  }
  if (gap != 0) fail("a run of its mask leaves the tensor");
  if (const size_t read = runs.finish(); read != bytes.size()) fail("{} bytes of its mask are left over", bytes.size() - read);
  return mask;
}

}  // namespace galet::package
