#include "galet/analysis/lint_calibration.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "galet/analysis/picture_facts.h"
#include "galet/core/random.h"
#include "tests/support/random_net.h"

using namespace galet;
using namespace galet::analysis;

namespace {

/// Pictures of blobs, each its own; `change` may alter or replace one.
class Pictures : public data::Dataset {
 public:
  explicit Pictures(int64_t size, int classes = 4) : size_(size), classes_(classes) {
    for (int c = 0; c < classes; ++c) names_.push_back("class" + std::to_string(c));
  }
  int64_t size() const override { return size_; }
  data::Sample get(int64_t index) const override {
    data::Sample sample;
    sample.image = picture(index);
    sample.label = label(index);
    sample.name = sample_name(index);
    return sample;
  }
  std::string sample_name(int64_t index) const override { return std::to_string(index); }
  int label(int64_t index) const override { return static_cast<int>(index) % classes_; }
  const std::vector<std::string>& class_names() const override { return names_; }
  std::string description() const override { return "pictures"; }

  virtual data::Image picture(int64_t index) const {
    Random random(static_cast<uint64_t>(index) + 7);
    data::Image image(40, 30, 3);
    const double light = random.uniform(20, 220);
    for (int y = 0; y < 30; y += 6)
      for (int x = 0; x < 40; x += 5) {
        const double shade = light + random.normal() * 40;
        for (int i = 0; i < 30; ++i)
          for (int c = 0; c < 3; ++c)
            image.at(x + i % 5, y + i / 5)[c] = static_cast<uint8_t>(std::clamp(shade + 15 * c * ((x / 5) % 2), 0.0, 255.0));
      }
    return image;
  }

 private:
  int64_t size_;
  int classes_;
  std::vector<std::string> names_;
};

Verdict verdict(const CalibrationLint& lint, const std::string& check) {
  for (const Finding& finding : lint.findings)
    if (finding.check == check) return finding.verdict;
  FAIL("no finding about " << check);
  return Verdict::bad;
}

}  // namespace

TEST_CASE("lint_calibration: varied pictures are good") {
  const CalibrationLint lint = lint_calibration(Pictures(200), nullptr);
  for (const Finding& finding : lint.findings) {
    CAPTURE(finding.text);
    CHECK(finding.verdict == Verdict::good);
  }
  CHECK(lint.verdict == Verdict::good);
  CHECK(lint.images == 200);
  CHECK(lint.classes.size() == 4);
  CHECK(lint.classes[2].images == 50);
  CHECK(lint.sizes[0].width == 40);
  LintOptions options;
  options.samples = 50;
  options.threads = 3;
  CHECK(lint_calibration(Pictures(200), nullptr, options).images == 50);
}

TEST_CASE("lint_calibration: repeats, near repeats, missing classes, darkness and few images are told") {
  class Repeats : public Pictures {
   public:
    Repeats() : Pictures(120) {}
    data::Image picture(int64_t index) const override {
      data::Image image = Pictures::picture(index < 40 ? index : index % 40);
      if (index >= 80)
        for (uint8_t& p : image.pixels) p = static_cast<uint8_t>(std::min(255, p + 3));  // a little brighter: near
      return image;
    }
  };
  const CalibrationLint repeats = lint_calibration(Repeats(), nullptr);
  CHECK(repeats.exact_duplicates == 40);
  CHECK(repeats.near_duplicates >= 38);
  CHECK(repeats.near_duplicates <= 40);
  CHECK(repeats.duplicates[0].exact);
  CHECK(repeats.duplicates[0].a == "0");
  CHECK(repeats.duplicates[0].b == "40");
  CHECK(verdict(repeats, "duplicates") == Verdict::bad);

  class Lopsided : public Pictures {
   public:
    Lopsided() : Pictures(120, 4) {}
    int label(int64_t index) const override { return index < 100 ? 0 : index < 118 ? 1 : 2; }
  };
  CHECK(verdict(lint_calibration(Lopsided(), nullptr), "balance") == Verdict::bad);

  class Dark : public Pictures {
   public:
    Dark() : Pictures(120) {}
    data::Image picture(int64_t index) const override {
      data::Image image = Pictures::picture(index);
      for (uint8_t& p : image.pixels) p /= 16;
      return image;
    }
  };
  const CalibrationLint dark = lint_calibration(Dark(), nullptr);
  CHECK(verdict(dark, "brightness") == Verdict::warning);
  CHECK(verdict(dark, "contrast") == Verdict::warning);
  CHECK(verdict(lint_calibration(Pictures(40), nullptr), "number") == Verdict::warning);
  CHECK(verdict(lint_calibration(Pictures(4), nullptr), "number") == Verdict::bad);
  CHECK_THROWS_WITH_AS(lint_calibration(Pictures(0), nullptr), "pictures: no images", Error);
}

TEST_CASE("lint_calibration: sizes and ranges against a network") {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, 3, 64, 64});
  graph.add_output(graph.result(graph.add_node(ops::get("relu"), "r", {x})));
  CHECK(verdict(lint_calibration(Pictures(120), &graph), "sizes") == Verdict::warning);  // 40x30 get enlarged
  CHECK(verdict(lint_calibration(Pictures(120), &graph), "range") == Verdict::warning);  // assumed preprocessing
  graph.info.preprocessing.assumed = false;
  CHECK(verdict(lint_calibration(Pictures(120), &graph), "range") == Verdict::good);

  const Graph net = testing::random_net();
  CHECK(verdict(lint_calibration(testing::RandomImages(120), &net), "range") == Verdict::good);
  class Odd : public testing::RandomImages {
   public:
    explicit Odd(float scale) : RandomImages(120), scale_(scale) {}
    data::Sample get(int64_t index) const override {
      data::Sample sample = RandomImages::get(index);
      float* x = sample.tensor.mutable_data<float>();
      for (int64_t i = 0; i < sample.tensor.size(); ++i) x[i] = std::fabs(x[i]) * scale_;
      return sample;
    }

   private:
    float scale_;
  };
  CHECK(verdict(lint_calibration(Odd(60), &net), "range") == Verdict::warning);
  CHECK(verdict(lint_calibration(Odd(std::numeric_limits<float>::infinity()), &net), "range") == Verdict::bad);
  CHECK(verdict(lint_calibration(Odd(0), &net), "range") == Verdict::bad);
}

TEST_CASE("near_pairs: every pair that comparing all with all finds") {
  Random random(9);
  std::vector<PictureFacts> pictures(300);
  for (size_t i = 0; i < pictures.size(); ++i) {
    pictures[i].contrast = 20;
    pictures[i].perceptual = random.below(~uint64_t{0});
    if (i % 3 == 2) {
      pictures[i].perceptual = pictures[i - 1].perceptual;
      for (uint64_t flips = random.below(7); flips > 0; --flips) pictures[i].perceptual ^= uint64_t{1} << random.below(64);
    }
  }
  size_t expected = 0;
  for (size_t i = 0; i < pictures.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (std::popcount(pictures[i].perceptual ^ pictures[j].perceptual) <= 4) {
        ++expected;
        break;
      }
  CHECK(expected > 30);
  CHECK(near_pairs(pictures, 4).size() == expected);
}
