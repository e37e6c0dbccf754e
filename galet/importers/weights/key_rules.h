// Renames tensors before they meet a network: one regular expression and its replacement a line.
#pragma once

#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace galet::importers {

class KeyRules {
 public:
  /// Lines "REGEX -> REPLACEMENT" (ECMAScript; $1 is the first group; an empty replacement cuts out); empty lines and lines that begin with
  /// '#' are skipped. `where` names the source in errors. Throws Error for lines that are none and expressions that do not compile.
  static KeyRules parse(std::string_view text, const std::string& where);

  /// All rules in order, each to the result of those before it, each wherever it fits.
  std::string apply(const std::string& key);
  bool empty() const { return rules_.empty(); }
  /// Rules that changed no key so far, as written.
  std::vector<std::string> unused() const;

 private:
  struct Rule {
    std::string line;
    std::regex pattern;
    std::string replacement;
    bool used = false;
  };
  std::vector<Rule> rules_;
};

/// A rule's left side that fits names which begin with exactly this text.
std::string escaped_prefix(const std::string& text);

}  // namespace galet::importers
