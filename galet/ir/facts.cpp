#include "galet/ir/facts.h"

#include <algorithm>

namespace galet {

int32_t nearest_level(const std::vector<int32_t>& levels, int32_t code) {
  if (levels.empty()) return code;
  const auto above = std::lower_bound(levels.begin(), levels.end(), code);
  if (above == levels.begin()) return *above;
  if (above == levels.end()) return levels.back();
  const int32_t below = *(above - 1);
  return int64_t{code} - below <= int64_t{*above} - code ? below : *above;
}

int64_t code_count(const QuantSpec& spec) {
  return spec.levels.empty() ? int64_t{spec.qmax} - spec.qmin + 1 : static_cast<int64_t>(spec.levels.size());
}

bool is_low_bit(const QuantSpec& spec) {
  return !spec.dynamic && size_of(spec.storage) == 1 && (!spec.levels.empty() || code_count(spec) <= 128);
}

}  // namespace galet
