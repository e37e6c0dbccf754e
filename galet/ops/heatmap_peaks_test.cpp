// The plateau rule against its definition, on maps that quantization makes and on hostile ones.
#include <doctest/doctest.h>

#include <limits>
#include <map>
#include <set>

#include "galet/core/random.h"
#include "galet/kernels/reference/c99.h"
#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;

namespace {

using Map = std::vector<float>;

Map peaks_of(const Map& map, int64_t h, int64_t w) { return values<float>(run("heatmap_peaks", {f32({1, 1, h, w}, map)})); }

/// The definition, word for word: components of equal value by repeated joining of neighbours, those without a higher neighbour, their
/// place nearest to the rounded centroid.
Map by_definition(const Map& map, int64_t h, int64_t w) {
  const auto at = [&](int64_t y, int64_t x) { return static_cast<size_t>(y * w + x); };
  std::vector<int64_t> component(map.size());
  for (size_t i = 0; i < map.size(); ++i) component[i] = static_cast<int64_t>(i);
  const auto each_pair = [&](auto&& f) {
    for (int64_t y = 0; y < h; ++y)
      for (int64_t x = 0; x < w; ++x)
        for (int64_t v = 0; v < h; ++v)
          for (int64_t u = 0; u < w; ++u)
            if (std::abs(v - y) <= 1 && std::abs(u - x) <= 1) f(at(y, x), at(v, u));
  };
  for (bool changed = true; changed;) {
    changed = false;
    each_pair([&](size_t a, size_t b) {
      if (map[a] == map[b] && component[b] < component[a]) component[a] = component[b], changed = true;
    });
  }
  std::set<int64_t> below;
  each_pair([&](size_t a, size_t b) {
    if (map[b] > map[a]) below.insert(component[a]);
  });
  std::map<int64_t, std::vector<int64_t>> members;
  for (size_t i = 0; i < map.size(); ++i) members[component[i]].push_back(static_cast<int64_t>(i));
  Map out(map.size(), 0.f);
  for (const auto& [name, places] : members) {
    if (below.contains(name)) continue;
    double y = 0, x = 0;
    for (const int64_t place : places) y += static_cast<double>(place / w), x += static_cast<double>(place % w);
    y = std::floor(y / static_cast<double>(places.size()) + 0.5), x = std::floor(x / static_cast<double>(places.size()) + 0.5);
    int64_t best = places[0];
    const auto far = [&](int64_t p) {
      return (static_cast<double>(p / w) - y) * (static_cast<double>(p / w) - y) +
             (static_cast<double>(p % w) - x) * (static_cast<double>(p % w) - x);
    };
    for (const int64_t place : places)
      if (far(place) < far(best)) best = place;
    out[static_cast<size_t>(best)] = map[static_cast<size_t>(best)];
  }
  return out;
}

Map drawn(const std::vector<std::string>& rows) {
  Map map;
  for (const std::string& row : rows)
    for (const char c : row) map.push_back(c == '.' ? 0.f : static_cast<float>(c - '0'));
  return map;
}
std::vector<int64_t> places(const Map& peaks) {
  std::vector<int64_t> found;
  for (size_t i = 0; i < peaks.size(); ++i)
    if (peaks[i] > 0) found.push_back(static_cast<int64_t>(i));
  return found;
}
std::vector<int64_t> drawn_peaks(const std::vector<std::string>& rows) {
  return places(peaks_of(drawn(rows), static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())));
}

}  // namespace

TEST_CASE("heatmap_peaks: one place of a plateau, at its centre") {
  using P = std::vector<int64_t>;
  CHECK(drawn_peaks({"....", ".5..", "...."}) == P{5});
  CHECK(drawn_peaks({".55.", "...."}) == P{2});                // halves go up
  CHECK(drawn_peaks({"555", "555", "555"}) == P{4});           // flat: the middle
  CHECK(drawn_peaks({"9.9", "...", "9.9"}) == P{0, 2, 6, 8});  // four of their own
  CHECK(drawn_peaks({"5...5", ".5.5.", "..5.."}) == P{6});     // V: one; its arms meet
  CHECK(drawn_peaks({"555", "5.5", "555"}) == P{1});           // ring: the nearest to its centre, the first of four
  CHECK(drawn_peaks({"555", "595", "555"}) == P{4});           // what has a higher neighbour anywhere is none
  CHECK(drawn_peaks({"5556"}) == P{3});
  CHECK(drawn_peaks({"5.......", "55555555", ".......6"}) == P{23});  // also far away from that neighbour
  CHECK(drawn_peaks({"77.77", "77.77"}) == P{6, 9});                  // halves go up in both directions
  CHECK(drawn_peaks({"...", "...", "..."}).empty());                  // a peak of height 0 shows nothing
}

TEST_CASE("heatmap_peaks: as defined, on flat, saturated, striped, ring-shaped and V-shaped maps") {
  Random random(5);
  int64_t peaks = 0, kept_by_max_pool = 0;
  for (int i = 0; i < 600; ++i) {
    const auto h = static_cast<int64_t>(1 + random.below(9)), w = static_cast<int64_t>(1 + random.below(9));
    const auto levels = 1 + random.below(4);
    Map map;
    for (int64_t y = 0; y < h; ++y)
      for (int64_t x = 0; x < w; ++x) {
        const int64_t cy = h / 2, cx = w / 2, ring = std::max(std::abs(y - cy), std::abs(x - cx));
        const double noise = random.uniform();
        switch (i % 6) {
          case 0:
            map.push_back(static_cast<float>(random.below(levels)));
            break;  // few codes
          case 1:
            map.push_back(noise < 0.7 ? 1.f : static_cast<float>(random.below(3)) / 2);
            break;  // saturated
          case 2:
            map.push_back(static_cast<float>((x + (i % 5 == 0 ? y : 0)) % 3));
            break;  // stripes
          case 3:
            map.push_back(static_cast<float>(ring % 2));
            break;  // rings
          case 4:
            map.push_back(std::abs(x - cx) == y ? 1.f : noise < .1 ? .5f : 0.f);
            break;  // V
          default:
            map.push_back(noise < .02 ? 2.f : 1.f);  // flat, hardly
        }
      }
    const Map found = peaks_of(map, h, w);
    REQUIRE(found == by_definition(map, h, w));
    peaks += static_cast<int64_t>(places(found).size());
    const Map pooled = values<float>(run("max_pool", {f32({1, 1, h, w}, map)}, {{"kernel", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}}));
    for (size_t p = 0; p < map.size(); ++p) kept_by_max_pool += map[p] > 0 && pooled[p] == map[p] ? 1 : 0;
  }
  CHECK(kept_by_max_pool > 3 * peaks);  // what the usual rule keeps
}

TEST_CASE("heatmap_peaks: the C that is written for microcontrollers finds the same places") {
  Random random(8);
  for (int i = 0; i < 200; ++i) {
    const auto h = static_cast<int64_t>(1 + random.below(12)), w = static_cast<int64_t>(1 + random.below(12));
    std::vector<uint8_t> codes(static_cast<size_t>(h * w)), state(codes.size());
    const auto levels = 2 + random.below(5);
    for (uint8_t& code : codes) code = static_cast<uint8_t>(random.below(levels));
    std::vector<int16_t> found(4 * codes.size());
    auto* rows = reinterpret_cast<int16_t(*)[4]>(found.data());
    const int32_t n = kernels::c99::galet_peaks(codes.data(), static_cast<int32_t>(h), static_cast<int32_t>(w), 1, 1, rows,
                                                static_cast<int32_t>(codes.size()), state.data());
    Map wanted(codes.size(), 0.f);
    for (int32_t k = 0; k < n; ++k) wanted[static_cast<size_t>(rows[k][0] * w + rows[k][1])] = static_cast<float>(rows[k][3]);
    REQUIRE(peaks_of(Map(codes.begin(), codes.end()), h, w) == wanted);
  }
}

TEST_CASE("heatmap_peaks: distinct values are the plain local maxima, planes do not touch, NaN is nothing") {
  Random random(6);
  std::vector<float> data(2 * 7 * 5);
  for (float& v : data) v = static_cast<float>(random.uniform());
  const Tensor src = f32({1, 2, 7, 5}, data), found = run("heatmap_peaks", {src});
  const Tensor pooled = run("max_pool", {src}, {{"kernel", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}});
  for (size_t i = 0; i < data.size(); ++i) CHECK(found.span<float>()[i] == (pooled.span<float>()[i] == data[i] ? data[i] : 0.f));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(places(peaks_of({nan, 1, nan, 2}, 2, 2)) == std::vector<int64_t>{3});
  CHECK(places(peaks_of({nan, nan, nan, nan}, 2, 2)).empty());
  CHECK_REFUSED("expected 4 (NCHW)", "heatmap_peaks", {f32({1, 2}, {1, 2})});
}

TEST_CASE("heatmap_peaks: a spiral as long as the map is one plateau") {
  const int64_t n = 33;
  Map map(static_cast<size_t>(n * n), 0.f);
  int64_t y = 0, x = 0, dy = 0, dx = 1;
  const auto filled = [&](int64_t v, int64_t u) { return v < 0 || u < 0 || v >= n || u >= n || map[static_cast<size_t>(v * n + u)] > 0; };
  for (int turns = 0; turns < 2;) {
    map[static_cast<size_t>(y * n + x)] = 1;
    if (filled(y + dy, x + dx) || filled(y + 2 * dy, x + 2 * dx)) {
      std::swap(dy, dx), dx = -dx;
      ++turns;
      if (filled(y + dy, x + dx) || filled(y + 2 * dy, x + 2 * dx)) break;
      continue;
    }
    turns = 0, y += dy, x += dx;
  }
  CHECK(places(peaks_of(map, n, n)).size() == 1);
  map[0] = 2;  // its far end
  CHECK(places(peaks_of(map, n, n)) == std::vector<int64_t>{0});
}
