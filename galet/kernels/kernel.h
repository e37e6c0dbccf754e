// Rows of kernel tables: how a kernel for this machine is found, and how tests enumerate all of them.
#pragma once

#include <cstdint>
#include <span>

#include "galet/core/isa.h"

namespace galet::kernels {

/// How packed weights of a tiled family lie: as they are (README.md, "Packing"), or as gemm_i8/split.h says.
enum class WeightForm : uint8_t { plain, split };

/// One row of kernels.inc: a function of type F (QuantizeFn, GemmI8Fn, ...) built for `isa`.
template <typename F>
struct Kernel {
  const char* name;  // "add_u8u8u8__avx2_8"
  Isa isa;
  F* run;
  int lanes = 1, vectors = 1;  // tiled families: a tile is up to lanes * vectors channels wide (packing depends on it)
  int depth = 4;               // weights of a channel that lie together in packed form
  // What a kernel with signed products takes off the source codes: off those of even and of odd quads of a tap (packing makes up for it).
  int even_shift = 0, odd_shift = 0;
  WeightForm form = WeightForm::plain;
};

/// All rows of a family, best first, the reference last. F is a function type declared in the family's header.
template <typename F>
std::span<const Kernel<F>> kernel_rows();

/// The best row for `isa` (as a rule active_isa()). There always is one: the reference serves everything.
template <typename F>
const Kernel<F>& select(Isa isa) {
  const std::span<const Kernel<F>> rows = kernel_rows<F>();
  for (const Kernel<F>& row : rows)
    if (includes(isa, row.isa)) return row;
  return rows.back();
}

}  // namespace galet::kernels
