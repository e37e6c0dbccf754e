// Which instruction sets this machine has, and which one to use.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace galet {

/// Worst to best. `reference` is plain C++ and the definition of the bits; every other one gives the same.
enum class Isa : uint8_t { reference, avx2, avx512, avx512vnni, neon };

std::string_view to_string(Isa isa);
/// Inverse of to_string; throws Error listing the names.
Isa parse_isa(std::string_view name);
/// True when the machine (processor and operating system) can run code built for `isa`.
bool supported(Isa isa);
/// All supported ones, best first, `reference` last.
std::vector<Isa> supported_isas();
/// The one that the environment variable GALET_FORCE_ISA names, else the best supported one.
/// Throws Error when the variable names an unknown or unsupported one (never a silent fall-back).
Isa active_isa();

}  // namespace galet
