#include "galet/calibrate/observer.h"

#include <fmt/ranges.h>

#include <charconv>
#include <vector>

#include "galet/core/error.h"

namespace galet::calibrate {

#define OBSERVER(name) ObserverRule name##_observer();
#include "galet/calibrate/observers.inc"
#undef OBSERVER

std::span<const ObserverRule> observer_rules() {
  static const std::vector<ObserverRule> rules{
#define OBSERVER(name) name##_observer(),
#include "galet/calibrate/observers.inc"
#undef OBSERVER
  };
  return rules;
}

std::string Observer::text() const { return rule->has_parameter ? fmt::format("{}:{}", rule->name, parameter) : std::string(rule->name); }

Observer parse_observer(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  for (const ObserverRule& rule : observer_rules()) {
    if (rule.name != name) continue;
    Observer observer{&rule, rule.parameter};
    if (colon == std::string_view::npos) return observer;
    if (!rule.has_parameter) fail("observer \"{}\": {} takes no parameter", text, name);
    const std::string_view number = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), observer.parameter);
    const bool good = error == std::errc() && end == number.data() + number.size();
    if (!good || !(observer.parameter >= rule.parameter_min && observer.parameter <= rule.parameter_max))
      fail("observer \"{}\": parameter \"{}\" of {}, expected a number from {} to {}", text, number, name, rule.parameter_min,
           rule.parameter_max);
    return observer;
  }
  std::vector<std::string> names;
  for (const ObserverRule& rule : observer_rules()) names.push_back(Observer{&rule, rule.parameter}.text());
  fail("unknown observer \"{}\", expected one of {}", text, fmt::join(names, ", "));
}

}  // namespace galet::calibrate
