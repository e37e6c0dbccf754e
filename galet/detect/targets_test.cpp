// Targets against their definitions, written down a second time place by place.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "galet/core/error.h"
#include "galet/core/random.h"
#include "galet/detect/center_targets.h"
#include "galet/detect/row_targets.h"

using namespace galet;
using namespace galet::detect;

namespace {

std::vector<data::Annotation> some_objects(Random& random, int64_t count, float side, int classes) {
  std::vector<data::Annotation> objects;
  for (int64_t i = 0; i < count; ++i) {
    const auto w = static_cast<float>(random.uniform(4, 0.7 * static_cast<double>(side))),
               h = static_cast<float>(random.uniform(4, 0.7 * static_cast<double>(side)));
    const auto x = static_cast<float>(random.uniform(0, static_cast<double>(side - w))),
               y = static_cast<float>(random.uniform(0, static_cast<double>(side - h)));
    objects.push_back(
        {{x, y, x + w, y + h}, static_cast<int>(random.below(static_cast<uint64_t>(classes))), w * h, random.below(6) == 0, false});
  }
  return objects;
}

/// Points of FCOS on maps of side / stride places.
std::vector<float> grid(int64_t side, std::vector<Level>& levels) {
  std::vector<float> points;
  for (const int64_t stride : {8, 16, 32, 64, 128}) {
    const int64_t n = (side + stride - 1) / stride;
    levels.push_back({static_cast<int64_t>(points.size() / 2), n * n, static_cast<float>(stride)});
    for (int64_t y = 0; y < n; ++y)
      for (int64_t x = 0; x < n; ++x)
        points.insert(points.end(), {static_cast<float>(x * stride + stride / 2), static_cast<float>(y * stride + stride / 2)});
  }
  return points;
}

std::vector<float> some_anchors(std::span<const float> points, std::span<const Level> levels) {
  std::vector<float> anchors;
  for (const Level& level : levels)
    for (int64_t i = level.first; i < level.first + level.count; ++i) {
      const float x = points[static_cast<size_t>(2 * i)], y = points[static_cast<size_t>(2 * i + 1)], half = 2 * level.stride;
      anchors.insert(anchors.end(), {x - half, y - half, x + half, y + half});
    }
  return anchors;
}

}  // namespace

TEST_CASE("center_targets: a Gaussian around each centre, the highest where they meet") {
  Random random(1);
  for (int round = 0; round < 20; ++round) {
    const auto objects = some_objects(random, 6, 128, 3);
    const CenterTargets targets = center_targets(objects, 3, 32, 32, 4);
    std::vector<float> wanted(3 * 32 * 32, 0.f);
    size_t next = 0;
    for (const data::Annotation& o : objects) {
      const double w = std::ceil((o.box.right - o.box.left) / 4.f), h = std::ceil((o.box.bottom - o.box.top) / 4.f);
      const float cx = (o.box.left + o.box.right) / 8, cy = (o.box.top + o.box.bottom) / 8;
      const int px = static_cast<int>(cx), py = static_cast<int>(cy);
      // of the three cases of CornerNet the last is always the least
      const double r = std::floor((std::sqrt(1.96 * (w + h) * (w + h) + 3.36 * w * h) - 1.4 * (w + h)) / 2), sigma = (2 * r + 1) / 6;
      for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 32; ++x) {
          float& at = wanted[static_cast<size_t>((o.label * 32 + y) * 32 + x)];
          if (o.crowd) {
            const bool touched = x * 4 + 4 > o.box.left && x * 4 < o.box.right && y * 4 + 4 > o.box.top && y * 4 < o.box.bottom;
            if (touched) at = std::max(at, kIgnored);
          } else if (std::abs(x - px) <= r && std::abs(y - py) <= r) {
            at = std::max(at, static_cast<float>(std::exp(-((x - px) * (x - px) + (y - py) * (y - py)) / (2 * sigma * sigma))));
          }
        }
      if (o.crowd) continue;
      const CenterTargets::Object& own = targets.objects.at(next++);
      CHECK(own.place == py * 32 + px);
      CHECK(own.width * 4 == doctest::Approx(o.box.right - o.box.left));
      CHECK(own.height * 4 == doctest::Approx(o.box.bottom - o.box.top));
      // what decode_centers makes of it is the box again
      CHECK((static_cast<float>(px) + own.x - own.width / 2) * 4 == doctest::Approx(o.box.left).epsilon(1e-4));
      CHECK((static_cast<float>(py) + own.y + own.height / 2) * 4 == doctest::Approx(o.box.bottom).epsilon(1e-4));
      CHECK(targets.heatmap[static_cast<size_t>(o.label * 1024 + own.place)] == 1.f);
    }
    CHECK(next == targets.objects.size());
    for (size_t i = 0; i < wanted.size(); ++i) CHECK(targets.heatmap[i] == doctest::Approx(wanted[i]).epsilon(1e-6));
  }
  const CenterTargets edge =
      center_targets(std::vector<data::Annotation>{{{120, 120, 128, 128}, 0, 64}, {{127.9f, 127.9f, 128, 128}, 0, 1}}, 1, 32, 32, 4);
  CHECK(edge.objects.at(1).place == 1023);
}

TEST_CASE("gaussian_radius: grows with the box, and no side counts more than the other") {
  for (int w = 1; w < 60; w += 3)
    for (int h = 1; h < 60; h += 3) {
      CHECK(gaussian_radius(w, h) == gaussian_radius(h, w));
      CHECK(gaussian_radius(w + 1, h) > gaussian_radius(w, h));
      CHECK(gaussian_radius(w, h) < (w + h) / 2.);
    }
  CHECK(gaussian_radius(10, 10) == doctest::Approx(2.7332));
}

TEST_CASE("point_targets: centre sampling, ranges of levels, the smallest of several") {
  Random random(2);
  std::vector<Level> levels;
  const std::vector<float> points = grid(256, levels);
  int64_t positive = 0, nobody = 0;
  for (int round = 0; round < 20; ++round) {
    const auto objects = some_objects(random, 7, 256, 4);
    const RowTargets targets = point_targets(objects, points, levels);
    REQUIRE(targets.labels.size() == points.size() / 2);
    const double ranges[5][2] = {{-1, 64}, {64, 128}, {128, 256}, {256, 512}, {512, 1e9}};
    for (size_t level = 0; level < 5; ++level)
      for (auto i = static_cast<size_t>(levels[level].first); i < static_cast<size_t>(levels[level].first + levels[level].count); ++i) {
        const double x = static_cast<double>(points[2 * i]), y = static_cast<double>(points[2 * i + 1]),
                     reach = 1.5 * static_cast<double>(levels[level].stride);
        int32_t label = kBackground;
        double smallest = 1e18, centre = 0;
        bool crowd = false;
        for (const auto& o : objects) {
          const double l = x - static_cast<double>(o.box.left), t = y - static_cast<double>(o.box.top),
                       r = static_cast<double>(o.box.right) - x, b = static_cast<double>(o.box.bottom) - y;
          if (std::min({l, t, r, b}) <= 0) continue;
          if (o.crowd) crowd = true;
          const double longest = std::max({l, t, r, b}), area = static_cast<double>(o.box.area());
          if (o.crowd || std::fabs(l - r) / 2 >= reach || std::fabs(t - b) / 2 >= reach || longest < ranges[level][0] ||
              longest > ranges[level][1] || area >= smallest)
            continue;
          smallest = area, label = o.label, centre = std::sqrt(std::min(l, r) * std::min(t, b) / (std::max(l, r) * std::max(t, b)));
        }
        if (label == kBackground && crowd) label = kNobody;
        CHECK(targets.labels[i] == label);
        positive += label >= 0, nobody += label == kNobody;
        if (label < 0) continue;
        CHECK(static_cast<double>(targets.boxes[i].area()) == doctest::Approx(smallest));
        CHECK(static_cast<double>(targets.centerness[i]) == doctest::Approx(centre).epsilon(1e-4));
      }
  }
  CHECK(positive > 200);
  CHECK(nobody > 200);
}

TEST_CASE("anchor_targets: overlaps of 0.5 and 0.4, and the best of each object") {
  Random random(3);
  std::vector<Level> levels;
  const std::vector<float> points = grid(256, levels), anchors = some_anchors(points, levels);
  int64_t kinds[3] = {};
  for (int round = 0; round < 10; ++round) {
    const auto objects = some_objects(random, 5, 256, 4);
    const RowTargets targets = anchor_targets(objects, anchors, levels, Assignment::iou);
    std::vector<Box> boxes;
    for (size_t i = 0; i < anchors.size(); i += 4) boxes.push_back({anchors[i], anchors[i + 1], anchors[i + 2], anchors[i + 3]});
    for (size_t i = 0; i < boxes.size(); ++i) {
      float most = 0;
      bool best_of_one = false, crowd = false;
      const data::Annotation* whose = nullptr;
      for (const auto& o : objects) {
        if (o.crowd) {
          crowd = crowd || overlap(boxes[i], o.box) / boxes[i].area() > 0.5f;
          continue;
        }
        const float own = iou(boxes[i], o.box);
        if (own > most) most = own, whose = &o;
        float best = 0;
        for (const Box& other : boxes) best = std::max(best, iou(other, o.box));
        best_of_one = best_of_one || (best > 0 && own == best);
      }
      const int32_t label = most >= 0.5f || best_of_one ? whose->label : most >= 0.4f || crowd ? kNobody : kBackground;
      CHECK(targets.labels[i] == label);
      if (label >= 0) CHECK(targets.boxes[i] == whose->box);
      ++kinds[label >= 0 ? 0 : label == kNobody ? 1 : 2];
    }
    for (const auto& o : objects)  // nobody is left out, unless another object has its best anchor
      if (!o.crowd) CHECK(std::any_of(targets.labels.begin(), targets.labels.end(), [](int32_t label) { return label >= 0; }));
  }
  for (const int64_t count : kinds) CHECK(count > 20);
}

TEST_CASE("anchor_targets by atss: every object has anchors, all of them with their centre inside, the better overlap wins") {
  Random random(4);
  std::vector<Level> levels;
  const std::vector<float> points = grid(256, levels), anchors = some_anchors(points, levels);
  int64_t positive = 0;
  for (int round = 0; round < 20; ++round) {
    auto objects = some_objects(random, 1, 256, 4);
    objects[0].crowd = false;
    const RowTargets one = anchor_targets(objects, anchors, levels, Assignment::atss);
    // The definition for one object, over sorted lists.
    const float cx = (objects[0].box.left + objects[0].box.right) / 2, cy = (objects[0].box.top + objects[0].box.bottom) / 2;
    std::vector<size_t> chosen;
    for (const Level& level : levels) {
      std::vector<std::pair<float, size_t>> all;
      for (auto i = static_cast<size_t>(level.first); i < static_cast<size_t>(level.first + level.count); ++i) {
        const float dx = (anchors[4 * i] + anchors[4 * i + 2]) / 2 - cx, dy = (anchors[4 * i + 1] + anchors[4 * i + 3]) / 2 - cy;
        all.emplace_back(dx * dx + dy * dy, i);
      }
      std::sort(all.begin(), all.end());
      for (size_t i = 0; i < std::min<size_t>(9, all.size()); ++i) chosen.push_back(all[i].second);
    }
    const auto overlap_of = [&](size_t i) {
      return static_cast<double>(iou({anchors[4 * i], anchors[4 * i + 1], anchors[4 * i + 2], anchors[4 * i + 3]}, objects[0].box));
    };
    double mean = 0, square = 0;
    for (const size_t i : chosen) mean += overlap_of(i) / static_cast<double>(chosen.size());
    for (const size_t i : chosen) square += std::pow(overlap_of(i) - mean, 2) / static_cast<double>(chosen.size() - 1);
    for (size_t i = 0; i < one.labels.size(); ++i) {
      const float x = (anchors[4 * i] + anchors[4 * i + 2]) / 2, y = (anchors[4 * i + 1] + anchors[4 * i + 3]) / 2;
      const Box& b = objects[0].box;
      const bool wanted = std::find(chosen.begin(), chosen.end(), i) != chosen.end() && overlap_of(i) >= mean + std::sqrt(square) &&
                          x > b.left && x < b.right && y > b.top && y < b.bottom;
      CHECK((one.labels[i] >= 0) == wanted);
      positive += wanted;
    }
  }
  CHECK(positive > 20);
  const std::vector<data::Annotation> same{{{10, 10, 50, 50}, 1, 1600}, {{10, 10, 54, 54}, 2, 1936}};
  const auto targets_of = [&](std::span<const data::Annotation> objects) {
    return anchor_targets(objects, anchors, levels, Assignment::atss);
  };
  const RowTargets first = targets_of(std::span(same).first(1)), second = targets_of(std::span(same).last(1)), both = targets_of(same);
  for (size_t i = 0; i < both.labels.size(); ++i) {
    const Box a{anchors[4 * i], anchors[4 * i + 1], anchors[4 * i + 2], anchors[4 * i + 3]};
    const bool one = first.labels[i] >= 0, two = second.labels[i] >= 0, better = iou(a, same[0].box) >= iou(a, same[1].box);
    CHECK(both.labels[i] == (one && (better || !two) ? 1 : two ? 2 : kBackground));
  }
}

TEST_CASE("targets of an image without objects are background, and words that are none are refused") {
  std::vector<Level> levels;
  const std::vector<float> points = grid(128, levels);
  for (const int32_t label : point_targets({}, points, levels).labels) CHECK(label == kBackground);
  for (const auto assignment : {Assignment::iou, Assignment::atss})
    for (const int32_t label : anchor_targets({}, some_anchors(points, levels), levels, assignment).labels) CHECK(label == kBackground);
  CHECK(center_targets({}, 2, 4, 4, 4).objects.empty());
  CHECK_THROWS_AS(parse_assignment("hungarian"), Error);
}
