// Against pycocotools: tests/coco_ap_test.py. Here: values worked out by hand, and the way from a network's rows to an image's pixels.
#include <doctest/doctest.h>

#include "galet/core/error.h"
#include "galet/evaluate/detection/agreement.h"
#include "galet/evaluate/detection/detect.h"
#include "galet/ops/ops.h"

using namespace galet;
using namespace galet::evaluate;

namespace {

data::Annotation object(Box box, int label, bool crowd = false) { return {box, label, box.area(), crowd, false}; }

/// Two images of one colour each.
class Plain : public data::Dataset {
 public:
  int64_t size() const override { return 2; }
  data::Sample get(int64_t index) const override {
    data::Sample sample;
    sample.image = data::Image(40, 20, 3);
    std::fill(sample.image.pixels.begin(), sample.image.pixels.end(), static_cast<uint8_t>(255 * index));
    return sample;
  }
  std::string sample_name(int64_t) const override { return "plain"; }
  int label(int64_t) const override { return -1; }
  const std::vector<std::string>& class_names() const override { return names_; }
  bool has_objects() const override { return true; }
  const std::vector<data::Annotation>& objects(int64_t index) const override { return index == 0 ? objects_ : none_; }
  std::string description() const override { return "two plain images"; }

 private:
  std::vector<std::string> names_{"a", "b"};
  std::vector<data::Annotation> objects_{object({10, 5, 30, 15}, 1)}, none_;
};

}  // namespace

TEST_CASE("coco_ap: curves of precision") {
  std::vector<ImageDetections> images(1);
  images[0].objects = {object({0, 0, 50, 50}, 0), object({100, 100, 200, 200}, 0), object({0, 0, 9, 9}, 2)};
  images[0].found = {{{0, 0, 50, 50}, .9f, 0}, {{300, 300, 400, 400}, .8f, 0}, {{100, 100, 200, 230}, .7f, 0}};
  const CocoResult result = coco_ap(images, 3);
  CHECK(result.class_precision50[0][50] == doctest::Approx(1));
  CHECK(result.class_precision50[0][51] == doctest::Approx(2. / 3));
  CHECK(result.precision50[50] == doctest::Approx(.5));  // class 2 is not found, class 1 is not there
  CHECK(result.precision75[100] == doctest::Approx(1. / 3));
  CHECK(result.class_precision50[1] == PrecisionCurve{});
  double sum = 0;
  for (const double precision : result.precision50) sum += precision;
  CHECK(sum / 101 == doctest::Approx(result[CocoNumber::ap50]));
}

TEST_CASE("agreement: pairs, lost, gained; a score that moves over the bar is no loss") {
  std::vector<ImageDetections> first(3), second(3);
  first[0].found = {{{0, 0, 10, 10}, .9f, 0}, {{20, 20, 30, 30}, .31f, 0}, {{50, 50, 60, 60}, .2f, 0}, {{70, 0, 80, 10}, .8f, 1}};
  second[0].found = {{{0, 0, 10, 8}, .9f, 0}, {{20, 20, 30, 30}, .29f, 0}, {{50, 50, 60, 60}, .4f, 0}, {{70, 0, 80, 10}, .8f, 0}};
  first[1].found = {{{0, 0, 10, 10}, .5f, 0}};
  const DetectionAgreement found = agreement(first, second, 2);
  CHECK(found.images[0].pairs == 2);
  CHECK(found.images[0].lost == 1);    // its class changed
  CHECK(found.images[0].gained == 1);  // and came anew; the one of 0.2 and 0.4 is known to the first
  CHECK(found.images[0].share == doctest::Approx(1.8 / 4));
  CHECK(found.images[1].share == 0);
  CHECK(found.images[2].share == 1);
  CHECK(found.pairs == 2);
  CHECK(found.lost == 2);
  CHECK(found.mean_iou == doctest::Approx(.9));
  CHECK(agreement(first, first, 2).as_truth[CocoNumber::ap] == doctest::Approx(1));
  CHECK_THROWS_WITH_AS(agreement(first, std::span(second).first(2), 2), doctest::Contains("3 and 2 images"), Error);
}

TEST_CASE("coco_ap: perfect, half, empty") {
  std::vector<ImageDetections> images(2);
  images[0].objects = {object({0, 0, 50, 50}, 0), object({100, 100, 200, 200}, 0)};
  images[0].found = {{{0, 0, 50, 50}, .9f, 0}, {{100, 100, 200, 200}, .8f, 0}};
  CocoResult result = coco_ap(images, 1);
  CHECK(result[CocoNumber::ap] == doctest::Approx(1));
  CHECK(result[CocoNumber::ap_small] == -1);
  CHECK(result[CocoNumber::ap_medium] == doctest::Approx(1));
  CHECK(result[CocoNumber::ar1] == doctest::Approx(.5));
  CHECK(result[CocoNumber::ar100] == doctest::Approx(1));
  images[0].found.pop_back();
  CHECK(coco_ap(images, 1)[CocoNumber::ap] == doctest::Approx(51.0 / 101));  // recalls 0, .01 .. .5
  images[0].found.clear();
  CHECK(coco_ap(images, 2)[CocoNumber::ap] == 0);
  CHECK(coco_ap(images, 2).class_ap == std::vector<double>{0, -1});
  images[0].objects.clear();
  CHECK(coco_ap(images, 1)[CocoNumber::ap] == -1);
  images[0].found = {{{0, 0, 1, 1}, .5f, 1}};
  CHECK_THROWS_WITH_AS(coco_ap(images, 1), doctest::Contains("a detection of class 1, expected 0..0"), Error);
  CHECK(coco_lines(result).starts_with(" Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 1.000\n"));
}

TEST_CASE("voc_ap: the rules of 2007 and of 2010") {
  std::vector<ImageDetections> images(1);
  images[0].objects = {object({0, 0, 10, 10}, 0), object({20, 0, 30, 10}, 0), object({40, 0, 50, 10}, 0)};
  images[0].objects[2].difficult = true;
  images[0].found = {{{0, 0, 10, 10}, .9f, 0}, {{0, 0, 10, 9}, .8f, 0}, {{40, 0, 50, 10}, .7f, 0}, {{20, 0, 30, 10}, .6f, 0}};
  // right, wrong (found already), ignored, right: recalls .5 .5 1, precisions 1 1/2 2/3
  CHECK(voc_ap(images, 1, VocRule::area).mean == doctest::Approx(.5 + .5 * 2 / 3));
  CHECK(voc_ap(images, 1, VocRule::points11).mean == doctest::Approx((6 + 5 * 2.0 / 3) / 11));
  CHECK(voc_ap(images, 1, VocRule::area, 1.0).class_ap[0] == doctest::Approx(.5 + .5 * 2 / 3));  // overlaps of exactly 1
  CHECK(voc_ap({}, 1, VocRule::area).mean == -1);
}

TEST_CASE("detect: rows of the network become boxes of the image, whatever the preprocessing") {
  // Boxes are constant; the score is the image's mean: the black image shows nothing.
  Graph graph;
  graph.info.preprocessing = {};
  graph.info.preprocessing.mean = {0, 0, 0};
  graph.info.preprocessing.std = {1, 1, 1};
  graph.info.preprocessing.letterbox = true;  // 40 x 20 becomes 20 x 10, 5 lower
  const ValueId x = graph.add_input("x", DType::f32, {1, 3, 20, 20});
  const ValueId mean =
      graph.result(graph.add_node(ops::get("reduce_max"), "max", {x}, {{"axes", Ints{1, 2, 3}}, {"keepdims", int64_t{0}}}));
  const ValueId scores = graph.result(graph.add_node(ops::get("reshape"), "scores", {mean}, {{"shape", Ints{1, 1, 1}}}));
  const ValueId two = graph.result(graph.add_node(ops::get("concat"), "two", {scores, scores}, {{"axis", int64_t{2}}}));
  const ValueId boxes = graph.add_constant("boxes", Tensor::from<float>({1, 1, 4}, std::vector<float>{5, 7.5f, 15, 100}));
  graph.add_output(
      graph.result(graph.add_node(ops::get("select_detections"), "found", {boxes, two}, {{"k", int64_t{2}}, {"score_threshold", .2f}})));
  REQUIRE(is_detector(graph));
  for (const int threads : {1, 2}) {
    DetectOptions options;
    options.threads = threads;
    const Detections found = detect(graph, Plain(), options);
    REQUIRE(found.images.size() == 2);
    CHECK(found.images[0].objects.size() == 1);
    REQUIRE(found.images[1].found.size() == 2);
    const Detection& one = found.images[1].found[1];
    CHECK(one.box == Box{10, 5, 30, 20});  // cut at the image's edge
    CHECK(one.score == 1.f);
    CHECK(one.label == 1);
    CHECK(found.sizes[1] == std::pair(40, 20));
  }
  DetectOptions first;
  first.limit = 1;
  CHECK(detect(graph, Plain(), first).images.size() == 1);
  const Tensor odd = Tensor::from<float>({1, 1, 6}, std::vector<float>{0, 0, 5, 5, .5f, 1.5f});
  CHECK_THROWS_WITH_AS(read_detections(odd, {}, 4, 4, {1, 3, 4, 4}), doctest::Contains("of class 1.5"), Error);
}

TEST_CASE("detect refuses classifiers") {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, 3, 20, 20});
  graph.add_output(graph.result(graph.add_node(ops::get("relu"), "y", {x})));
  CHECK_FALSE(is_detector(graph));
  CHECK_THROWS_WITH_AS(detect(graph, Plain()), doctest::Contains("is no detector"), Error);
}
