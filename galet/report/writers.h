// From a document to files.
#pragma once

#include <string>

#include "galet/report/document.h"

namespace galet::report {

/// One HTML page that loads nothing, for screens of any width, print, light and dark. Every text of the document is escaped. Throws Error
/// where this galet was built without Chart.js.
std::string html(const Document& document);
bool html_available();

/// All tables and charts as one JSON object, numbers unrounded; what is not finite is null.
std::string json(const Document& document);

/// DIR/SECTION_TABLE.csv and DIR/SECTION_CHART.csv, RFC 4180, numbers unrounded. DIR is made where it is missing. Throw Error for what
/// cannot be written.
void write_csv(const Document& document, const std::string& folder);
/// DIR/SECTION_CHART.png: every chart and every heat table.
void write_png(const Document& document, const std::string& folder);

/// `text` with everything but letters, digits, '-', '.' and '_' replaced, at most 80 characters, never hidden: a file name for any layer.
std::string file_name(const std::string& text);
/// Makes the folder where it is missing. Throws Error where it cannot.
void make_folder(const std::string& folder);
/// `text` with bytes that are no UTF-8 and control characters replaced.
std::string clean_utf8(const std::string& text);

}  // namespace galet::report
