#include "galet/importers/weights/key_rules.h"

#include "galet/core/error.h"

namespace galet::importers {
namespace {

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// The beginning of a line, for messages: a file given by mistake may hold anything.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, 80));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126) c = '?';
  return out;
}

}  // namespace

KeyRules KeyRules::parse(std::string_view text, const std::string& where) {
  KeyRules rules;
  int number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const size_t arrow = line.find("->");
    if (arrow == std::string_view::npos) fail("{}:{}: \"{}\" is no rule, expected REGEX -> REPLACEMENT", where, number, shown(line));
    const std::string pattern(trimmed(line.substr(0, arrow)));
    if (pattern.empty()) fail("{}:{}: the rule has nothing before ->", where, number);
    try {
      rules.rules_.push_back({std::string(line), std::regex(pattern), std::string(trimmed(line.substr(arrow + 2)))});
    } catch (const std::regex_error& error) {
      fail("{}:{}: \"{}\" is no regular expression: {}", where, number, shown(pattern), error.what());
    }
  }
  return rules;
}

std::string KeyRules::apply(const std::string& key) {
  std::string name = key;
  for (Rule& rule : rules_) {
    std::string changed;
    try {
      changed = std::regex_replace(name, rule.pattern, rule.replacement);
    } catch (const std::regex_error& error) {
      fail("rule \"{}\" on \"{}\": {}", rule.line, name, error.what());
    }
    rule.used |= changed != name;
    name = std::move(changed);
  }
  return name;
}

std::vector<std::string> KeyRules::unused() const {
  std::vector<std::string> out;
  for (const Rule& rule : rules_)
    if (!rule.used) out.push_back(rule.line);
  return out;
}

std::string escaped_prefix(const std::string& text) {
  std::string out = "^";
  for (const char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace galet::importers
