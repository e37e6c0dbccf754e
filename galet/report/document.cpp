#include "galet/report/document.h"

#include <fmt/format.h>

#include <cmath>

namespace galet::report {
namespace {

std::string grouped(double n) {
  std::string digits = fmt::format("{:.0f}", std::fabs(n));
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return n < 0 ? "\u2212" + digits : digits;
}

std::string fixed(double x, int digits) {
  std::string text = fmt::format("{:.{}f}", std::fabs(x), digits);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  if (zero && x != 0) text = fmt::format("{:.1e}", std::fabs(x));
  return x < 0 ? "\u2212" + text : text;
}

std::string bytes(double n) {
  if (n < 1000) return fmt::format("{:.0f} B", n);
  if (n < 1e6) return fmt::format("{:.1f} kB", n / 1e3);
  return n < 1e9 ? fmt::format("{:.2f} MB", n / 1e6) : fmt::format("{:.2f} GB", n / 1e9);
}

}  // namespace

std::string shown(const Column& column, const Cell& cell) {
  if (column.kind == Kind::text || column.kind == Kind::spark || (!cell.number && !cell.text.empty())) return cell.text;
  if (!cell.number) return "\u2013";
  const double x = *cell.number;
  if (std::isnan(x)) return "\u2013";
  if (std::isinf(x)) return x > 0 ? "\u221e" : "\u2212\u221e";
  switch (column.kind) {
    case Kind::integer:
      return grouped(x);
    case Kind::percent:
      return fixed(x, column.digits) + " %";
    case Kind::bytes:
      return bytes(x);
    default:
      return fixed(x, column.digits);
  }
}

}  // namespace galet::report
