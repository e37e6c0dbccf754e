#include "galet/core/isa.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "galet/core/error.h"

namespace galet {
namespace {
constexpr std::array<std::string_view, 5> kNames{"reference", "avx2", "avx512", "avx512vnni", "neon"};
}

std::string_view to_string(Isa isa) { return kNames[static_cast<size_t>(isa)]; }

Isa parse_isa(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Isa>(i);
  fail("unknown instruction set \"{}\", expected one of {}", name, fmt::join(kNames, " "));
}

bool supported(Isa isa) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  switch (isa) {
    case Isa::reference:
      return true;
    case Isa::avx2:
      return avx2;
    case Isa::avx512:
      return avx512;
    case Isa::avx512vnni:
      return avx512 && __builtin_cpu_supports("avx512vnni");
    case Isa::neon:
      return false;
  }
  return false;
#elif defined(__aarch64__)
  return isa == Isa::reference || isa == Isa::neon;
#else
  return isa == Isa::reference;
#endif
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
