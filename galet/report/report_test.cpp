#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/data/decode.h"
#include "galet/report/canvas.h"
#include "galet/report/draw_detections.h"
#include "galet/report/findings.h"
#include "galet/report/stroke_font.h"
#include "galet/report/writers.h"

using namespace galet;
using namespace galet::report;

namespace {

const std::string kEvil = "</script><script>alert(1)</script>\"'&\xff\x01 \u03c3 ../../x";

Findings evil() {
  Findings findings;
  findings.title = kEvil, findings.date = kEvil, findings.commands = {shell_line({"galet", "report", kEvil, "it's"})};
  findings.about = {{kEvil, kEvil}};
  Model model;
  model.name = kEvil, model.identity = kEvil, model.file_bytes = 10;
  model.cost.emplace();
  model.cost->layers = {{kEvil, kEvil, {1}, {1}, 3, 4, 5, 6, kEvil}};
  model.accuracy.emplace();
  model.accuracy->images = 1;
  evaluate::Latency latency;
  model.timings.push_back({latency, 1, 0, 0, analysis::SpeedReport{}, analysis::MachinePeaks{}});
  model.timings[0].layers->layers.push_back({});
  model.timings[0].layers->layers[0].name = model.timings[0].layers->layers[0].note = kEvil;
  findings.models = {model};
  findings.comparison =
      analysis::Comparison{1, 1.0, {{kEvil, kEvil, std::numeric_limits<double>::infinity(), NAN, -INFINITY}, {"b", "c", -3, 0, 0}}};
  findings.remarks = {{kEvil, kEvil, kEvil, kEvil, {{kEvil, NAN}}}};
  evaluate::Sweep sweep;
  sweep.name = sweep.axis = sweep.about = kEvil;
  sweep.points = {{kEvil, NAN, false, {}}, {kEvil, 1, true, {}}};
  evaluate::Sensitivity sensitivity;
  sensitivity.bits = {8, 2}, sensitivity.layers = {kEvil, "unmeasured"};
  sensitivity.points = {{kEvil, kEvil, 8, 3, {}}};
  findings.sweeps = {sweep, {}}, findings.sensitivities = {sensitivity, {}};
  analysis::Ranges ranges;
  analysis::TensorRange tensor;
  tensor.name = kEvil, tensor.kind = analysis::RangeKind::weight, tensor.histogram = {0, 0.5, std::vector<uint64_t>(200, 7)},
  tensor.sigma = 1;
  tensor.min = 0, tensor.max = 100, tensor.sigmas = {{1, 0, 1, 30, 0}};
  ranges.tensors = {tensor, tensor};
  findings.ranges = ranges;
  return findings;
}

size_t occurrences(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("galet_report_test_{}", ::getpid());
  Folder() { std::filesystem::remove_all(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("report: hostile names stay text in every format") {
  const Document document = make_document(evil());
  CHECK(document.sections.size() == 9);
  if (html_available()) {
    const std::string page = html(document);
    CHECK(occurrences(page, "<script>alert") == 0);
    CHECK(occurrences(page, "</script>") == 3);  // the data, Chart.js, the page's own
    CHECK(page.find("&lt;script&gt;alert(1)") != std::string::npos);
    CHECK(clean_utf8(page) == page);
    CHECK(page.find("http://") == page.find("http://www.w3.org"));
    CHECK(html(make_document(evil())) == page);
  }
  const auto parsed = nlohmann::json::parse(json(document));
  CHECK(parsed["sections"].size() == 9);
  const Folder folder;
  write_csv(document, folder.path / "csv");
  write_png(document, folder.path / "png");
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    CHECK(file_name(entry.path().filename()) == entry.path().filename());
    if (entry.path().extension() == ".png") CHECK(data::decode_image(entry.path()).width >= 640);
  }
  CHECK(files > 15);
  CHECK(read_file(folder.path / "csv" / "layer_error_values.csv").find("\"</script><script>alert(1)</script>\"\"'") != std::string::npos);
}

TEST_CASE("report: nothing found, nothing shown; empty parts are left out") {
  CHECK(make_document({}).sections.empty());
  Findings findings;
  findings.comparison.emplace(), findings.ranges.emplace(), findings.sweeps.emplace_back(), findings.sensitivities.emplace_back();
  findings.models.emplace_back();
  findings.models[0].cost.emplace();
  findings.models[0].timings.push_back({{}, 1, 0, 0, analysis::SpeedReport{}, {}});
  const Document document = make_document(findings);
  CHECK(!json(document).empty());
  const Folder folder;
  CHECK_NOTHROW(write_png(document, folder.path));
  CHECK_NOTHROW(write_csv(document, folder.path));
}

TEST_CASE("report: where nothing can be written") {
  CHECK_THROWS_AS(make_folder("/dev/full/x"), Error);
  CHECK_THROWS_AS(make_folder("/dev/full"), Error);
  CHECK_THROWS_AS(make_folder("/proc/nothing/x"), Error);
}

TEST_CASE("report: numbers as people read them") {
  CHECK(shown({"", Kind::integer}, Cell(1094123)) == "1,094,123");
  CHECK(shown({"", Kind::integer}, Cell(-1234)) == "\u22121,234");
  CHECK(shown({"", Kind::bytes}, Cell(1070000)) == "1.07 MB");
  CHECK(shown({"", Kind::bytes}, Cell(999)) == "999 B");
  CHECK(shown({"", Kind::percent, 1}, Cell(12.34)) == "12.3 %");
  CHECK(shown({"", Kind::real, 2}, Cell(0.00012)) == "1.2e-04");
  CHECK(shown({"", Kind::real, 2}, Cell(0.0)) == "0.00");
  CHECK(shown({"", Kind::real, 2}, Cell(std::optional<double>())) == "\u2013");
  CHECK(shown({"", Kind::real, 2}, Cell(INFINITY)) == "\u221e");
}

TEST_CASE("report: names of files and texts") {
  CHECK(file_name("../../etc/passwd") == "_.._.._etc_passwd");
  CHECK(file_name("") == "_");
  CHECK(file_name(std::string(300, 'a')).size() == 80);
  CHECK(file_name("layer1.0.conv1-weight") == "layer1.0.conv1-weight");
  CHECK(clean_utf8("a\xc3(") == "a\ufffd(");
  CHECK(clean_utf8("\u03c3\u4e2d\U0001f41a") == "\u03c3\u4e2d\U0001f41a");
  CHECK(clean_utf8("\xed\xa0\x80") == "\ufffd\ufffd\ufffd");
  CHECK(clean_utf8("\u202e") == "\ufffd\ufffd\ufffd");
  CHECK(shell_line({"galet", "a b", "it's", "", "folder:x/y"}) == "galet 'a b' 'it'\\''s' '' folder:x/y");
}

TEST_CASE("canvas: lines cover what they should, and stay on the paper") {
  Canvas canvas(40, 20, {255, 255, 255});
  canvas.line({5, 10}, {35, 10}, 4, {0, 0, 0});
  auto dark = [&](int x, int y) { return *canvas.image().at(x, y); };
  CHECK(dark(20, 9) == 0);
  CHECK(dark(20, 10) == 0);
  CHECK(dark(20, 14) == 255);
  CHECK(dark(1, 10) == 255);
  canvas.line({-1e6, -1e6}, {1e6, 1e6}, 1, {0, 0, 0});
  canvas.line({NAN, 0}, {3, 3}, 1, {0, 0, 0});
  canvas.rectangle(-5, -5, 1e9, 0.5, {10, 20, 30});
  CHECK(dark(39, 0) > 10);  // half covered
  canvas.text(30, 10, "wide \u4e2d text", 12, {0, 0, 0});
  CHECK(text_width("mm", 12) > text_width("ii", 12));
  CHECK(text_width(fitted("a_very_long_layer_name", 10, 60), 10) <= 60);
  CHECK(fitted("short", 10, 600) == "short");
}

TEST_CASE("draw_detections: frames where the boxes are, small pictures enlarged, nothing outside") {
  data::Image image(400, 330, 3);
  const std::vector<Detection> found{{{100, 100, 300, 200}, .9f, 0}, {{100, 100, 300, 200}, .8f, 5}, {{-50, -50, 1e6f, 1e6f}, .7f, 1}};
  const data::Image drawn = draw_detections(image, found, {"a very long name of a thing \u4e2d"});
  CHECK(drawn.width == 400);
  const auto lit = [](const uint8_t* p) { return p[0] + p[1] + p[2] > 60; };
  CHECK(lit(drawn.at(200, 200)));
  CHECK(lit(drawn.at(100, 150)));
  CHECK_FALSE(lit(drawn.at(200, 170)));
  CHECK(lit(drawn.at(110, 90)));  // the tag above
  const data::Image small = draw_detections(data::Image(10, 20, 1), {}, {});
  CHECK(small.width == 320);
  CHECK(small.height == 640);
  CHECK(small.channels == 3);
  CHECK_THROWS_AS(draw_detections(data::Image(), {}, {}), Error);
}

TEST_CASE("stroke_font: every letter that ASCII prints") {
  const Glyph* box = glyphs_of("\u4e2d")[0];
  for (char c = ' '; c <= '~'; ++c) {
    CAPTURE(c);
    CHECK(glyphs_of(std::string(1, c))[0] != box);
  }
  for (const char* s : {"\u03c3", "\u2212", "\u00b1", "\u2026"}) CHECK(glyphs_of(s)[0] != box);
}
