// Which instruction sets this machine has, and which one to use.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace galet {

/// Worst to best, x86 before ARM. `reference` is plain C++ and the definition of the bits; every other one gives the same.
/// avxvnni: AVX2 with VEX-encoded VNNI (256 bits; processors without AVX-512). avx512: F, BW, VL, DQ; avx512vbmi: those with VNNI and VBMI
/// (Ice Lake, Zen 4). neondot, neoni8mm: NEON with the dot-product and the 8-bit matrix-product extension.
enum class Isa : uint8_t { reference, sse41, avx2, avxvnni, avx512, avx512vnni, avx512vbmi, neon, neondot, neoni8mm };

std::string_view to_string(Isa isa);
/// Inverse of to_string; throws Error listing the names.
Isa parse_isa(std::string_view name);
/// True when the machine (processor and operating system) can run code built for `isa`.
bool supported(Isa isa);
/// True when every machine that has `isa` also runs code built for `row` (as a rule because it is an older one of the same family;
/// AVX-512 does not imply AVX-VNNI).
bool includes(Isa isa, Isa row);
/// All supported ones, best first, `reference` last.
std::vector<Isa> supported_isas();
/// The one that the environment variable GALET_FORCE_ISA names, else the best supported one.
/// Throws Error when the variable names an unknown or unsupported one (never a silent fall-back).
Isa active_isa();

}  // namespace galet
