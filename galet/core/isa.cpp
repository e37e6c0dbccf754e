#include "galet/core/isa.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "galet/core/error.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace galet {
namespace {
constexpr std::array<std::string_view, 10> kNames{"reference",  "sse41",      "avx2", "avxvnni", "avx512",
                                                  "avx512vnni", "avx512vbmi", "neon", "neondot", "neoni8mm"};
}

std::string_view to_string(Isa isa) { return kNames[static_cast<size_t>(isa)]; }

Isa parse_isa(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Isa>(i);
  fail("unknown instruction set \"{}\", expected one of {}", name, fmt::join(kNames, " "));
}

#if defined(__x86_64__)
namespace {
/// AVX-VNNI: leaf 7, subleaf 1, EAX bit 4 (compilers before GCC 13 do not know the name). The system saves ymm where AVX2 is reported.
bool has_avxvnni() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & (1u << 4)) != 0;
}
}  // namespace
#endif

bool supported(Isa isa) {
  if (isa == Isa::reference) return true;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (isa == Isa::sse41) return __builtin_cpu_supports("sse4.1");
  if (isa == Isa::avx2) return avx2;
  if (isa == Isa::avxvnni) return avx2 && has_avxvnni();
  if (isa == Isa::avx512) return avx512;
  const bool vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  if (isa == Isa::avx512vnni) return vnni;
  if (isa == Isa::avx512vbmi) return vnni && __builtin_cpu_supports("avx512vbmi");
#elif defined(__aarch64__)
  if (isa == Isa::neon) return true;
  if (isa == Isa::neondot) return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
  if (isa == Isa::neoni8mm) return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0 && (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
#endif
  return false;
}

bool includes(Isa isa, Isa row) {
  if (row == Isa::reference || row == isa) return true;
  if ((row >= Isa::neon) != (isa >= Isa::neon) || row == Isa::avxvnni) return false;
  return row < isa;
}

std::vector<Isa> supported_isas() {
  std::vector<Isa> isas;
  for (size_t i = kNames.size(); i-- > 0;)
    if (supported(static_cast<Isa>(i))) isas.push_back(static_cast<Isa>(i));
  return isas;
}

Isa active_isa() {
  const char* forced = std::getenv("GALET_FORCE_ISA");
  if (forced == nullptr || *forced == '\0') return supported_isas().front();
  const auto name = std::find(kNames.begin(), kNames.end(), std::string_view(forced));
  if (name == kNames.end()) fail("GALET_FORCE_ISA={}: unknown instruction set, expected one of {}", forced, fmt::join(kNames, " "));
  const Isa isa = static_cast<Isa>(name - kNames.begin());
  if (!supported(isa)) {
    std::string names;
    for (const Isa other : supported_isas()) names += std::string(names.empty() ? "" : " ") + std::string(to_string(other));
    fail("GALET_FORCE_ISA={}: this machine does not have it, it has {}", forced, names);
  }
  return isa;
}

}  // namespace galet
