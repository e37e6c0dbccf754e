// A report as a document: sections of text, tables and charts, free of any output format. Sections (sections.inc) make it from findings;
// html, csv, json and png write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "galet/data/image.h"

namespace galet::report {

enum class Kind : uint8_t {
  text,
  integer,  // 1,094,123
  real,     // fixed digits
  percent,  // the cell holds percent, not a fraction
  bytes,    // 1.07 MB
  spark,    // a small histogram
};

struct Column {
  std::string name;
  Kind kind = Kind::text;
  int digits = 2;
  std::string unit = {};  // said in the header
};

struct Cell {
  std::string text = {};
  std::optional<double> number = std::nullopt;  // absent in a column of numbers: a dash
  double shade = -1;                            // 0 good .. 1 bad: background; below 0: none
  std::vector<double> spark = {};               // heights, 0..1
  Cell(std::string t) : text(std::move(t)) {}
  Cell(const char* t) : text(t) {}
  Cell(double n) : number(n) {}
  Cell(int64_t n) : number(static_cast<double>(n)) {}
  Cell(int n) : number(n) {}
  Cell(std::optional<double> n) : number(n) {}
};

struct Table {
  std::string id, caption;
  std::vector<Column> columns;  // the first one heads its row
  std::vector<std::vector<Cell>> rows;
  bool folded = false;  // behind a line that opens
  bool heat = false;    // its shades are the point: drawn as a picture too
};

enum class Form : uint8_t {
  curve,      // y over a number
  profile,    // y over layers in order; categories are their names
  bars,       // one bar a category, lying
  histogram,  // counts over a number, logarithmic; x are left edges, equally wide
};

struct Axis {
  std::string title;
  double low = 0, high = 0;  // equal: from the data
};

struct Series {
  std::string name;
  std::vector<double> x, y;  // x empty where there are categories; y NaN: a gap
};

struct Mark {
  std::string label;
  double at = 0;
  bool level = false;   // a horizontal line, named in the legend; else a vertical one
  bool strong = false;  // what the text speaks of
};

struct Chart {
  std::string id, title;
  std::string text;  // what it shows, for those who do not see it: one or two sentences with numbers
  Form form = Form::curve;
  Axis x, y;
  std::vector<std::string> categories = {};
  std::vector<Series> series = {};
  std::vector<Mark> marks = {};
  double width = 0;  // of a histogram's bins
};

/// Charts of one kind of which one is shown at a time.
struct ChartGroup {
  std::string id, label;  // of the choice: "Tensor"
  std::vector<Chart> charts;
};

/// A photograph with something drawn on it.
struct Picture {
  std::string id, title;
  std::string text;  // what it shows, for those who do not see it
  data::Image image;
};

/// One number that stands out.
struct Figure {
  std::string label, value, note;
};

struct Section {
  std::string id, title;
  std::vector<std::string> text;  // paragraphs; the first says what to conclude
  std::vector<Figure> figures;
  std::vector<ChartGroup> groups;
  std::vector<Table> tables;
  std::vector<Picture> pictures;
  std::vector<std::string> commands;  // shell lines
};

struct Document {
  std::string title, subtitle, footer;
  std::vector<Section> sections;
};

/// How a number is shown: "1,094,123", "1.07 MB", "63.20".
std::string shown(const Column& column, const Cell& cell);

}  // namespace galet::report
