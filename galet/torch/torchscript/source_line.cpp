#include "galet/torch/torchscript/source_line.h"

#include <fmt/format.h>
#include <torch/csrc/jit/ir/ir.h>

namespace galet::torch {

std::string first_line(const std::string& text) {
  size_t begin = text.find_first_not_of(" \n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string describe(const ::torch::jit::Node& node) {
  const std::string kind = node.kind().toQualString();
  auto range = node.sourceRange();
  if (const auto original = range.findSourceRangeThatGenerated()) range = *original;  // the user's file, not the archive's
  if (const auto place = range.file_line_col(); place && !std::get<0>(*place).empty())
    return fmt::format("{} at {}:{}", kind, std::get<0>(*place), std::get<1>(*place));
  if (range.source() != nullptr && range.size() > 0) {
    const std::string text(range.text().str());
    if (!text.empty()) return fmt::format("{} at \"{}\"", kind, first_line(text));
  }
  return kind;
}

}  // namespace galet::torch
