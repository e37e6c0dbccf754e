#include "galet/exporters/c/texts.h"

#include <map>
#include <vector>

#include "galet/core/error.h"

namespace galet::exporters::c {

/// In the file that CMake writes: names and contents.
extern const std::vector<std::pair<std::string, std::string>> kTexts;

namespace {

/// Every text, in the order in which they may be written; `forms`: there is one file for each form of requantization, beside or instead of
/// the file of the plain name.
struct Row {
  const char* name;
  bool plain, float_form, fixed_form;
};
constexpr Row kOrder[] = {
    {"round", true, true, true},
    {"scale", true, false, false},
    {"requantize", false, true, true},
    {"add_codes", true, true, true},
    {"mul_codes", false, true, true},
    {"finish", true, false, false},
    {"window", true, false, false},
    {"conv_layer", true, false, false},
    {"conv", true, false, false},
    {"packed_conv", true, false, false},
    {"conv_transpose", true, false, false},
    {"depthwise", true, false, false},
    {"broadcast", true, false, false},
    {"add", true, false, false},
    {"mul", true, false, false},
    {"max_pool", true, false, false},
    {"average_pool", true, false, false},
    {"resample", true, false, false},
    {"lookup", true, false, false},
    {"fill", true, false, false},
    {"move", true, false, false},
    {"gather", true, false, false},
    {"pixels", true, false, false},
    {"to_real", true, false, false},
    {"argmax", true, false, false},
    {"argmax_real", true, false, false},
    {"top_k", true, false, false},
    {"top_k_real", true, false, false},
    {"softmax", true, false, false},
    {"peaks", true, false, false},
};

}  // namespace

const std::string& text(const std::string& file) {
  for (const auto& [name, content] : kTexts)
    if (name == file) return content;
  fail("there is no reference text \"{}\"", file);
}

std::string texts_of(const std::set<std::string>& names, bool fixed_point) {
  std::string all;
  size_t found = 0;
  auto append = [&](const std::string& file) { all += (all.empty() ? "" : "\n") + text(file); };
  for (const Row& row : kOrder) {
    const std::string name = row.name;
    if (!names.contains(name)) continue;
    ++found;
    if (row.plain) append(name);
    if (fixed_point ? row.fixed_form : row.float_form) append(name + (fixed_point ? "_fixed" : "_float"));
  }
  if (found != names.size()) fail("a reference text is missing from the list in exporters/c/texts.cpp");
  return all;
}

}  // namespace galet::exporters::c
