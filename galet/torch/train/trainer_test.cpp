#include "galet/torch/train/trainer.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "galet/core/file.h"
#include "galet/data/test_files.h"
#include "galet/ir/rewriter.h"
#include "galet/package/package.h"
#include "galet/torch/train/testing.h"

using namespace galet;
using namespace galet::torch::train;
using namespace galet::torch::train::testing;
using data::error_of;
using galet::torch::Executor;

namespace {

/// What the run leaves, as the bytes of a package.
std::string result_of(const Executor& executor, const data::TestFolder& folder) {
  package::save(executor.trained_graph(), folder / "result.galet");
  return read_file(folder / "result.galet");
}

}  // namespace

TEST_CASE("trainer: learns") {
  Executor executor(small_network());
  BatchOptions plain;
  plain.batch = 50;
  Trainer trainer(executor, training_batches(), batches(200, plain, 2), short_run(3));
  const TrainResult result = trainer.run();
  CHECK(result.finished);
  REQUIRE(result.last.evaluation);
  CHECK(result.last.evaluation->images == 200);
  CHECK(result.last.evaluation->accuracy() > 0.95);
  CHECK(result.best->accuracy() >= result.last.evaluation->accuracy());
  CHECK(result.last.loss < 0.5);
}

TEST_CASE("trainer: a run that is resumed gives the bytes of one that was not") {
  struct Case {
    std::string name;
    Rule rule;
    double ema, mixup;
  };
  for (const Case& c : {Case{"sgd", Rule::sgd, 0, 0}, Case{"adamw, ema, mixup", Rule::adamw, 0.9, 0.4}}) {
    CAPTURE(c.name);
    const data::TestFolder folder;
    BatchOptions order;
    order.batch = 32, order.shuffle = true, order.augmentation.flip = true, order.mixup = c.mixup;
    const auto data = batches(200, order), test = batches(64, BatchOptions{});
    TrainOptions options = short_run(2);
    options.schedule.lr = c.rule == Rule::sgd ? 0.05 : 0.005;
    options.optimizer.rule = c.rule, options.ema = c.ema;
    options.checkpoint = folder / "run.checkpoint";
    options.checkpoint_seconds = 1e9;

    Executor whole(small_network());
    Trainer(whole, data, test, options).run();
    const std::string wanted = result_of(whole, folder), wanted_checkpoint = read_file(options.checkpoint);

    for (const int64_t steps : {3, 7, 9}) {  // within the first epoch, after it, within the second
      CAPTURE(steps);
      std::atomic<bool> stop{false};
      options.stop = &stop;
      TrainHooks hooks;
      hooks.after_step = [&](const TrainStatus& s) { stop = s.step >= steps; };
      Executor first(small_network());
      const TrainResult stopped = Trainer(first, data, test, options, hooks).run();
      CHECK_FALSE(stopped.finished);
      options.stop = nullptr;
      Executor second(small_network());
      Trainer trainer(second, data, test, options);
      trainer.resume(options.checkpoint);
      CHECK(trainer.run().finished);
      CHECK(result_of(second, folder) == wanted);
      CHECK(read_file(options.checkpoint) == wanted_checkpoint);
    }
  }
}

TEST_CASE("trainer: averages cover parameters that hooks bring") {
  Executor executor(small_network());
  const at::Tensor factor = at::full({}, 1.0).set_requires_grad(true);
  TrainHooks hooks;
  hooks.groups = {{"quantizers", {{"factor", factor}}}};
  hooks.loss = [&](std::span<const at::Tensor> outputs, const Minibatch& minibatch) {
    return cross_entropy(outputs[0] * factor, minibatch);
  };
  double average = 1, last = 1;
  hooks.after_step = [&](const TrainStatus& s) {
    const auto t = static_cast<double>(s.step - 1);
    const double decay = std::min(0.8, (1 + t) / (10 + t));
    last = factor.item<double>();
    average = decay * average + (1 - decay) * last;
  };
  TrainOptions options = short_run(2);
  options.ema = 0.8;
  Trainer trainer(executor, training_batches(128), nullptr, options, hooks);
  trainer.run();
  CHECK(std::abs(last - average) > 1e-4);
  trainer.swap_averaged();
  CHECK(factor.item<double>() == doctest::Approx(average).epsilon(1e-5));
}

TEST_CASE("trainer: a checkpoint of another run, or a damaged one, is refused") {
  const data::TestFolder folder;
  TrainOptions options = short_run(1);
  options.checkpoint = folder / "run.checkpoint";
  Executor executor(small_network());
  Trainer(executor, training_batches(128), nullptr, options).run();
  auto error_with = [&](const TrainOptions& other, const std::string& path) {
    Executor fresh(small_network());
    Trainer trainer(fresh, training_batches(128), nullptr, other);
    return error_of([&] { trainer.resume(path); });
  };
  TrainOptions other = options;
  other.schedule.lr = 0.06;
  CHECK(error_with(other, options.checkpoint).find("holds another run: schedule was") != std::string::npos);
  other = options;
  other.ema = 0.5;
  CHECK(error_with(other, options.checkpoint).find("holds another run: ema was 0.0, here it is 0.5") != std::string::npos);
  std::string bytes = read_file(options.checkpoint);
  folder.write("cut", bytes.substr(0, bytes.size() - 5));
  CHECK(error_with(options, folder / "cut").find("does not lie in the file") != std::string::npos);
  Random random(4);
  for (int i = 0; i < 300; ++i) {  // anything but a crash
    folder.write("odd", data::mutated(bytes, random));
    error_with(options, folder / "odd");
  }
  CHECK(error_with(options, folder / "none").find("none") != std::string::npos);
}

TEST_CASE("trainer: divergence is one message, and the checkpoint stays what it was") {
  const data::TestFolder folder;
  TrainOptions options = short_run(3);
  options.checkpoint = folder / "run.checkpoint";
  options.schedule.kind = ScheduleKind::constant;
  options.schedule.lr = 5000;
  Executor executor(small_network());
  const std::string text = error_of([&] { Trainer(executor, training_batches(), nullptr, options).run(); });
  CHECK(text.starts_with("training diverged in epoch 1, batch "));
  CHECK(text.find("lower --lr") != std::string::npos);
  Executor poisoned(small_network());
  TrainHooks hooks;
  hooks.loss = [](std::span<const at::Tensor> outputs, const Minibatch&) { return outputs[0].sum() * NAN; };
  CHECK(error_of([&] { Trainer(poisoned, training_batches(), nullptr, short_run(1), hooks).run(); }).find("the loss is nan") !=
        std::string::npos);
}

TEST_CASE("trainer: masked weights stay masked, frozen ones as they were, extra groups move at their own rate") {
  Graph graph = small_network();
  const ValueId weight = *graph.find_value("conv.weight");
  Tensor mask(DType::f32, graph.value(weight).shape);
  for (int64_t i = 0; i < mask.size(); ++i) mask.mutable_data<float>()[i] = i % 3 == 0 ? 0.f : 1.f;
  Rewriter(graph, "test").set_mask(weight, mask);
  Executor executor(graph);
  at::Tensor extra = at::ones({1}).set_requires_grad(true);
  TrainHooks hooks;
  hooks.groups = {{"quantizers", {{"step", extra}}, 0.5, 0}};
  hooks.trained = [](const galet::torch::Parameter& p) { return p.name != "fc.bias"; };
  hooks.loss = [&](std::span<const at::Tensor> outputs, const Minibatch& batch) {
    return cross_entropy(outputs[0], batch) + extra.square().sum();
  };
  Trainer(executor, training_batches(), nullptr, short_run(1), hooks).run();
  const Graph trained = executor.trained_graph();
  const float *before = graph.value(weight).constant.data<float>(),
              *after = trained.value(*trained.find_value("conv.weight")).constant.data<float>();
  int changed = 0;
  for (int64_t i = 0; i < mask.size(); ++i) {
    if (i % 3 == 0)
      CHECK(after[i] == 0);
    else
      changed += after[i] != before[i];
  }
  CHECK(changed > 100);
  CHECK(trained.value(*trained.find_value("fc.bias")).constant.same_as(graph.value(*graph.find_value("fc.bias")).constant));
  CHECK(std::abs(extra.item<float>()) < 0.5);
}

TEST_CASE("trainer: refuses data and options that do not fit") {
  Executor executor(small_network());
  CHECK(error_of([&] { Trainer(executor, batches(20, {}, 1, 6), nullptr, short_run(1)); }).find("but the network knows 4 classes") !=
        std::string::npos);
  TrainOptions options = short_run(1);
  options.schedule.lr = -1;
  CHECK(error_of([&] { Trainer(executor, training_batches(), nullptr, options); }) == "learning rate -1: expected a number above 0");
  options.schedule.lr = NAN;
  CHECK(error_of([&] { Trainer(executor, training_batches(), nullptr, options); }) == "learning rate nan: expected a number above 0");
}
