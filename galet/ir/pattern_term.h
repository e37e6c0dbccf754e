// The syntax tree of a pattern.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "galet/ir/pattern.h"

namespace galet {

struct Pattern::Term {
  enum class Kind { any_node, value, constant, number, call, alternatives };
  struct Any {};
  struct Condition {
    std::string attribute;
    std::variant<double, std::string, std::vector<double>, Any> wanted;
  };
  Kind kind = Kind::value;
  std::string name;              // bound name; empty for none
  double number = 0;             // kind number
  std::vector<std::string> ops;  // kind call
  std::vector<Term> terms;       // operands of a call, or the alternatives
  std::vector<Condition> conditions;
  bool lone = false;      // "!"
  bool optional = false;  // "?"
};

}  // namespace galet
