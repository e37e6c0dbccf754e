#include <algorithm>
#include <charconv>
#include <limits>

#include "galet/ir/rewriter.h"
#include "galet/ir/text.h"
#include "galet/ir/text_names.h"

namespace galet {
namespace {

struct Facts {
  std::optional<QuantSpec> quant;
  std::optional<Stats> stats;
  Tensor mask;
};

/// Recursive descent straight over the characters.
class Parser {
 public:
  Parser(const std::string& text, const FindOp& find_op) : text_(text), find_op_(find_op) {}

  Graph graph() {
    next_line();
    expect("graph");
    graph_.info.name = string();
    if (accept("batch")) {
      expect("=");
      if (word() != "fixed") error("expected `fixed`");
      graph_.dynamic_batch = false;
    }
    expect("{");
    while (next_line(), !accept("}")) {
      statement();
      skip();
      if (!done() && text_[at_] != '\n' && text_[at_] != ';' && text_[at_] != '}') error("expected the end of the statement");
    }
    next_line();
    if (!done()) error("expected the end of the text");
    try {
      verify(graph_);
    } catch (const Error& e) {
      error(e.what());
    }
    return std::move(graph_);
  }

 private:
  // Characters.

  bool done() const { return at_ >= text_.size(); }

  [[noreturn]] void error(const std::string& what) const { error_at(at_, what); }

  [[noreturn]] void error_at(size_t at, const std::string& what) const {
    at = std::min(at, text_.size());
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const size_t newline = at == 0 ? std::string::npos : text_.rfind('\n', at - 1);
    fail("line {}, column {}: {}", line, newline == std::string::npos ? at + 1 : at - newline, what);
  }

  void skip() {
    for (; !done(); ++at_) {
      const char c = text_[at_];
      if (text_.compare(at_, 2, "//") == 0) {
        while (!done() && text_[at_] != '\n') ++at_;
        --at_;
      } else if (c != ' ' && c != '\t' && c != '\r' && !(nested_ > 0 && c == '\n')) {
        return;
      }
    }
  }
  void next_line() {
    for (skip(); !done() && (text_[at_] == '\n' || text_[at_] == ';'); skip()) ++at_;
  }
  bool peek(std::string_view token) {
    skip();
    if (text_.compare(at_, token.size(), token) != 0) return false;
    const bool whole_word = text::is_name_char(token.back()) && token.back() != '.';
    return !whole_word || at_ + token.size() >= text_.size() || !text::is_name_char(text_[at_ + token.size()]);
  }
  bool accept(std::string_view token) {
    if (!peek(token)) return false;
    at_ += token.size();
    return true;
  }
  bool accept_char(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) error("expected `" + std::string(token) + "`");
  }

  std::string string() {
    skip();
    if (!accept("\"")) error("expected a string");
    std::string out;
    while (true) {
      if (done() || text_[at_] == '\n') error("unfinished string");
      char c = text_[at_++];
      if (c == '"') return out;
      if (c == '\\') {
        if (done()) error("unfinished string");
        c = text_[at_++];
        if (c == 'n')
          c = '\n';
        else if (c == 'x') {
          unsigned code = 0;
          if (at_ + 2 > text_.size() || std::from_chars(&text_[at_], &text_[at_] + 2, code, 16).ptr != &text_[at_] + 2)
            error("expected two hexadecimal digits");
          c = static_cast<char>(code);
          at_ += 2;
        } else if (c != '"' && c != '\\') {
          error("unknown escape in a string");
        }
      }
      out += c;
    }
  }
  /// A bare name.
  std::string word() {
    skip();
    const size_t length = text::bare_length(text_, at_);
    if (length == 0) error("expected a name");
    at_ += length;
    return text_.substr(at_ - length, length);
  }
  std::string name() {
    skip();
    return !done() && text_[at_] == '"' ? string() : word();
  }

  template <typename T>
  T number() {
    skip();
    const size_t begin = at_;
    if constexpr (std::is_same_v<T, bool>) {
      return number<uint8_t>() != 0;
    } else {
      T value{};
      const auto [end, problem] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
      if (problem == std::errc::invalid_argument) error(std::is_floating_point_v<T> ? "expected a number" : "expected an integer");
      if (problem != std::errc{}) error(fmt::format("the number does not fit into {}", to_string(DTypeOf<T>::value)));
      at_ = static_cast<size_t>(end - text_.data());
      if (!done() && (text::is_name_char(text_[at_])) && text_.compare(at_, 2, "..") != 0) error_at(begin, "expected a number");
      return value;
    }
  }
  /// "[1,2]" or "{1,2}".
  template <typename T>
  std::vector<T> list(char open, char close) {
    expect(std::string_view(&open, 1));
    ++nested_;
    std::vector<T> values;
    while (!accept(std::string_view(&close, 1))) {
      if (!values.empty()) expect(",");
      values.push_back(number<T>());
    }
    --nested_;
    return values;
  }

  // Types, tensors, facts.

  DType dtype() {
    skip();
    const size_t begin = at_;
    const std::string found = word();
    try {
      return parse_dtype(found);
    } catch (const Error& e) {
      error_at(begin, e.what());
    }
  }
  TensorType type() {
    TensorType out;
    out.dtype = dtype();
    expect("[");
    while (!accept("]")) {
      if (!out.shape.empty() && !accept_char('x')) error("expected `x` between extents");
      int64_t extent = 0;
      const auto [end, problem] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
      if (problem != std::errc{} || extent < 0) error("expected an extent");
      at_ = static_cast<size_t>(end - text_.data());
      out.shape.push_back(extent);
    }
    try {
      count(out.shape);
    } catch (const Error& e) {
      error(e.what());
    }
    return out;
  }
  /// "{1,2,3}"
  Tensor elements(DType element, const Shape& shape) {
    if (peek("#")) error("a large constant is printed as its hash alone; its data is in the package");
    return dispatch(element, [&](auto zero) {
      using T = decltype(zero);
      skip();
      const size_t begin = at_;
      const std::vector<T> values = list<T>('{', '}');
      if (static_cast<int64_t>(values.size()) != count(shape))
        error_at(begin, fmt::format("{} values for shape {}", values.size(), to_string(shape)));
      Tensor tensor(element, shape);
      T* data = tensor.mutable_data<T>();
      std::copy(values.begin(), values.end(), data);
      return tensor;
    });
  }
  QuantSpec quant() {
    QuantSpec spec;
    expect("(");
    spec.storage = dtype();
    std::tie(spec.qmin, spec.qmax) = text::code_range(spec.storage);
    bool one_zero = false;
    while (!accept(")")) {
      expect(",");
      skip();
      const size_t begin = at_;
      const std::string key = word();
      if (key == "dynamic") {
        spec.dynamic = true;
        continue;
      }
      expect("=");
      if (key == "codes") {
        spec.qmin = number<int32_t>();
        expect("..");
        spec.qmax = number<int32_t>();
      } else if (key == "levels") {
        spec.levels = list<int32_t>('[', ']');
      } else if (key == "axis") {
        spec.axis = number<int32_t>();
      } else if (key == "scale") {
        spec.scales = peek("[") ? list<float>('[', ']') : std::vector<float>{number<float>()};
      } else if (key == "zero") {
        one_zero = !peek("[");
        spec.zero_points = one_zero ? std::vector<int32_t>{number<int32_t>()} : list<int32_t>('[', ']');
      } else {
        error_at(begin, "unknown fact `" + key + "`, expected codes, levels, axis, scale, zero or dynamic");
      }
    }
    if (one_zero) spec.zero_points.resize(spec.scales.size(), spec.zero_points[0]);
    return spec;
  }
  Stats stats() {
    Stats s;
    expect("(");
    bool first = true;
    while (!accept(")")) {
      if (!first) expect(",");
      first = false;
      skip();
      const size_t begin = at_;
      const std::string key = word();
      expect("=");
      if (key == "count")
        s.count = number<int64_t>();
      else if (key == "min")
        s.min = number<float>();
      else if (key == "max")
        s.max = number<float>();
      else if (key == "mean")
        s.mean = number<double>();
      else if (key == "sigma")
        s.sigma = number<double>();
      else if (key == "clip_min")
        s.clip_min = number<float>();
      else if (key == "clip_max")
        s.clip_max = number<float>();
      else if (key == "observer")
        s.observer = string();
      else
        error_at(begin, "unknown statistic `" + key + "`");
    }
    return s;
  }
  Facts facts(const Shape& shape) {
    Facts out;
    while (true) {
      if (accept("quant"))
        out.quant = quant();
      else if (accept("stats"))
        out.stats = stats();
      else if (accept("mask")) {
        expect("=");
        const DType element = dtype();
        out.mask = elements(element, shape);
      } else {
        return out;
      }
    }
  }
  void set_facts(ValueId value, Facts&& given) {
    Rewriter rewriter(graph_);
    if (given.quant) rewriter.set_quant(value, std::move(given.quant));
    if (given.stats) rewriter.set_stats(value, std::move(given.stats));
    if (given.mask) rewriter.set_mask(value, std::move(given.mask));
  }

  // Statements.

  void statement() {
    if (accept("input")) return input();
    if (accept("const")) return constant();
    if (accept("output")) {
      graph_.add_output(existing());
      return;
    }
    node();
  }
  std::string new_name() {
    skip();
    const size_t begin = at_;
    std::string wanted = name();
    if (graph_.find_value(wanted)) error_at(begin, "a value named \"" + wanted + "\" exists already");
    return wanted;
  }
  ValueId existing() {
    skip();
    const size_t begin = at_;
    const std::string wanted = name();
    const auto found = graph_.find_value(wanted);
    if (!found) error_at(begin, "no value is named \"" + wanted + "\"");
    return *found;
  }
  void input() {
    std::string wanted = new_name();
    expect(":");
    const TensorType t = type();
    const ValueId id = graph_.add_input(std::move(wanted), t.dtype, t.shape);
    set_facts(id, facts(t.shape));
  }
  void constant() {
    std::string wanted = new_name();
    expect(":");
    const TensorType t = type();
    Facts given = facts(t.shape);
    if (!peek("#")) expect("=");
    Tensor data = elements(given.quant ? given.quant->storage : t.dtype, t.shape);
    const ValueId id = given.quant ? Rewriter(graph_).quantized_constant(std::move(wanted), std::move(data), *given.quant)
                                   : graph_.add_constant(std::move(wanted), std::move(data));
    set_facts(id, std::move(given));
  }

  Attribute attribute(const Attribute& like) {
    if (std::holds_alternative<int64_t>(like)) return number<int64_t>();
    if (std::holds_alternative<float>(like)) return number<float>();
    if (std::holds_alternative<std::string>(like)) return string();
    if (std::holds_alternative<Ints>(like)) return list<int64_t>('[', ']');
    if (std::holds_alternative<Floats>(like)) return list<float>('[', ']');
    const TensorType t = type();
    return elements(t.dtype, t.shape);
  }
  void node() {
    std::vector<std::string> results;
    do {
      results.push_back(new_name());
      if (std::count(results.begin(), results.end(), results.back()) > 1) error("the same result twice");
    } while (accept(","));
    expect("=");
    skip();
    const size_t begin = at_;
    const std::string op_name = word();
    const Op* op = find_op_(op_name);
    if (op == nullptr) error_at(begin, "unknown operator \"" + op_name + "\"");
    std::vector<ValueId> operands = operand_list();
    std::string node_name = accept("@") ? name() : results[0];
    if (graph_.find_node(node_name)) error_at(begin, "a node named \"" + node_name + "\" exists already");
    Attributes attributes;
    skip();
    while (!done() && text::is_name_char(text_[at_])) {
      const size_t where = at_;
      const std::string key = word();
      const auto spec = std::find_if(op->attributes.begin(), op->attributes.end(), [&](const AttributeSpec& s) { return s.name == key; });
      if (spec == op->attributes.end()) error_at(where, fmt::format("{} has no attribute \"{}\"", op_name, key));
      expect("=");
      attributes.insert_or_assign(key, attribute(spec->example));
      skip();
    }
    NodeId id;
    try {
      id = graph_.add_node(*op, std::move(node_name), std::move(operands), std::move(attributes), results);
    } catch (const Error& e) {
      error_at(begin, e.what());
    }
    const size_t made = graph_.node(id).results.size();
    if (results.size() != made) error_at(begin, fmt::format("{} results named, {} gives {}", results.size(), op_name, made));
    if (accept("->")) result_types(id);
  }
  std::vector<ValueId> operand_list() {
    std::vector<ValueId> operands;
    expect("(");
    ++nested_;
    while (!accept(")")) {
      if (!operands.empty()) expect(",");
      if (accept("_"))
        operands.emplace_back();
      else
        operands.push_back(existing());
    }
    --nested_;
    return operands;
  }
  void result_types(NodeId id) {
    for (size_t i = 0; i < graph_.node(id).results.size(); ++i) {
      if (i > 0) expect(",");
      skip();
      const size_t begin = at_;
      const TensorType t = type();
      const ValueId result = graph_.result(id, i);
      const Value& v = graph_.value(result);
      if (t.dtype != v.dtype || t.shape != v.shape)
        error_at(begin, fmt::format("\"{}\" is {}[{}], the operator gives {}[{}]", v.name, to_string(t.dtype), to_string(t.shape),
                                    to_string(v.dtype), to_string(v.shape)));
      set_facts(result, facts(t.shape));
    }
  }

  const std::string& text_;
  const FindOp& find_op_;
  size_t at_ = 0;
  int nested_ = 0;  // inside brackets newlines are spaces
  Graph graph_;
};

}  // namespace

Graph parse(const std::string& text, const FindOp& find_op) { return Parser(text, find_op).graph(); }

}  // namespace galet
