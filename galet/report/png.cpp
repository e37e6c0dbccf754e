// Charts and heat tables as PNG.
#include <algorithm>
#include <cmath>
#include <set>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/data/decode.h"
#include "galet/report/canvas.h"
#include "galet/report/writers.h"

namespace galet::report {
namespace {

constexpr Colour kPaper{255, 255, 255}, kInk{34, 40, 46}, kSoft{106, 115, 125}, kGrid{226, 230, 234}, kMark{192, 86, 33};
constexpr Colour kSeries[] = {{31, 95, 153}, {201, 128, 30}, {58, 125, 92}, {128, 90, 160}};
constexpr double kTitle = 13, kText = 9.5;

struct Scale {
  double low = 0, high = 1, from = 0, to = 1;  // values, pixels
  bool logarithmic = false;
  double operator()(double v) const {
    const double a = logarithmic ? std::log10(std::max(v, low)) : v, l = logarithmic ? std::log10(low) : low,
                 h = logarithmic ? std::log10(high) : high;
    return from + (h > l ? (a - l) / (h - l) : 0.5) * (to - from);
  }
};

/// Round numbers between low and high, about `wanted` of them.
std::vector<double> ticks(double low, double high, int wanted) {
  if (!(high > low)) return {low};
  const double raw = (high - low) / wanted, power = std::pow(10, std::floor(std::log10(raw)));
  const double step = power * (raw / power <= 1 ? 1 : raw / power <= 2 ? 2 : raw / power <= 5 ? 5 : 10);
  std::vector<double> at;
  for (double t = std::ceil(low / step - 1e-9) * step; t <= high + step * 1e-9; t += step) at.push_back(std::fabs(t) < step * 1e-9 ? 0 : t);
  return at;
}

std::string tick_text(double v) {
  std::string text = fmt::format("{:.6g}", v);
  return v < 0 ? "\u2212" + text.substr(1) : text;
}

struct Plot {
  Canvas canvas;
  double left = 74, right = 0, top = 0, bottom = 0;
};

/// Title and, where there is more than one thing to tell apart, a legend. Returns where the plot may begin.
double header(Canvas& canvas, const Chart& chart) {
  canvas.text(20, 32, fitted(clean_utf8(chart.title), kTitle, canvas.width() - 40.0), kTitle, kInk);
  struct Entry {
    std::string name;
    Colour colour;
    bool dashed;
  };
  std::vector<Entry> entries;
  if (chart.series.size() > 1 || std::any_of(chart.marks.begin(), chart.marks.end(), [](const Mark& m) { return m.level; }))
    for (size_t i = 0; i < chart.series.size(); ++i) entries.push_back({chart.series[i].name, kSeries[i % std::size(kSeries)], false});
  size_t levels = 0;
  for (const Mark& mark : chart.marks)
    if (mark.level) entries.push_back({mark.label, mark.strong ? kInk : kSeries[(1 + levels++) % std::size(kSeries)], true});
  double x = 20, y = 56;
  for (const Entry& entry : entries) {
    const std::string name = fitted(clean_utf8(entry.name), kText, 300);
    const double width = 34 + text_width(name, kText) + 18;
    if (x + width > canvas.width() - 20) x = 20, y += 20;
    entry.dashed ? canvas.dashed({x, y - 5}, {x + 24, y - 5}, 2, 5, entry.colour)
                 : canvas.line({x, y - 5}, {x + 24, y - 5}, 3, entry.colour);
    canvas.text(x + 32, y, name, kText, kInk);
    x += width;
  }
  return entries.empty() ? 52 : y + 18;
}

Scale y_scale(const Chart& chart, const Plot& plot) {
  double low = INFINITY, high = -INFINITY;
  auto see = [&](double v) {
    if (std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
  };
  for (const Series& series : chart.series)
    for (const double v : series.y) see(v);
  for (const Mark& mark : chart.marks)
    if (mark.level) see(mark.at);
  Scale scale{low, high, plot.bottom, plot.top, false};
  if (chart.form == Form::histogram) return {0.5, std::max(high, 1.0) * 1.6, plot.bottom, plot.top, true};
  if (!(low <= high)) return {0, 1, plot.bottom, plot.top, false};
  const double space = high > low ? 0.06 * (high - low) : std::max(1.0, std::fabs(high) * 0.1);
  scale.low = low - space, scale.high = high + space;
  if (low >= 0 && scale.low < 0) scale.low = 0;
  return scale;
}

void draw_y_axis(Plot& plot, const Scale& y, const std::string& title) {
  std::vector<double> at = y.logarithmic ? std::vector<double>() : ticks(y.low, y.high, 5);
  if (y.logarithmic)
    for (double t = 1; t <= y.high; t *= 10) at.push_back(t);
  while (at.size() > 7) {
    std::vector<double> half;
    for (size_t i = 0; i < at.size(); i += 2) half.push_back(at[i]);
    at = half;
  }
  for (const double t : at) {
    plot.canvas.line({plot.left, y(t)}, {plot.right, y(t)}, 1, kGrid);
    plot.canvas.text(plot.left - 8, y(t) + kText / 2, tick_text(t), kText, kSoft, Align::right);
  }
  plot.canvas.text_upwards(22, (plot.top + plot.bottom) / 2, clean_utf8(title), kText, kSoft);
}

void draw_x_title(Plot& plot, const std::string& title) {
  plot.canvas.text((plot.left + plot.right) / 2, plot.bottom + 42, clean_utf8(title), kText, kSoft, Align::centre);
}

void draw_marks(Plot& plot, const Chart& chart, const Scale& x, const Scale& y) {
  size_t levels = 0;
  std::vector<std::pair<double, double>> taken;
  for (const bool strong : {true, false})
    for (const Mark& mark : chart.marks) {
      if (mark.level || mark.strong != strong || x(mark.at) < plot.left - 1 || x(mark.at) > plot.right + 1) continue;
      const double at = x(mark.at), half = text_width(mark.label, kText) / 2 + 4;
      plot.canvas.dashed({at, plot.top}, {at, plot.bottom}, mark.strong ? 2 : 1.2, 5, mark.strong ? kMark : kSoft);
      if (std::any_of(taken.begin(), taken.end(), [&](const auto& t) { return at - half < t.second && at + half > t.first; })) continue;
      taken.emplace_back(at - half, at + half);
      plot.canvas.text(at, plot.top - 6, mark.label, kText, mark.strong ? kMark : kSoft, Align::centre);
    }
  for (const Mark& mark : chart.marks)
    if (mark.level && std::isfinite(mark.at))
      plot.canvas.dashed({plot.left, y(mark.at)}, {plot.right, y(mark.at)}, 1.5, 6,
                         mark.strong ? kInk : kSeries[(1 + levels++) % std::size(kSeries)]);
}

data::Image draw_plane(const Chart& chart) {
  Plot plot{Canvas(960, 540, kPaper)};
  plot.right = 936, plot.bottom = 480;
  plot.top = header(plot.canvas, chart) + 16;
  const Scale y = y_scale(chart, plot);
  draw_y_axis(plot, y, chart.y.title);
  double low = INFINITY, high = -INFINITY;
  for (const Series& series : chart.series)
    for (const double v : series.x) low = std::min(low, v), high = std::max(high, v + chart.width);
  if (!chart.categories.empty()) low = -0.5, high = static_cast<double>(chart.categories.size()) - 0.5;
  if (!(low <= high)) low = 0, high = 1;
  if (chart.form == Form::curve) {
    const double space = high > low ? 0.02 * (high - low) : 1;
    low -= space, high += space;
  }
  const Scale x{low, high, plot.left, plot.right, false};
  if (chart.categories.empty())
    for (const double t : ticks(low, high, 8)) {
      plot.canvas.line({x(t), plot.bottom}, {x(t), plot.bottom + 5}, 1, kSoft);
      plot.canvas.text(x(t), plot.bottom + 22, tick_text(t), kText, kSoft, Align::centre);
    }
  draw_x_title(plot, chart.x.title);
  for (size_t s = 0; s < chart.series.size(); ++s) {
    const Series& series = chart.series[s];
    const Colour colour = kSeries[s % std::size(kSeries)];
    if (chart.form == Form::histogram) {
      for (size_t i = 0; i < series.y.size(); ++i)
        if (series.y[i] > 0)
          plot.canvas.rectangle(x(series.x[i]) + 0.4, y(series.y[i]), x(series.x[i] + chart.width) - 0.4, plot.bottom, colour);
      continue;
    }
    std::vector<Spot> spots;
    for (size_t i = 0; i <= series.y.size(); ++i) {
      if (i < series.y.size() && std::isfinite(series.y[i])) {
        spots.push_back({x(series.x.empty() ? static_cast<double>(i) : series.x[i]), y(series.y[i])});
        continue;
      }
      plot.canvas.polyline(spots, 2.4, colour);
      for (const Spot& spot : spots) plot.canvas.disc(spot, spots.size() > 60 ? 2 : 3.6, colour);
      spots.clear();
    }
  }
  plot.canvas.line({plot.left, plot.bottom}, {plot.right, plot.bottom}, 1, kSoft);
  draw_marks(plot, chart, x, y);
  return plot.canvas.image();
}

data::Image draw_bars(const Chart& chart) {
  const double row = chart.series.size() > 1 ? 30 : 22;
  const double names = 300;
  Plot plot{Canvas(960, static_cast<int>(130 + row * static_cast<double>(chart.categories.size())), kPaper)};
  plot.left = names, plot.right = 900;
  plot.top = header(plot.canvas, chart);
  plot.bottom = plot.top + row * static_cast<double>(chart.categories.size());
  double most = 0;
  for (const Series& series : chart.series)
    for (const double v : series.y) most = std::max(most, std::isfinite(v) ? v : 0);
  const Scale x{0, most > 0 ? most * 1.02 : 1, plot.left, plot.right, false};
  for (const double t : ticks(0, x.high, 6)) {
    plot.canvas.line({x(t), plot.top}, {x(t), plot.bottom}, 1, kGrid);
    plot.canvas.text(x(t), plot.bottom + 20, tick_text(t), kText, kSoft, Align::centre);
  }
  draw_x_title(plot, chart.x.title);
  for (size_t i = 0; i < chart.categories.size(); ++i) {
    const double y = plot.top + row * static_cast<double>(i),
                 thick = (row - 6) / static_cast<double>(std::max<size_t>(1, chart.series.size()));
    plot.canvas.text(plot.left - 10, y + row / 2 + kText / 2, fitted(clean_utf8(chart.categories[i]), kText, names - 30), kText, kInk,
                     Align::right);
    for (size_t s = 0; s < chart.series.size(); ++s)
      if (i < chart.series[s].y.size() && std::isfinite(chart.series[s].y[i]))
        plot.canvas.rectangle(plot.left, y + 3 + thick * static_cast<double>(s), x(chart.series[s].y[i]),
                              y + 3 + thick * static_cast<double>(s + 1), kSeries[s % std::size(kSeries)]);
  }
  return plot.canvas.image();
}

data::Image draw_heat(const Table& table) {
  std::vector<size_t> columns;
  for (size_t c = 0; c < table.columns.size(); ++c)
    if (std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) { return row[c].shade >= 0; })) columns.push_back(c);
  const double names = 320, cell = 110, row = 24;
  Canvas canvas(static_cast<int>(std::max(640.0, names + cell * static_cast<double>(columns.size()) + 24)),
                static_cast<int>(100 + row * static_cast<double>(table.rows.size())), kPaper);
  canvas.text(20, 32, fitted(clean_utf8(table.caption), kText + 1, canvas.width() - 40.0), kText + 1, kInk);
  for (size_t i = 0; i < columns.size(); ++i)
    canvas.text(names + cell * (static_cast<double>(i) + 0.5), 66, table.columns[columns[i]].name, kText, kSoft, Align::centre);
  for (size_t r = 0; r < table.rows.size(); ++r) {
    const double y = 76 + row * static_cast<double>(r);
    canvas.text(names - 10, y + row / 2 + kText / 2, fitted(clean_utf8(table.rows[r][0].text), kText, names - 30), kText, kInk,
                Align::right);
    for (size_t i = 0; i < columns.size(); ++i) {
      const Cell& value = table.rows[r][columns[i]];
      const double x = names + cell * static_cast<double>(i);
      if (value.shade < 0) continue;
      const auto mix = [&](int from, int to) { return static_cast<uint8_t>(std::lround(from + value.shade * (to - from))); };
      canvas.rectangle(x + 1, y + 1, x + cell - 1, y + row - 1, {mix(238, 23), mix(244, 66), mix(250, 118)});
      canvas.text(x + cell / 2, y + row / 2 + kText / 2, shown(table.columns[columns[i]], value), kText, value.shade > 0.55 ? kPaper : kInk,
                  Align::centre);
    }
  }
  return canvas.image();
}

}  // namespace

void write_png(const Document& document, const std::string& folder) {
  make_folder(folder);
  std::set<std::string> used;
  auto write = [&](const std::string& id, const data::Image& image) {
    std::string name = file_name(id);
    for (int i = 2; !used.insert(name).second; ++i) name = fmt::format("{}_{}", file_name(id), i);
    write_file(folder + "/" + name + ".png", data::encode_png(image));
  };
  for (const Section& section : document.sections) {
    for (const ChartGroup& group : section.groups)
      for (const Chart& chart : group.charts)
        write(section.id + "_" + chart.id, chart.form == Form::bars ? draw_bars(chart) : draw_plane(chart));
    for (const Table& table : section.tables)
      if (table.heat) write(section.id + "_" + table.id, draw_heat(table));
    for (const Picture& picture : section.pictures) write(section.id + "_" + picture.id, picture.image);
  }
}

}  // namespace galet::report
