// CSV and JSON, and what names of files and texts must not contain.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/report/writers.h"

namespace galet::report {
namespace {

using Json = nlohmann::ordered_json;

std::string number(double x) { return std::isfinite(x) ? fmt::format("{}", x) : ""; }

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string csv(const Table& table) {
  std::string out;
  auto each = [&](auto&& text) {
    bool first = true;
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].kind == Kind::spark) continue;
      out += (first ? "" : ",") + quoted(text(i));
      first = false;
    }
    out += "\r\n";
  };
  each([&](size_t i) {
    const Column& column = table.columns[i];
    return column.unit.empty() ? column.name : column.name + " (" + column.unit + ")";
  });
  for (const auto& row : table.rows) each([&](size_t i) { return row[i].number ? number(*row[i].number) : row[i].text; });
  return out;
}

std::string csv(const Chart& chart) {
  std::string out = quoted(chart.x.title.empty() ? "layer" : chart.x.title);
  for (const Series& series : chart.series) out += "," + quoted(series.name);
  out += "\r\n";
  size_t rows = chart.categories.size();
  for (const Series& series : chart.series) rows = std::max(rows, series.y.size());
  for (size_t i = 0; i < rows; ++i) {
    const std::vector<double>* x = chart.series.empty() ? nullptr : &chart.series[0].x;
    out += i < chart.categories.size() ? quoted(chart.categories[i]) : x != nullptr && i < x->size() ? number((*x)[i]) : "";
    for (const Series& series : chart.series) out += "," + (i < series.y.size() ? number(series.y[i]) : "");
    out += "\r\n";
  }
  return out;
}

Json real(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

Json json_of(const Table& table) {
  Json rows = Json::array(), columns = Json::array();
  for (const Column& column : table.columns)
    if (column.kind != Kind::spark) columns.push_back(column.unit.empty() ? column.name : column.name + " (" + column.unit + ")");
  for (const auto& row : table.rows) {
    Json cells = Json::array();
    for (size_t i = 0; i < row.size(); ++i)
      if (table.columns[i].kind != Kind::spark)
        cells.push_back(row[i].number                                                 ? real(*row[i].number)
                        : table.columns[i].kind == Kind::text || !row[i].text.empty() ? Json(row[i].text)
                                                                                      : Json(nullptr));
    rows.push_back(cells);
  }
  return {{"id", table.id}, {"caption", table.caption}, {"columns", columns}, {"rows", rows}};
}

Json json_of(const Chart& chart) {
  Json series = Json::array(), marks = Json::array();
  for (const Series& one : chart.series) {
    Json x = Json::array(), y = Json::array();
    for (const double v : one.x) x.push_back(real(v));
    for (const double v : one.y) y.push_back(real(v));
    series.push_back({{"name", one.name}, {"x", x}, {"y", y}});
  }
  for (const Mark& mark : chart.marks) marks.push_back({{"label", mark.label}, {"at", real(mark.at)}});
  return {{"id", chart.id},   {"title", chart.title}, {"x", chart.x.title}, {"y", chart.y.title}, {"categories", chart.categories},
          {"series", series}, {"marks", marks}};
}

}  // namespace

std::string json(const Document& document) {
  Json root{{"title", document.title}, {"subtitle", document.subtitle}, {"sections", Json::array()}};
  for (const Section& section : document.sections) {
    Json tables = Json::array(), charts = Json::array(), figures = Json::array();
    for (const Figure& figure : section.figures)
      figures.push_back({{"label", figure.label}, {"value", figure.value}, {"note", figure.note}});
    for (const Table& table : section.tables) tables.push_back(json_of(table));
    for (const ChartGroup& group : section.groups)
      for (const Chart& chart : group.charts) charts.push_back(json_of(chart));
    root["sections"].push_back({{"id", section.id},
                                {"title", section.title},
                                {"text", section.text},
                                {"figures", figures},
                                {"tables", tables},
                                {"charts", charts},
                                {"commands", section.commands}});
  }
  return root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_csv(const Document& document, const std::string& folder) {
  make_folder(folder);
  std::set<std::string> used;
  auto write = [&](const std::string& id, const std::string& text) {
    std::string name = file_name(id);
    for (int i = 2; !used.insert(name).second; ++i) name = fmt::format("{}_{}", file_name(id), i);
    write_file(folder + "/" + name + ".csv", text);
  };
  for (const Section& section : document.sections) {
    for (const Table& table : section.tables) write(section.id + "_" + table.id, csv(table));
    for (const ChartGroup& group : section.groups)
      for (const Chart& chart : group.charts) write(section.id + "_" + chart.id, csv(chart));
  }
}

std::string file_name(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    out += fine ? c : '_';
  }
  if (out.size() > 80) out.resize(80);
  if (out.empty() || out[0] == '.') out.insert(0, "_");
  return out;
}

void make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder))
    fail("cannot make the folder {}: {}", folder, error ? error.message() : "it is a file");
}

std::string clean_utf8(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const size_t n = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    bool good = n > 0 && i + n <= text.size() && (c >= 0x20 || c == '\n' || c == '\t') && c != 0x7F;
    uint32_t point = n == 1 ? c : n == 2 ? c & 0x1Fu : n == 3 ? c & 0x0Fu : c & 0x07u;
    for (size_t k = 1; good && k < n; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      good = (next & 0xC0) == 0x80;
      point = point << 6 | (next & 0x3Fu);
    }
    // Overlong forms, surrogates, and the characters that turn the direction of what follows.
    if (good && ((n == 3 && point < 0x800) || (n == 4 && (point < 0x10000 || point > 0x10FFFF)) || (point >= 0xD800 && point < 0xE000) ||
                 (point >= 0x80 && point < 0xA0) || (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069)))
      good = false;
    out += good ? text.substr(i, n) : std::string("\uFFFD");
    i += good ? n : 1;
  }
  return out;
}

}  // namespace galet::report
