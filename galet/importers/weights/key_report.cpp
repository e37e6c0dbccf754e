#include <algorithm>
#include <nlohmann/json.hpp>

#include "galet/importers/weights/link.h"

namespace galet::importers {
namespace {

template <typename Items>
size_t open_count(const Items& items) {
  return static_cast<size_t>(std::count_if(items.begin(), items.end(), [](const auto& item) { return !item.allowed; }));
}

/// "3 parameters have no weights (A; B; ...)" of the first few that are not allowed; nothing when there are none.
template <typename Items, typename Show>
void describe(std::vector<std::string>& parts, const Items& items, std::string_view one, std::string_view many, Show show) {
  constexpr size_t kShown = 3;
  std::vector<std::string> shown;
  for (const auto& item : items)
    if (!item.allowed && shown.size() < kShown) shown.push_back(show(item));
  const size_t n = open_count(items);
  if (n == 0) return;
  parts.push_back(fmt::format("{} {} ({}{})", n, n == 1 ? one : many, fmt::join(shown, "; "), n > kShown ? "; ..." : ""));
}

std::string near(const std::string& name) { return name.empty() ? "" : fmt::format(", nearest \"{}\"", name); }

/// A part in front of all unexpected names, up to a dot, without which they would be parameters that are missing.
std::string common_prefix(const KeyReport& report) {
  if (report.unexpected.size() < 2) return {};
  const std::string& first = report.unexpected.front().renamed;
  const std::string prefix = first.substr(0, first.find('.') + 1);
  if (prefix.empty()) return {};
  for (const auto& u : report.unexpected)
    if (!u.renamed.starts_with(prefix)) return {};
  const std::string bare = first.substr(prefix.size());
  const bool helps = std::any_of(report.missing.begin(), report.missing.end(), [&](const auto& m) { return m.parameter == bare; });
  return helps ? prefix : "";
}

std::string wanted_as(const KeyReport::Mismatched& m) {
  const bool type = m.found == m.wanted;
  return type ? fmt::format("\"{}\" is {}, expected a floating type", m.key, to_string(m.found_as))
              : fmt::format("\"{}\" is {}, expected {}", m.key, to_string(m.found), to_string(m.wanted));
}

}  // namespace

bool KeyReport::complete() const { return open_count(missing) + open_count(unexpected) + open_count(mismatched) == 0; }

std::string KeyReport::problem() const {
  if (complete()) return {};
  std::vector<std::string> parts;
  describe(parts, mismatched, "tensor has another shape or type", "tensors have another shape or type", wanted_as);
  describe(parts, missing, "parameter has no weights", "parameters have no weights",
           [](const Missing& m) { return fmt::format("\"{}\" {}{}", m.parameter, to_string(m.shape), near(m.near)); });
  describe(parts, unexpected, "key is unexpected", "keys are unexpected",
           [](const Unexpected& u) { return fmt::format("\"{}\" {}{}", u.renamed, to_string(u.shape), near(u.near)); });
  const std::string prefix = common_prefix(*this);
  const std::string advice = prefix.empty() ? "rename with --map, accept with --allow PATTERN"
                                            : fmt::format("take \"{}\" off with a --map rule \"{} ->\"", prefix, escaped_prefix(prefix));
  return fmt::format("{} of {} parameters linked; {}: {}; --report FILE lists all", matched.size(), parameters, fmt::join(parts, ", "),
                     advice);
}

std::string KeyReport::summary() const {
  std::string text = fmt::format("{} of {} parameters linked", matched.size(), parameters);
  const auto add = [&](size_t n, std::string_view what) {
    if (n != 0) text += fmt::format(", {} {}", n, what);
  };
  add(missing.size(), "missing");
  add(mismatched.size(), "mismatched");
  add(unexpected.size(), "unexpected");
  add(overridden.size(), "overridden");
  add(ignored.size(), "counters ignored");
  return text;
}

std::string to_json(const KeyReport& report) {
  using Json = nlohmann::ordered_json;
  Json root{{"complete", report.complete()}, {"summary", report.summary()}};
  for (const char* list : {"matched", "missing", "unexpected", "mismatched"}) root[list] = Json::array();
  for (const auto& m : report.matched)
    root["matched"].push_back(
        {{"key", m.key}, {"parameter", m.parameter}, {"file", m.file}, {"shape", m.shape}, {"stored_as", to_string(m.stored_as)}});
  for (const auto& m : report.missing)
    root["missing"].push_back({{"parameter", m.parameter}, {"shape", m.shape}, {"near", m.near}, {"allowed", m.allowed}});
  for (const auto& u : report.unexpected)
    root["unexpected"].push_back(
        {{"key", u.key}, {"renamed", u.renamed}, {"file", u.file}, {"shape", u.shape}, {"near", u.near}, {"allowed", u.allowed}});
  for (const auto& m : report.mismatched)
    root["mismatched"].push_back({{"key", m.key},
                                  {"parameter", m.parameter},
                                  {"file", m.file},
                                  {"found", m.found},
                                  {"found_as", to_string(m.found_as)},
                                  {"wanted", m.wanted},
                                  {"allowed", m.allowed}});
  root["ignored"] = report.ignored;
  root["overridden"] = report.overridden;
  root["proposed"] = report.proposed;
  root["notes"] = report.notes;
  return root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace galet::importers
