#include <cctype>
#include <charconv>
#include <stdexcept>

#include "galet/ir/pattern_term.h"

namespace galet {
namespace {

using Term = Pattern::Term;

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Term whole() {
    Term term;
    if (accept('*'))
      term.kind = Term::Kind::any_node;
    else
      term = this->term();
    if (skip(), at_ != text_.size()) error("expected the end");
    if (term.kind != Term::Kind::any_node && term.kind != Term::Kind::call) error("expected a call");
    return term;
  }

 private:
  [[noreturn]] void error(const std::string& what) const {
    throw std::logic_error("pattern `" + text_ + "`, column " + std::to_string(at_ + 1) + ": " + what);
  }
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  char peek() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) error(std::string("expected `") + c + "`");
  }
  static bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
  std::string name() {
    skip();
    const size_t begin = at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    if (at_ == begin) error("expected a name");
    return text_.substr(begin, at_ - begin);
  }
  double plain_number() {
    skip();
    double value = 0;
    const auto [end, problem] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (problem != std::errc{}) error("expected a number");
    at_ = static_cast<size_t>(end - text_.data());
    return value;
  }
  /// "3" or "1/6".
  double number() {
    const double value = plain_number();
    return accept('/') ? value / plain_number() : value;
  }

  Term term() {
    Term term = primary();
    while (true) {
      if (accept('!'))
        term.lone = true;
      else if (accept('?'))
        term.optional = true;
      else
        return term;
    }
  }
  Term primary() {
    Term term;
    const char c = peek();
    if (c == '(') return alternatives();
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '-') {
      term.kind = Term::Kind::number;
      term.number = number();
      return term;
    }
    if (accept('#')) {
      term.kind = Term::Kind::constant;
      term.name = name();
      return term;
    }
    std::string word = name();
    if (accept('=')) {
      term.name = std::move(word);
      word = name();
    }
    const bool several = at_ < text_.size() && text_[at_] == '|';
    if (!several && peek() != '(') {
      if (!term.name.empty()) error("expected a call after `=`");
      term.name = std::move(word);
      return term;
    }
    term.kind = Term::Kind::call;
    term.ops.push_back(std::move(word));
    while (at_ < text_.size() && text_[at_] == '|') {
      ++at_;
      term.ops.push_back(name());
    }
    expect('(');
    while (!accept(')')) {
      if (!term.terms.empty()) expect(',');
      term.terms.push_back(this->term());
    }
    if (accept('{')) conditions(term);
    return term;
  }
  Term alternatives() {
    Term term;
    term.kind = Term::Kind::alternatives;
    expect('(');
    do term.terms.push_back(this->term());
    while (accept('|'));
    expect(')');
    return term;
  }
  void conditions(Term& term) {
    while (!accept('}')) {
      if (!term.conditions.empty()) expect(',');
      Term::Condition condition;
      condition.attribute = name();
      expect('=');
      skip();
      if (text_.compare(at_, 3, "any") == 0) {
        at_ += 3;
        condition.wanted = Term::Any{};
      } else if (accept('"')) {
        const size_t end = text_.find('"', at_);
        if (end == std::string::npos) error("unfinished string");
        condition.wanted = text_.substr(at_, end - at_);
        at_ = end + 1;
      } else if (accept('[')) {
        std::vector<double> list;
        while (!accept(']')) {
          if (!list.empty()) expect(',');
          list.push_back(number());
        }
        condition.wanted = std::move(list);
      } else {
        condition.wanted = number();
      }
      term.conditions.push_back(std::move(condition));
    }
  }

  const std::string& text_;
  size_t at_ = 0;
};

void collect(const Term& term, std::vector<std::string>& ops) {
  ops.insert(ops.end(), term.ops.begin(), term.ops.end());
  for (const Term& inner : term.terms) collect(inner, ops);
}

}  // namespace

Pattern::Pattern(std::string text)
    : text_(std::make_shared<const std::string>(std::move(text))), term_(std::make_shared<const Term>(Parser(*text_).whole())) {}

std::vector<std::string> Pattern::operators() const {
  std::vector<std::string> ops;
  collect(*term_, ops);
  return ops;
}

}  // namespace galet
