#include "galet/runtime/plan/sparse_measure.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

#include "galet/core/random.h"
#include "galet/kernels/onednn/onednn.h"

namespace galet::runtime {
namespace {

using namespace kernels;

constexpr int64_t kPixels = 240;  // measured of an integer layer: two panels
// Of a float layer: whole rows of the map with at least so many pixels and products, beside which the cost of a call is small.
constexpr int64_t kFloatPixels = 480;
constexpr double kFloatProducts = 8e6;
constexpr int kLeastRounds = 3, kMostRounds = 15;
constexpr double kBudget = 3e-3;  // seconds of processor time for the rounds of one layer

double processor_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct FreeBytes {
  void operator()(void* bytes) const { std::free(bytes); }
};
using Bytes = std::unique_ptr<uint8_t[], FreeBytes>;

Bytes allocate(size_t bytes) {
  const size_t rounded = (bytes + 63) / 64 * 64 + 256;
  void* memory = std::aligned_alloc(64, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, rounded);
  return Bytes(static_cast<uint8_t*>(memory));
}

/// The fastest of some rounds of each.
template <typename Dense, typename Sparse, typename Empty>
SparseTimes best_times(const Dense& dense, const Sparse& sparse, const Empty& empty) {
  const auto time = [](const auto& run) {
    const double begin = processor_seconds();
    run();
    return processor_seconds() - begin;
  };
  SparseTimes best{1e9, 1e9, 1e9};
  const double begin = processor_seconds();
  for (int round = 0; round < kMostRounds && (round < kLeastRounds || processor_seconds() - begin < kBudget); ++round) {
    best.dense = std::min(best.dense, time(dense));
    best.sparse = std::min(best.sparse, time(sparse));
    best.empty = std::min(best.empty, time(empty));
  }
  return best;
}

/// One integer kernel with its weights, ready to run some items again and again.
struct Contender {
  Bytes packed, prepared, scratch;
  int64_t items = 0;
  ConvI8Args args;
};

bool split_by_pixels(int64_t items, int64_t pixels) { return items == (pixels + 11) / 12; }

int64_t weight_count(const ConvShape& s) { return s.src_c * s.dst_c / s.groups * s.kernel_h * s.kernel_w; }

/// The layer without gaps in src and dst, and no more of its rows than are measured.
ConvShape float_part(const ConvShape& shape) {
  ConvShape part = shape;
  part.src_stride = part.dst_stride = 0;
  if (shape.transposed || shape.dst_w == 0) return part;
  part.batch = 1;
  const double products = static_cast<double>(weight_count(shape));  // of one pixel
  const int64_t pixels = std::max(kFloatPixels, static_cast<int64_t>(kFloatProducts / std::max(products, 1.0)));
  part.dst_h = std::min(shape.dst_h, (pixels + shape.dst_w - 1) / shape.dst_w);
  const int64_t reach = (part.dst_h - 1) * shape.stride_h - shape.pad_top + (shape.kernel_h - 1) * shape.dilation_h + 1;
  if (part.dst_h < shape.dst_h && reach > 0) part.src_h = std::min(shape.src_h, reach);
  return part;
}

}  // namespace

SparseTimes measure_sparse(const GemmI8Row& dense_row, const SparseI8Row& sparse_row, const ConvShape& shape, const int8_t* weight) {
  ConvShape part = shape;  // dst is written without gaps
  part.dst_stride = part.src_stride = 0;
  const std::vector<int8_t> nothing(static_cast<size_t>(weight_count(shape)));
  const Bytes src = allocate(static_cast<size_t>(shape.batch * shape.src_h * shape.src_w * shape.src_c));
  uint32_t state = 1;
  for (int64_t i = 0; i < shape.batch * shape.src_h * shape.src_w * shape.src_c; ++i)
    src[static_cast<size_t>(i)] = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  const Bytes dst = allocate(static_cast<size_t>(shape.batch * shape.dst_h * shape.dst_w * shape.dst_c));
  const std::vector<float> m(static_cast<size_t>(shape.dst_c), 0.001f);
  ConvI8Args args;
  args.src = src.get();
  args.src_zero_point = args.dst_zero_point = 128;
  args.dst = dst.get();
  args.m = m.data();

  Contender dense, sparse, empty;
  const auto prepared = [&](Contender& c, size_t bytes, const auto& prepare) {
    c.args = args;
    c.args.packed = c.packed.get();
    c.prepared = allocate(bytes);
    prepare(c.args, c.prepared.get());
    c.args.prepared = c.prepared.get();
  };
  dense.packed = allocate(conv_i8_packed_bytes(dense_row, part));
  conv_i8_pack(dense_row, part, weight, dense.packed.get());
  dense.scratch = allocate(conv_i8_scratch_bytes(dense_row, part));
  dense.items = conv_i8_items(dense_row, part);
  prepared(dense, conv_i8_prepared_bytes(dense_row, part),
           [&](const ConvI8Args& call, void* to) { conv_i8_prepare(dense_row, part, call, to); });
  const auto make_sparse = [&](Contender& c, const int8_t* values) {
    c.packed = allocate(sparse_i8_packed_bytes(sparse_row, part, values));
    sparse_i8_pack(sparse_row, part, values, c.packed.get());
    c.scratch = allocate(sparse_i8_scratch_bytes(sparse_row, part));
    c.items = sparse_i8_items(sparse_row, part);
    prepared(c, sparse_i8_prepared_bytes(sparse_row, part),
             [&](const ConvI8Args& call, void* to) { sparse_i8_prepare(sparse_row, part, call, to); });
  };
  make_sparse(sparse, weight);
  make_sparse(empty, nothing.data());
  const int64_t pixels = shape.batch * shape.dst_h * shape.dst_w;
  if (pixels > kPixels && split_by_pixels(dense.items, pixels) && split_by_pixels(sparse.items, pixels))
    dense.items = sparse.items = empty.items = kPixels / 12;
  const auto run_sparse = [&](const Contender& c) { sparse_i8_run(sparse_row, part, c.args, 0, c.items, c.scratch.get()); };
  return best_times([&] { conv_i8_run(dense_row, part, dense.args, 0, dense.items, dense.scratch.get()); }, [&] { run_sparse(sparse); },
                    [&] { run_sparse(empty); });
}

const char* dense_float(const SparseF32Row& sparse, const ConvShape& shape) {
  const bool gaps =
      (shape.src_stride != 0 && shape.src_stride != shape.src_c) || (shape.dst_stride != 0 && shape.dst_stride != shape.dst_c);
  return onednn_available() && !gaps && sparse.isa != Isa::reference ? "oneDNN" : "conv_f32";
}

SparseTimes measure_sparse(const SparseF32Row& row, const ConvShape& shape, const float* weight) {
  const ConvShape part = float_part(shape);
  std::vector<float> src(static_cast<size_t>(part.batch * part.src_h * part.src_w * part.src_c));
  Random random(1);
  for (float& x : src) x = static_cast<float>(random.uniform(0.0, 1.0));
  std::vector<float> dst(static_cast<size_t>(part.batch * part.dst_h * part.dst_w * part.dst_c));
  const std::vector<float> nothing(static_cast<size_t>(weight_count(part)));
  ConvF32Args args;
  args.src = src.data();
  args.dst = dst.data();
  args.lo = 0.0f;

  const auto pack = [&](const float* values) {
    Bytes packed = allocate(sparse_f32_packed_bytes(row, part, values));
    sparse_f32_pack(row, part, values, packed.get());
    return packed;
  };
  const Bytes packed = pack(weight), empty = pack(nothing.data());
  const Bytes scratch = allocate(sparse_f32_scratch_bytes(row, part));
  const auto run_sparse = [&](const Bytes& weights) {
    ConvF32Args call = args;
    call.packed = weights.get();
    sparse_f32_run(row, part, call, 0, sparse_f32_items(row, part), scratch.get());
  };
  std::unique_ptr<OnednnConv> onednn;
  if (std::string_view(dense_float(row, shape)) == "oneDNN") onednn = OnednnConv::create(part, weight, nullptr, args.lo, args.hi, false);
  if (onednn != nullptr) {
    const Bytes memory = allocate(onednn->scratch_bytes());
    return best_times(
        [&] {
          for (int piece = 0; piece < onednn->pieces(); ++piece) onednn->run(src.data(), nullptr, dst.data(), memory.get(), piece);
        },
        [&] { run_sparse(packed); }, [&] { run_sparse(empty); });
  }
  const GemmF32Row& gemm = select<GemmF32Fn>(row.isa);
  const Bytes dense = allocate(conv_f32_packed_bytes(gemm, part)), memory = allocate(conv_f32_scratch_bytes(gemm, part));
  conv_f32_pack(gemm, part, weight, dense.get());
  args.packed = dense.get();
  return best_times([&] { conv_f32_run(gemm, part, args, 0, conv_f32_items(gemm, part), memory.get()); }, [&] { run_sparse(packed); },
                    [&] { run_sparse(empty); });
}

}  // namespace galet::runtime
