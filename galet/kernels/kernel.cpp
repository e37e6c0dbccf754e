// The tables behind kernel_rows<F>(): built from kernels.inc, nothing else.
#include "galet/kernels/kernel.h"

#include <tuple>
#include <vector>

#include "galet/kernels/conv_f32/conv.h"
#include "galet/kernels/conv_i8/conv.h"
#include "galet/kernels/depthwise_f32/depthwise.h"
#include "galet/kernels/depthwise_i8/depthwise.h"
#include "galet/kernels/elementwise_f32/elementwise.h"
#include "galet/kernels/elementwise_i8/elementwise.h"
#include "galet/kernels/layout/transpose.h"
#include "galet/kernels/pool_f32/pool.h"
#include "galet/kernels/pool_i8/pool.h"
#include "galet/kernels/probe/probe.h"
#include "galet/kernels/resize/resize.h"
#include "galet/kernels/sparse_f32/sparse.h"
#include "galet/kernels/sparse_i8/sparse.h"
#include "galet/kernels/statistics_f32/statistics.h"

namespace galet::kernels {

#define KERNEL(Fn, isa, name) Fn name;
#define TILE(Fn, isa, name, ...) Fn name;
#include "galet/kernels/kernels.inc"
#undef KERNEL
#undef TILE

namespace {

template <typename... Fn>
using TablesOf = std::tuple<std::vector<Kernel<Fn>>...>;
using Tables = TablesOf<GemmI8Fn, SparseI8Fn, DepthwiseI8Fn, InterleaveI8Fn, GemmF32Fn, SparseF32Fn, DepthwiseF32Fn, QuantizeFn,
                        DequantizeFn, LookupFn, AddFn, MulFn, MinMaxFn, MaxPoolI8Fn, AveragePoolI8Fn, TransposeU8Fn, TransposeF32Fn,
                        QuantizeTransposeFn, MaxPoolF32Fn, AveragePoolF32Fn, BinaryF32Fn, UnaryF32Fn, MomentsF32Fn, HistogramF32Fn,
                        ResampleI8Fn, ResampleF32Fn, ProbeDotFn, ProbeFmaFn, ProbeReadFn, ProbeChainFn>;

const Tables& tables() {
  static const Tables made = [] {
    Tables t;
#define KERNEL(Fn, isa, name) std::get<std::vector<Kernel<Fn>>>(t).push_back({#name, Isa::isa, name});
#define TILE(Fn, isa, name, ...) std::get<std::vector<Kernel<Fn>>>(t).push_back({#name, Isa::isa, name, __VA_ARGS__});
#include "galet/kernels/kernels.inc"
#undef KERNEL
#undef TILE
    return t;
  }();
  return made;
}

}  // namespace

template <typename F>
std::span<const Kernel<F>> kernel_rows() {
  return std::get<std::vector<Kernel<F>>>(tables());
}

template std::span<const Kernel<GemmI8Fn>> kernel_rows();
template std::span<const Kernel<SparseI8Fn>> kernel_rows();
template std::span<const Kernel<DepthwiseI8Fn>> kernel_rows();
template std::span<const Kernel<InterleaveI8Fn>> kernel_rows();
template std::span<const Kernel<GemmF32Fn>> kernel_rows();
template std::span<const Kernel<SparseF32Fn>> kernel_rows();
template std::span<const Kernel<DepthwiseF32Fn>> kernel_rows();
template std::span<const Kernel<QuantizeFn>> kernel_rows();
template std::span<const Kernel<DequantizeFn>> kernel_rows();
template std::span<const Kernel<LookupFn>> kernel_rows();
template std::span<const Kernel<AddFn>> kernel_rows();
template std::span<const Kernel<MulFn>> kernel_rows();
template std::span<const Kernel<MinMaxFn>> kernel_rows();
template std::span<const Kernel<MaxPoolI8Fn>> kernel_rows();
template std::span<const Kernel<AveragePoolI8Fn>> kernel_rows();
template std::span<const Kernel<TransposeU8Fn>> kernel_rows();
template std::span<const Kernel<TransposeF32Fn>> kernel_rows();
template std::span<const Kernel<QuantizeTransposeFn>> kernel_rows();
template std::span<const Kernel<MaxPoolF32Fn>> kernel_rows();
template std::span<const Kernel<AveragePoolF32Fn>> kernel_rows();
template std::span<const Kernel<BinaryF32Fn>> kernel_rows();
template std::span<const Kernel<MomentsF32Fn>> kernel_rows();
template std::span<const Kernel<HistogramF32Fn>> kernel_rows();
template std::span<const Kernel<UnaryF32Fn>> kernel_rows();
template std::span<const Kernel<ResampleI8Fn>> kernel_rows();
template std::span<const Kernel<ResampleF32Fn>> kernel_rows();
template std::span<const Kernel<ProbeDotFn>> kernel_rows();
template std::span<const Kernel<ProbeFmaFn>> kernel_rows();
template std::span<const Kernel<ProbeReadFn>> kernel_rows();
template std::span<const Kernel<ProbeChainFn>> kernel_rows();

}  // namespace galet::kernels
