#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "galet/core/isa.h"
#include "galet/report/findings.h"

namespace galet::report {

#define SECTION(name) bool name##_section(const Findings& findings, Section& section);
#include "galet/report/sections.inc"
#undef SECTION

Document make_document(const Findings& findings) {
  Document document;
  document.title = findings.title.empty() ? "galet report" : findings.title;
  for (const Model& model : findings.models) document.subtitle += (document.subtitle.empty() ? "" : " and ") + model.name;
  if (!findings.date.empty()) document.subtitle += (document.subtitle.empty() ? "" : ", ") + findings.date;
  document.footer = "Made by galet. This page is complete in itself: it loads nothing from anywhere.";
  auto add = [&](const char* id, bool (*fill)(const Findings&, Section&)) {
    Section section;
    section.id = id;
    if (fill(findings, section)) document.sections.push_back(std::move(section));
  };
#define SECTION(name) add(#name, name##_section);
#include "galet/report/sections.inc"
#undef SECTION
  return document;
}

std::string this_machine() {
  std::string processor;
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; processor.empty() && std::getline(info, line);)
    if (line.starts_with("model name") && line.find(": ") != std::string::npos) processor = line.substr(line.find(": ") + 2);
  return fmt::format("{}, {} processors, {}", processor.empty() ? "unknown processor" : processor, std::thread::hardware_concurrency(),
                     to_string(active_isa()));
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    const bool plain =
        !word.empty() &&
        word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%") == std::string::npos;
    line += line.empty() ? "" : " ";
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace galet::report
