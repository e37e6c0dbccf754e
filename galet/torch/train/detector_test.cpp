#include "galet/torch/train/detector.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <cmath>

#include "galet/data/test_files.h"
#include "galet/evaluate/detection/detect.h"
#include "galet/models/models.h"
#include "galet/runtime/session.h"
#include "galet/torch/tensors.h"
#include "galet/torch/train/detector_testing.h"
#include "galet/transform/passes.h"

using namespace galet;
using namespace galet::torch::train;
using namespace galet::torch::train::testing;
using data::error_of;
using detect::Kind;
using galet::torch::Executor;
using galet::torch::from_torch;
using galet::torch::to_torch;

namespace {

constexpr Kind kKinds[] = {Kind::centers, Kind::points, Kind::anchors};

Tensor noise(const Shape& shape, uint64_t seed) { return models::draw(models::normal(1), shape, seed, "noise"); }

double bce(double x, double y) { return std::max(x, 0.) - x * y + std::log1p(std::exp(-std::fabs(x))); }

}  // namespace

TEST_CASE(
    "heads of the networks by name: the decoding of what the layers give is what the network gives, and the executor gives the same") {
  for (const std::string name : {"centernet-mobilenet_v3_small", "fcos-mobilenet_v3_small", "retinanet-mobilenet_v3_small"})
    for (const bool simple : {false, true}) {
      CAPTURE(name);
      Graph graph = models::build(name, {.classes = 3, .height = 64, .width = 96, .seed = 4});
      if (simple) transform::simplify(graph);
      const detect::Heads heads = detect::find_heads(graph);
      CHECK(heads.classes == 3);
      CHECK(heads.width == 96);
      if (heads.kind != Kind::centers) {
        REQUIRE(heads.levels.size() == 5);
        CHECK(heads.levels[1].first == 8 * 12 * (heads.kind == Kind::anchors ? 9 : 1));
      }
      if (heads.kind == Kind::points) {
        CHECK(heads.levels[0].stride == 8);
        CHECK(heads.levels[4].stride == 128);
      }
      const Tensor image = noise({1, 3, 64, 96}, 3);
      const std::vector<Tensor> raw = runtime::Session(detect::body(graph, heads)).run(std::span(&image, 1));
      REQUIRE(raw.size() == heads.values().size());
      CHECK(runtime::Session(detect::tail(graph, heads)).run(raw)[0].same_as(runtime::Session(graph).run(std::span(&image, 1))[0]));
      if (simple) continue;
      Executor executor(detect::body(graph, heads));
      CHECK(executor.batching().obstacle.empty());
      int64_t factors = 0;
      for (const auto& p : executor.parameters()) factors += p.name.ends_with(".scale") && p.tensor.requires_grad();
      CHECK(factors == (heads.kind == Kind::points ? 5 : 0));
      const auto own = executor.forward(std::vector{to_torch(noise({2, 3, 64, 96}, 5))});
      Tensor second(DType::f32, {1, 3, 64, 96});
      const Tensor both = noise({2, 3, 64, 96}, 5);
      std::copy_n(both.data<float>() + second.size(), second.size(), second.mutable_data<float>());
      const std::vector<Tensor> wanted = runtime::Session(detect::body(graph, heads)).run(std::span(&second, 1));
      for (size_t i = 0; i < wanted.size(); ++i) CHECK(at::allclose(own[i].narrow(0, 1, 1), to_torch(wanted[i]), 1e-2, 1e-3));
    }
}

TEST_CASE("what cannot be trained is refused in a sentence") {
  CHECK(error_of([] { detect::find_heads(small_network()); }).find("is no detector") != std::string::npos);
  DetectorOptions options;
  options.assignment = detect::Assignment::atss;
  CHECK(error_of([&] { Detector(small_detector(Kind::points), options); }).find("belongs to anchors") != std::string::npos);
  options = {};
  options.box_loss = BoxLoss::giou;
  CHECK(error_of([&] { Detector(small_detector(Kind::centers), options); }).find("belongs to fcos and retinanet") != std::string::npos);
  options.box_loss = BoxLoss::smooth_l1;
  CHECK(error_of([&] { Detector(small_detector(Kind::points), options); }).find("differences to anchors") != std::string::npos);
  const Detector detector(small_detector(Kind::centers));
  CHECK(error_of([&] { detector.check(*batches(20, {})); }).find("learns from boxes") != std::string::npos);
  Graph other = small_detector(Kind::centers);
  other.info.labels = {"cat", "dog"};
  CHECK(error_of([&] { Detector(other).check(*block_batches(20, false)); }).find("no name in common") != std::string::npos);
  BatchOptions mixed;
  mixed.objects = true, mixed.mixup = 0.2;
  CHECK(error_of([&] { batches(20, mixed); }).find("cannot be mixed") != std::string::npos);
}

TEST_CASE("classes are matched by name") {
  CHECK(map_classes({"a", "b", "c"}, {"c", "a"}) == std::vector<int>{1, -1, 0});
  CHECK(map_classes({}, {"c", "a"}).empty());
  BatchOptions options;
  options.batch = 8, options.objects = true, options.classes = {-1, 0};  // red is unknown, blue is 0
  const Batches some(std::make_shared<data::ImageStore>(std::make_shared<Blocks>(8), Preprocessing{}, Shape{1, 3, 64, 64}), options);
  const Blocks blocks(8);
  some.for_each(0, 0, at::kCPU, [&](int64_t, Minibatch& batch) {
    for (int64_t i = 0; i < 8; ++i) {
      size_t blue = 0;
      for (const auto& object : blocks.objects(i)) blue += object.label == 1;
      CHECK(batch.objects.at(static_cast<size_t>(i)).size() == blue);
      for (const auto& object : batch.objects[static_cast<size_t>(i)]) CHECK(object.label == 0);
    }
    return true;
  });
}

TEST_CASE("loss of centers and of points: the formula, place by place") {
  const auto data = block_batches(16, false);
  data->for_each(0, 0, at::kCPU, [&](int64_t, Minibatch& batch) {
    Random random(5);
    const auto drawn = [&](std::vector<int64_t> shape, double low, double high) {
      at::Tensor x = at::empty(shape, at::kFloat);
      for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<float>()[i] = static_cast<float>(random.uniform(low, high));
      return x;
    };
    {
      const std::vector<at::Tensor> outputs{drawn({16, 2, 16, 16}, -4, 4), drawn({16, 2, 16, 16}, 0, 8), drawn({16, 2, 16, 16}, 0, 1)};
      double l1[2] = {0, 0}, objects = 0, heat = 0;
      for (int64_t i = 0; i < 16; ++i) {
        std::vector<bool> centre(2 * 256, false);
        for (const auto& o : batch.objects[static_cast<size_t>(i)]) {
          const double cx = static_cast<double>(o.box.left + o.box.right) / 8, cy = static_cast<double>(o.box.top + o.box.bottom) / 8;
          const auto x = static_cast<int64_t>(cx), y = static_cast<int64_t>(cy);
          const double wanted[2][2] = {{static_cast<double>(o.box.width()) / 4, static_cast<double>(o.box.height()) / 4},
                                       {cx - static_cast<double>(x), cy - static_cast<double>(y)}};
          for (int64_t map : {0, 1})
            for (int64_t c : {0, 1})
              l1[map] += std::fabs(outputs[static_cast<size_t>(map + 1)][i][c][y][x].item<double>() - wanted[map][c]);
          ++objects;
          const double p = 1 / (1 + std::exp(-outputs[0][i][o.label][y][x].item<double>()));
          if (!centre[static_cast<size_t>(o.label * 256 + y * 16 + x)]) heat -= (1 - p) * (1 - p) * std::log(p);
          centre[static_cast<size_t>(o.label * 256 + y * 16 + x)] = true;
        }
      }
      const Detector detector(small_detector(Kind::centers));
      // Without the places around centres, whose part depends on the Gaussians: logits of -30 there have none.
      at::Tensor only = at::full_like(outputs[0], -30);
      for (int64_t i = 0; i < 16; ++i)
        for (const auto& o : batch.objects[static_cast<size_t>(i)]) {
          const auto x = static_cast<int64_t>((o.box.left + o.box.right) / 8), y = static_cast<int64_t>((o.box.top + o.box.bottom) / 8);
          only[i][o.label][y][x] = outputs[0][i][o.label][y][x];
        }
      CHECK(detector.loss(std::vector{only, outputs[1], outputs[2]}, batch).item<double>() ==
            doctest::Approx(heat / objects + 0.1 * l1[0] / (2 * objects) + l1[1] / (2 * objects)).epsilon(1e-4));
      CHECK(detector.loss(outputs, batch).item<double>() > detector.loss(std::vector{only, outputs[1], outputs[2]}, batch).item<double>());
    }
    {
      const std::vector<at::Tensor> outputs{drawn({16, 64, 2}, -4, 4), drawn({16, 64, 4}, 0, 20), drawn({16, 64, 1}, -2, 2)};
      double scores = 0, boxes = 0, centres = 0, entropy = 0, positive = 0;
      for (int64_t i = 0; i < 16; ++i)
        for (int64_t row = 0; row < 64; ++row) {
          const double x = static_cast<double>(row % 8 * 8 + 4), y = static_cast<double>(row / 8 * 8 + 4);
          const data::Annotation* found = nullptr;  // blocks do not meet: a point is in one at most
          double side[4] = {};
          for (const auto& o : batch.objects[static_cast<size_t>(i)]) {
            const double l = x - static_cast<double>(o.box.left), t = y - static_cast<double>(o.box.top),
                         r = static_cast<double>(o.box.right) - x, b = static_cast<double>(o.box.bottom) - y;
            if (l <= 0 || t <= 0 || r <= 0 || b <= 0 || std::fabs(l - r) / 2 >= 12 || std::fabs(t - b) / 2 >= 12) continue;
            found = &o, side[0] = l, side[1] = t, side[2] = r, side[3] = b;
          }
          for (int64_t c : {0, 1}) {
            const double logit = outputs[0][i][row][c].item<double>(), y1 = found != nullptr && found->label == c ? 1 : 0,
                         p = 1 / (1 + std::exp(-logit)), q = y1 == 1 ? p : 1 - p;
            scores -= (y1 == 1 ? .25 : .75) * (1 - q) * (1 - q) * std::log(q);
          }
          if (found == nullptr) continue;
          ++positive;
          double d[4];
          for (int64_t k = 0; k < 4; ++k) d[k] = outputs[1][i][row][k].item<double>();
          const double both = (std::min(d[0], side[0]) + std::min(d[2], side[2])) * (std::min(d[1], side[1]) + std::min(d[3], side[3]));
          const double either = (d[0] + d[2]) * (d[1] + d[3]) + (side[0] + side[2]) * (side[1] + side[3]) - both;
          const double hull = (std::max(d[0], side[0]) + std::max(d[2], side[2])) * (std::max(d[1], side[1]) + std::max(d[3], side[3]));
          const double centre =
              std::sqrt(std::min(side[0], side[2]) / std::max(side[0], side[2]) * std::min(side[1], side[3]) / std::max(side[1], side[3]));
          boxes += centre * (1 - both / either + (hull - either) / hull), centres += centre;
          entropy += bce(outputs[2][i][row][0].item<double>(), centre);
        }
      CHECK(Detector(small_detector(Kind::points)).loss(outputs, batch).item<double>() ==
            doctest::Approx(scores / positive + boxes / centres + entropy / positive).epsilon(1e-4));
    }
    return false;
  });
}

TEST_CASE("small detectors of each kind learn to find blocks, and the file finds what the training said") {
  struct Case {
    Kind kind;
    DetectorOptions options;
    double floor;
  };
  DetectorOptions atss;
  atss.assignment = detect::Assignment::atss, atss.box_loss = BoxLoss::giou;
  for (const Case& c :
       {Case{Kind::centers, {}, 0.7}, Case{Kind::points, {}, 0.7}, Case{Kind::anchors, {}, 0.7}, Case{Kind::anchors, atss, 0.7}}) {
    CAPTURE(static_cast<int>(c.kind));
    const Graph graph = small_detector(c.kind);
    Detector detector(graph, c.options);
    Executor executor(detector.body());
    const auto training = block_batches(256, true), test = block_batches(64, false, 2);
    detector.check(*training);
    TrainOptions options = short_run(6);
    options.schedule.lr = 0.005, options.optimizer.rule = Rule::adam, options.evaluate_every = 3;
    TrainHooks hooks = detector_hooks(detector, executor, test);
    std::vector<double> losses;
    hooks.after_epoch = [&](const TrainStatus& status) { losses.push_back(status.loss); };
    const Evaluation before = detector.evaluate(executor, nullptr, *test);
    CHECK(before.ap50 < 0.1);
    const TrainResult result = Trainer(executor, training, test, options, hooks).run();
    REQUIRE(result.last.evaluation);
    const Evaluation& after = *result.last.evaluation;
    MESSAGE(to_string(c.kind), ": loss ", losses.front(), " to ", losses.back(), ", AP ", after.ap, ", AP50 ", after.ap50);
    CHECK(losses.back() < 0.7 * losses.front());
    CHECK(after.ap50 > c.floor);
    CHECK(result.best->merit() == result.best->ap);
    // As galet evaluate sees it.
    evaluate::DetectOptions one_thread;
    one_thread.threads = 1;
    const evaluate::Detections found = evaluate::detect(detector.whole(executor.trained_graph()), Blocks(64, 2), one_thread);
    CHECK(evaluate::coco_ap(found.images, 2)[evaluate::CocoNumber::ap50] == doctest::Approx(after.ap50).epsilon(0.02));
  }
}
