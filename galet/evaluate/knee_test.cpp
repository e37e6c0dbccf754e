#include "galet/evaluate/knee.h"

#include <doctest/doctest.h>

#include "galet/core/error.h"

using namespace galet::evaluate;

TEST_CASE("a knee is where a curve leaves its start, and where it bends most, for each series") {
  Sweep sweep;
  sweep.reference.labelled = true, sweep.reference.top1 = 0.9;
  auto add = [&](const std::string& series, double value, double top1) {
    SweepPoint point;
    point.series = series, point.value = value, point.measured.top1 = top1;
    sweep.points.push_back(point);
  };
  for (const auto& [value, top1] : {std::pair(0.4, 0.80), {0.0, 0.9}, {0.1, 0.895}, {0.2, 0.891}, {0.3, 0.85}, {0.5, 0.3}})
    add("a", value, top1);
  for (const auto& [value, top1] : {std::pair(0.0, 0.88), {0.1, 0.9}, {0.2, 0.9}}) add("b", value, top1);
  add("c", 0.0, 0.9), add("c", 0.5, 0.9);
  sweep.points.push_back({"beside", 0, true});
  const std::vector<Knee> found = knees(sweep);
  REQUIRE(found.size() == 2);
  CHECK(found[0].series == "a");
  CHECK(found[0].flat == 0.2);
  CHECK(found[0].bend == 0.4);
  CHECK(found[1].flat == 0.0);  // it begins below: no value is flat, the first one is named
  CHECK(to_text(found[0]) == "a: within 1 point of the whole network up to 0.2; bends at 0.4");
  CHECK(knees(sweep, 0.06)[0].flat == 0.3);
  sweep.reference.labelled = false;
  CHECK(knees(sweep)[0].flat == 0.5);  // nothing agrees with anything, the reference included
}
