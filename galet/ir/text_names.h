// What printer and parser of the text form must agree on.
#pragma once

#include <limits>
#include <string_view>
#include <utility>

#include "galet/core/dtype.h"

namespace galet::text {

inline bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '/';
}

/// Characters of the bare name that begins at `at`. A colon or a dash belongs to it where a name character follows.
inline size_t bare_length(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size()) {
    const bool joins = (text[end] == ':' || text[end] == '-') && end > at && end + 1 < text.size() && is_name_char(text[end + 1]);
    if (!joins && !is_name_char(text[end])) break;
    if (text.substr(end, 2) == "//") break;
    ++end;
  }
  return end - at;
}

inline bool is_bare(std::string_view name) {
  return !name.empty() && bare_length(name, 0) == name.size() && name != "_" && name != "input" && name != "const" && name != "output";
}

/// The codes that a storage type can hold: what `codes=` defaults to.
inline std::pair<int32_t, int32_t> code_range(DType storage) {
  if (storage == DType::u8) return {0, 255};
  if (storage == DType::i8) return {-128, 127};
  return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
}

}  // namespace galet::text
