// One self-contained page. Every text of the document goes through escaped() or into JSON whose '<' are escaped.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "galet/core/error.h"
#include "galet/data/decode.h"
#include "galet/report/writers.h"

namespace galet::report {

/// page/page.css, page/page.js, chart.min.js (generated: cmake/embed.cmake); empty where the build had none.
std::string_view embedded_file(std::string_view name);

namespace {

using Json = nlohmann::ordered_json;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : clean_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// RFC 4648.
std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < n ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) out += k <= n ? kDigits[group >> (18 - 6 * k) & 63u] : '=';
  }
  return out;
}

/// Names of layers may break after their dots and strokes.
std::string breakable(const std::string& html) {
  std::string out;
  for (const char c : html) {
    out += c;
    if (c == '.' || c == '/' || c == '_') out += "<wbr>";
  }
  return out;
}

/// Five digits: more cannot be seen, and histograms are many.
Json number(double x) {
  if (!std::isfinite(x)) return nullptr;
  return Json::parse(fmt::format("{:.5g}", x));
}

const char* name_of(Form form) {
  switch (form) {
    case Form::curve:
      return "curve";
    case Form::profile:
      return "profile";
    case Form::bars:
      return "bars";
    default:
      return "histogram";
  }
}

Json json_of(const Chart& chart) {
  double low = INFINITY, high = -INFINITY;
  Json series = Json::array(), marks = Json::array(), categories = Json::array();
  for (const Series& one : chart.series) {
    Json y = Json::array(), x = Json::array();
    for (const double v : one.y) y.push_back(number(v));
    for (const double v : one.x) x.push_back(number(v)), low = std::min(low, v), high = std::max(high, v + chart.width);
    Json entry{{"name", clean_utf8(one.name)}, {"y", y}};
    if (chart.form == Form::histogram && !one.x.empty())
      entry["from"] = number(one.x.front());  // its edges follow from the width
    else if (!one.x.empty())
      entry["x"] = x;
    series.push_back(entry);
  }
  if (chart.form == Form::curve && low <= high) {
    const double space = high > low ? 0.02 * (high - low) : 1;
    low -= space, high += space;
  }
  for (const Mark& mark : chart.marks)
    marks.push_back({{"label", clean_utf8(mark.label)}, {"at", number(mark.at)}, {"level", mark.level}, {"strong", mark.strong}});
  for (const std::string& category : chart.categories) categories.push_back(clean_utf8(category));
  Json out{{"title", clean_utf8(chart.title)},
           {"text", clean_utf8(chart.text)},
           {"form", name_of(chart.form)},
           {"categories", categories},
           {"series", series},
           {"marks", marks}};
  out["x"] = {{"title", clean_utf8(chart.x.title)}};
  out["y"] = {{"title", clean_utf8(chart.y.title)}};
  if (low <= high) out["low"] = number(low), out["high"] = number(high);
  if (chart.width > 0) out["width"] = number(chart.width);
  return out;
}

class Page {
 public:
  std::string write(const Document& document) {
    out_ =
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "img-src data:\">\n";
    add("<title>{}</title>\n<style>\n", escaped(document.title));
    out_ += embedded_file("page.css");
    out_ += "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the results</a>\n";
    add("<header><div class=\"wrap\"><p class=\"brand\">galet</p><h1>{}</h1>", escaped(document.title));
    if (!document.subtitle.empty()) add("<p class=\"subtitle\">{}</p>", escaped(document.subtitle));
    out_ += "</div></header>\n<nav aria-label=\"Sections\"><div class=\"wrap\"><ul>";
    for (const Section& section : document.sections) add("<li><a href=\"#{0}\">{1}</a></li>", escaped(section.id), escaped(section.title));
    out_ +=
        "</ul></div></nav>\n<main id=\"main\" class=\"wrap\">\n<noscript><p>Charts are drawn by a script, which is switched off; all "
        "numbers are in the tables.</p></noscript>\n";
    for (const Section& section : document.sections) write(section);
    add("</main>\n<footer><div class=\"wrap\">{}</div></footer>\n<script type=\"application/json\" id=\"charts\">",
        escaped(document.footer));
    for (const char c : groups_.dump()) c == '<' ? out_ += "\\u003c" : out_ += c;
    out_ += "</script>\n<script>\n";
    out_ += embedded_file("chart.min.js");
    out_ += "</script>\n<script>\n";
    out_ += embedded_file("page.js");
    out_ += "</script>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void write(const Section& section) {
    const std::string id = escaped(section.id);
    add("<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n", id, escaped(section.title));
    for (size_t i = 0; i < section.text.size(); ++i) add("<p{}>{}</p>\n", i == 0 ? " class=\"lead\"" : "", escaped(section.text[i]));
    if (!section.figures.empty()) {
      out_ += "<dl class=\"figures\">\n";
      for (const Figure& figure : section.figures)
        add("<div><dt>{}</dt><dd class=\"value\">{}</dd><dd class=\"note\">{}</dd></div>\n", escaped(figure.label), escaped(figure.value),
            escaped(figure.note));
      out_ += "</dl>\n";
    }
    for (const ChartGroup& group : section.groups) write(group);
    for (const Table& table : section.tables) write(table);
    for (const Picture& picture : section.pictures)
      add("<figure class=\"picture\"><figcaption><h3>{}</h3></figcaption>\n<img alt=\"{}\" width=\"{}\" height=\"{}\" "
          "src=\"data:image/png;base64,{}\"></figure>\n",
          escaped(picture.title), escaped(picture.text), picture.image.width, picture.image.height,
          base64(data::encode_png(picture.image)));
    for (const std::string& command : section.commands) add("<pre tabindex=\"0\"><code>{}</code></pre>\n", escaped(command));
    out_ += "</section>\n";
  }

  void write(const ChartGroup& group) {
    if (group.charts.empty()) return;
    const std::string id = fmt::format("chart-{}", groups_.size() + 1);
    Json charts = Json::array();
    for (const Chart& chart : group.charts) charts.push_back(json_of(chart));
    groups_.push_back({{"id", id}, {"charts", charts}});
    const Chart& first = group.charts.front();
    const double rows = static_cast<double>(first.categories.size()) * (first.series.size() > 1 ? 1.75 : 1.3);
    const std::string height = first.form == Form::bars ? fmt::format(" style=\"--height:{:.1f}rem\"", rows + 6) : "";
    add("<figure id=\"{}\">\n", id);
    if (group.charts.size() > 1) {
      add("<div class=\"choice\"><label for=\"{0}-choice\">{1}</label><select id=\"{0}-choice\">", id, escaped(group.label));
      for (const Chart& chart : group.charts) add("<option>{}</option>", escaped(chart.title));
      out_ += "</select></div>\n";
    } else {
      add("<figcaption><h3>{}</h3></figcaption>\n", escaped(first.title));
    }
    add("<div class=\"plot\"{}><canvas role=\"img\" aria-label=\"{}\"></canvas></div>\n", height, escaped(first.text));
    if (group.charts.size() > 1) add("<p class=\"chart-text\" aria-live=\"polite\">{}</p>\n", escaped(first.text));
    out_ += "</figure>\n";
  }

  void write(const Table& table) {
    table.folded ? add("<details><summary>{}</summary>\n", escaped(table.caption))
                 : add("<p class=\"caption\" aria-hidden=\"true\">{}</p>\n", escaped(table.caption));
    add("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\">\n<table>\n<caption "
        "class=\"hidden\">{0}</caption>\n<thead><tr>",
        escaped(table.caption));
    for (const Column& column : table.columns) {
      add("<th scope=\"col\"{}>{}", numeric(column) ? " class=\"number\"" : "", escaped(column.name));
      if (!column.unit.empty()) add("<span class=\"unit\">{}</span>", escaped(column.unit));
      out_ += "</th>";
    }
    out_ += "</tr></thead>\n<tbody>\n";
    for (const auto& row : table.rows) {
      out_ += "<tr>";
      for (size_t i = 0; i < row.size() && i < table.columns.size(); ++i) write(table.columns[i], row[i], i == 0);
      out_ += "</tr>\n";
    }
    out_ += "</tbody>\n</table>\n</div>\n";
    if (table.folded) out_ += "</details>\n";
  }

  void write(const Column& column, const Cell& cell, bool head) {
    if (head) return add("<th scope=\"row\">{}</th>", breakable(escaped(shown(column, cell))));
    if (!cell.spark.empty()) return write_spark(cell.spark);
    if (cell.shade >= 0)
      return add("<td class=\"number heat{}\" style=\"--shade:{:.2f}\">{}</td>", cell.shade > 0.55 ? " deep" : "", cell.shade,
                 escaped(shown(column, cell)));
    const std::string text = shown(column, cell);
    const char* kind = numeric(column) ? " class=\"number\"" : text.size() > 24 ? " class=\"words\"" : "";
    add("<td{}>{}</td>", kind, escaped(text));
  }

  void write_spark(const std::vector<double>& heights) {
    add("<td><svg class=\"spark\" viewBox=\"0 0 {} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"M0 10", heights.size());
    for (const double h : heights) add("V{:.3g}h1", 10 - 10 * h);
    out_ += "V10z\"/></svg></td>";
  }

  static bool numeric(const Column& column) { return column.kind != Kind::text && column.kind != Kind::spark; }

  std::string out_;
  Json groups_ = Json::array();
};

}  // namespace

bool html_available() { return !embedded_file("chart.min.js").empty(); }

std::string html(const Document& document) {
  if (!html_available())
    fail(
        "this galet was built without Chart.js, which HTML reports need: install libjs-chart.js and build again; --csv, --png and --json "
        "work without it");
  return Page().write(document);
}

}  // namespace galet::report
