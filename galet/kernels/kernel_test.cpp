// The table of kernels: which rows an instruction set gets.
#include "galet/kernels/kernel.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "galet/kernels/gemm_i8/gemm.h"

namespace galet::kernels {
namespace {

TEST_CASE("select gives the first row that the instruction set includes, and the reference to all") {
  for (const Kernel<GemmI8Fn>& row : kernel_rows<GemmI8Fn>()) CHECK(&select<GemmI8Fn>(row.isa) <= &row);
  CHECK(select<GemmI8Fn>(Isa::reference).isa == Isa::reference);
#if defined(__aarch64__)
  for (const Isa isa : {Isa::neon, Isa::neondot, Isa::neoni8mm}) CHECK(select<GemmI8Fn>(isa).isa == isa);
#endif
}

TEST_CASE("the best instruction set is the one that GALET_EXPECT_ISA names" * doctest::skip(std::getenv("GALET_EXPECT_ISA") == nullptr)) {
  CHECK(std::string(to_string(supported_isas().front())) == std::getenv("GALET_EXPECT_ISA"));
}

}  // namespace
}  // namespace galet::kernels
