#include "galet/prune/criterion.h"

#include <cmath>

#include "galet/core/error.h"

namespace galet::prune {

#define CRITERION(name) Criterion name##_criterion();
#include "galet/prune/criteria.inc"
#undef CRITERION

std::span<const Criterion> criteria() {
  static const std::vector<Criterion> all{
#define CRITERION(name) name##_criterion(),
#include "galet/prune/criteria.inc"
#undef CRITERION
  };
  return all;
}

const Criterion& criterion(std::string_view name) {
  std::string names;
  for (const Criterion& one : criteria()) {
    if (one.name == name) return one;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", one.name);
  }
  fail("unknown criterion \"{}\", expected one of {}", name, names);
}

double joint_score(const Criterion& criterion, std::span<const float> scores, std::span<const int64_t> indices) {
  double sum = 0;
  for (const int64_t i : indices) {
    const auto score = static_cast<double>(scores[static_cast<size_t>(i)]);
    sum += criterion.power == 2 ? score * score : score;
  }
  const double mean = indices.empty() ? 0 : sum / static_cast<double>(indices.size());
  return criterion.power == 2 ? std::sqrt(mean) : mean;
}

}  // namespace galet::prune
