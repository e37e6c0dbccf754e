#include "galet/importers/weights/near_name.h"

#include <algorithm>

namespace galet::importers {
namespace {

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string last_part(const std::string& name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

std::string near_name(const NamedShape& wanted, std::span<const NamedShape> candidates) {
  const NamedShape* best = nullptr;
  size_t least = SIZE_MAX;
  for (const NamedShape& candidate : candidates) {
    size_t distance = 2 * edit_distance(wanted.name, candidate.name);
    if (candidate.shape != wanted.shape) distance += wanted.name.size();
    if (last_part(candidate.name) != last_part(wanted.name)) distance += 8;
    if (distance < least) {
      least = distance;
      best = &candidate;
    }
  }
  return best == nullptr || least > 2 * std::max(wanted.name.size(), best->name.size()) ? "" : best->name;
}

bool fits(std::string_view name, std::string_view pattern) {
  size_t n = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace galet::importers
