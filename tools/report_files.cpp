#include "tools/report_files.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "galet/analysis/cost.h"
#include "galet/core/file.h"
#include "galet/package/checksum.h"
#include "galet/report/writers.h"
#include "tools/cli.h"
#include "tools/main.h"

namespace galet::tools {

void add_report_flags(CLI::App& command, ReportFiles& files, bool csv_taken) {
  const std::string group = "Report";
  command.add_option("--report", files.html, "write what was found as one HTML page, too")->group(group)->type_name("FILE.html");
  if (!csv_taken) command.add_option("--csv", files.csv, "every number of it as CSV, one file a table")->group(group)->type_name("DIR");
  command.add_option("--png", files.png, "every plot of it as PNG")->group(group)->type_name("DIR");
  command.add_option("--date", files.date, "a date to put on it; no clock is read")->group(group)->type_name("TEXT");
}

void check_report_files(const ReportFiles& files) {
  if (!files.html.empty()) {
    if (!report::html_available()) report::html({});
    if (std::filesystem::exists(files.html) && !std::filesystem::is_regular_file(files.html))
      fail("cannot write {}: it is not a file", files.html);
    const std::string probe = files.html + ".probe";
    write_file(probe, std::string(4096, ' '));
    std::filesystem::remove(probe);
  }
  for (const std::string& folder : {files.csv, files.png})
    if (!folder.empty()) report::make_folder(folder);
}

void write_report(const ReportFiles& files, report::Findings findings) {
  if (!files.wanted()) return;
  findings.date = files.date;
  findings.commands.push_back(report::shell_line(command_words()));
  findings.about.emplace_back("machine", report::this_machine());
  findings.about.emplace_back("galet", GALET_VERSION);
  const report::Document document = report::make_document(findings);
  auto say = [](const std::string& where) { std::fprintf(stderr, "galet: note: report in %s\n", where.c_str()); };
  if (!files.html.empty()) write_file(files.html, report::html(document)), say(files.html);
  if (!files.csv.empty()) report::write_csv(document, files.csv), say(files.csv);
  if (!files.png.empty()) report::write_png(document, files.png), say(files.png);
}

std::string model_title(const std::string& path) { return std::filesystem::path(path).stem().string(); }

std::string form_name(const Graph& graph) {
  const auto values = graph.values();
  return std::any_of(values.begin(), values.end(), [&](ValueId id) { return graph.value(id).quant.has_value(); }) ? "int8" : "float";
}

report::Model report_model_file(const std::string& name, const std::string& path, const Graph* graph) {
  const auto file = MappedFile::open(path);
  report::Model model;
  model.name = name;
  model.file_bytes = static_cast<int64_t>(file->bytes().size());
  model.identity = fmt::format("{}, {} bytes, checksum {:016x}", std::filesystem::path(path).filename().string(), model.file_bytes,
                               package::checksum(file->bytes()));
  if (graph != nullptr) model.cost = analysis::cost(*graph);
  return model;
}

}  // namespace galet::tools
