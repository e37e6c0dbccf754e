#include "galet/prune/structure.h"

#include <charconv>
#include <optional>
#include <utility>

#include "galet/core/error.h"

namespace galet::prune {
namespace {

constexpr int64_t kLargest = 1024;

/// "16x4" with separator 'x': two whole numbers from 1 to kLargest.
std::optional<std::pair<int64_t, int64_t>> pair_of(std::string_view text, char separator) {
  const size_t middle = text.find(separator);
  if (middle == std::string_view::npos) return std::nullopt;
  auto number = [](std::string_view part) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return error == std::errc() && end == part.data() + part.size() && value >= 1 && value <= kLargest ? value : 0;
  };
  const int64_t a = number(text.substr(0, middle)), b = number(text.substr(middle + 1));
  if (a == 0 || b == 0) return std::nullopt;
  return std::pair(a, b);
}

}  // namespace

Structure parse_structure(std::string_view text) {
  Structure structure;
  if (text == "weight") return structure;
  if (text == "channel") {
    structure.grain = Grain::channel;
    return structure;
  }
  if (text == "block" || text.starts_with("block:")) {
    structure.grain = Grain::block;
    if (text == "block") return structure;
    if (const auto size = pair_of(text.substr(6), 'x')) {
      structure.block_out = size->first, structure.block_in = size->second;
      return structure;
    }
    fail("structure \"{}\": expected block:OUTxIN, such as block:{}x{}, with numbers from 1 to {}", text, kBlockOut, kBlockIn, kLargest);
  }
  if (text.starts_with("nm:")) {
    structure.grain = Grain::n_m;
    const auto counts = pair_of(text.substr(3), ':');
    if (!counts || counts->first >= counts->second) fail("structure \"{}\": expected nm:N:M with N below M, such as nm:2:4", text);
    structure.n = counts->first, structure.m = counts->second;
    return structure;
  }
  fail("unknown structure \"{}\", expected weight, block, block:OUTxIN, nm:N:M or channel", text);
}

std::string to_string(const Structure& structure) {
  switch (structure.grain) {
    case Grain::block:
      return fmt::format("block:{}x{}", structure.block_out, structure.block_in);
    case Grain::n_m:
      return fmt::format("nm:{}:{}", structure.n, structure.m);
    case Grain::channel:
      return "channel";
    default:
      return "weight";
  }
}

}  // namespace galet::prune
