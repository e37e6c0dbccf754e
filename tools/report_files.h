// --report, --csv, --png and --date: what every measuring command writes beside what it prints.
#pragma once

#include <string>

#include "galet/report/findings.h"

namespace CLI {
class App;
}
namespace galet::data {
class Dataset;
}

namespace galet::tools {

struct ReportFiles {
  std::string html, csv, png, date;
  bool wanted() const { return !html.empty() || !csv.empty() || !png.empty(); }
};
/// `csv_taken`: the command has a --csv of its own.
void add_report_flags(CLI::App& command, ReportFiles& files, bool csv_taken = false);
/// Throws Error for what will not be possible, before anything is measured.
void check_report_files(const ReportFiles& files);
/// Adds the command line, the machine and the date, makes the document and writes what was asked for; says where on stderr.
void write_report(const ReportFiles& files, report::Findings findings);

/// A model's file: its name, bytes and checksum, what it costs.
report::Model report_model_file(const std::string& name, const std::string& path, const Graph* graph);
/// The file's name without folder and ending.
std::string model_title(const std::string& path);
/// "float" or "int8".
std::string form_name(const Graph& graph);

}  // namespace galet::tools
