#include "galet/torch/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "galet/core/random.h"
#include "galet/torch/caching_allocator.h"
#include "galet/torch/tensors.h"

namespace galet::torch::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// A loss this many times above that of guessing, as a mean over the last steps, will not come back.
constexpr double kDiverged = 20;

std::vector<NamedTensor> prefixed(const std::string& prefix, std::vector<NamedTensor> tensors) {
  for (NamedTensor& named : tensors) named.name = prefix + named.name;
  return tensors;
}

template <typename T>
void append(std::vector<T>& to, std::vector<T> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void check_data(const Executor& executor, const Batches& batches) {
  const Graph& graph = executor.graph();
  if (graph.inputs().size() != 1) fail("training needs a network with one input, this one has {}", graph.inputs().size());
  const Shape& wanted = graph.value(graph.inputs()[0]).shape;
  if (batches.store().input() != wanted)
    fail("the data was prepared for {}, the network takes {}", to_string(batches.store().input()), to_string(wanted));
}

/// Labels must be classes that the first output scores.
void check_labels(const Executor& executor, const Batches& batches) {
  const Graph& graph = executor.graph();
  const Value& scores = graph.value(graph.outputs().at(0));
  if (scores.shape.size() < 2 || count(scores.shape) != scores.shape[0] * scores.shape[1])
    fail("the network's output \"{}\" has shape {}, expected scores (1, classes)", scores.name, to_string(scores.shape));
  const data::ImageStore& store = batches.store();
  int64_t labelled = 0;
  for (int64_t i = 0; i < store.size(); ++i) {
    if (store.label(i) >= scores.shape[1])
      fail("{} has label {}, but the network knows {} classes: build it with --classes {}", store.dataset().sample_name(store.sample(i)),
           store.label(i), scores.shape[1],
           std::max<size_t>(store.dataset().class_names().size(), static_cast<size_t>(store.label(i)) + 1));
    labelled += store.label(i) >= 0 ? 1 : 0;
  }
  if (labelled == 0) fail("{}: no image has a label to train with", store.dataset().description());
}

}  // namespace

struct Trainer::Impl {
  Executor& executor;
  std::shared_ptr<const Batches> training, evaluation;
  TrainOptions options;
  TrainHooks hooks;
  std::vector<std::pair<at::Tensor, at::Tensor>> masks;      // parameter, mask
  std::vector<std::pair<NamedTensor, at::Tensor>> averages;  // parameter or running statistic, its average
  std::optional<Optimizer> optimizer;
  std::vector<at::Tensor> trained;
  LossScale loss_scale;

  // Where the run is; all of it is in the checkpoint.
  int64_t epoch = 0, batch = 0, step = 0;
  double loss_sum = 0, smooth_loss = -1;
  int64_t seen = 0, right = 0, counted = 0;
  std::optional<Evaluation> best;
  int64_t best_epoch = -1;

  Clock::time_point began = Clock::now(), epoch_began = Clock::now(), saved = Clock::now();
  std::clock_t epoch_clock = std::clock();
  int64_t steps_here = 0, seen_here = 0;  // since `began`, since `epoch_began`
  std::optional<Evaluation> last_evaluation;

  Impl(Executor& e, std::shared_ptr<const Batches> t, std::shared_ptr<const Batches> v, const TrainOptions& o, TrainHooks h)
      : executor(e),
        training(std::move(t)),
        evaluation(std::move(v)),
        options(o),
        hooks(std::move(h)),
        loss_scale(o.precision == Precision::f16) {
    validate(options.schedule);
    if (options.epochs < 1) fail("{} epochs of training, expected at least 1", options.epochs);
    if (!(options.ema >= 0 && options.ema < 1)) fail("ema {}: expected 0 (none) to below 1", options.ema);
    if (!(options.label_smoothing >= 0 && options.label_smoothing < 1))
      fail("label smoothing {}: expected 0 to below 1", options.label_smoothing);
    if (!(options.weight_decay >= 0 && options.weight_decay < 1)) fail("weight decay {}: expected 0 to below 1", options.weight_decay);
    check_data(executor, *training);
    if (!hooks.loss) check_labels(executor, *training);
    if (evaluation) check_data(executor, *evaluation);
    if (evaluation && !hooks.evaluate) check_labels(executor, *evaluation);
    prepare_groups();
    prepare_masks();
    if (options.ema > 0) {
      std::vector<NamedTensor> all = model();
      for (const ParameterGroup& group : hooks.groups) append(all, prefixed(group.name + ".", group.tensors));
      for (const NamedTensor& named : all) averages.emplace_back(named, named.tensor.detach().clone());
    }
  }

  std::vector<NamedTensor> model() const {
    std::vector<NamedTensor> result;
    for (const Parameter& p : executor.parameters()) result.push_back({p.name, p.tensor});
    return result;
  }

  void prepare_groups() {
    ParameterGroup weights{"weights", {}, 1, options.weight_decay}, biases{"biases", {}, 1, options.decay_bias ? options.weight_decay : 0},
        norms{"norms", {}, 1, 0};
    for (Parameter& p : executor.parameters()) {
      if (hooks.trained && p.tensor.requires_grad() && !hooks.trained(p)) p.tensor.set_requires_grad(false);
      if (!p.tensor.requires_grad()) continue;
      ParameterGroup& group = p.role == Role::weight ? weights : p.role == Role::bias ? biases : norms;
      group.tensors.push_back({p.name, p.tensor});
    }
    std::vector<ParameterGroup> groups;
    for (ParameterGroup& group : std::vector<ParameterGroup>{weights, biases, norms})
      if (!group.tensors.empty()) groups.push_back(std::move(group));
    append(groups, hooks.groups);
    if (groups.empty()) fail("the network has nothing that can be trained");
    for (const ParameterGroup& group : groups)
      for (const NamedTensor& p : group.tensors) trained.push_back(p.tensor);
    optimizer.emplace(options.optimizer, std::move(groups));
  }

  void prepare_masks() {
    const at::NoGradGuard no_grad;
    for (const Parameter& p : executor.parameters())
      if (const Tensor& mask = executor.graph().value(p.value).mask; mask.defined())
        masks.emplace_back(p.tensor, at::empty_like(p.tensor).copy_(to_torch(mask)));
    apply_masks();
  }
  void apply_masks() {
    const at::NoGradGuard no_grad;
    for (auto& [parameter, mask] : masks) parameter.mul_(mask);
  }

  /// Everything that a checkpoint holds as tensors.
  std::vector<NamedTensor> state() const {
    std::vector<NamedTensor> all = prefixed("model.", model());
    append(all, prefixed("optimizer.", optimizer->state()));
    for (const auto& [named, average] : averages) all.push_back({"average." + named.name, average});
    for (const ParameterGroup& group : hooks.groups) append(all, prefixed(group.name + ".", group.tensors));
    append(all, prefixed("buffer.", hooks.buffers));
    return all;
  }

  /// What must be the same for a run to be the same run.
  std::string options_text() const {
    const Schedule& s = options.schedule;
    const OptimizerOptions& o = options.optimizer;
    const nlohmann::ordered_json all{{"epochs", options.epochs},
                                     {"images", training->images()},
                                     {"batches", training->per_epoch()},
                                     {"data", training->description()},
                                     {"optimizer", {static_cast<int>(o.rule), o.momentum, o.nesterov, o.beta1, o.beta2, o.epsilon}},
                                     {"schedule",
                                      {static_cast<int>(s.kind), s.lr, s.lr_min, s.warmup, s.warmup_start, s.milestones, s.gamma, s.power,
                                       s.rise, s.div, s.final_div, s.period, s.period_factor}},
                                     {"weight decay", {options.weight_decay, options.decay_bias}},
                                     {"label smoothing", options.label_smoothing},
                                     {"clip gradients", options.clip_gradients},
                                     {"ema", options.ema},
                                     {"precision", static_cast<int>(options.precision)},
                                     {"seed", options.seed}};
    return all.dump();
  }

  void save() {
    if (options.checkpoint.empty()) return;
    for (const NamedTensor& named : state())
      if (named.tensor.is_floating_point() && !at::isfinite(named.tensor.detach()).all().item<bool>())
        diverged(fmt::format("{} is not finite", named.name));
    nlohmann::ordered_json progress{{"epoch", epoch},
                                    {"batch", batch},
                                    {"step", step},
                                    {"loss_sum", loss_sum},
                                    {"smooth_loss", smooth_loss},
                                    {"seen", seen},
                                    {"right", right},
                                    {"counted", counted},
                                    {"best_epoch", best_epoch},
                                    {"scale", loss_scale.scale},
                                    {"good_steps", loss_scale.good_steps}};
    if (best) progress["best"] = {best->loss, best->images, best->correct, best->ap, best->ap50};
    save_checkpoint({state(), {{"galet", "checkpoint 1"}, {"options", options_text()}, {"progress", progress.dump()}}}, options.checkpoint);
    saved = Clock::now();
  }

  void resume(const std::string& path) {
    const Checkpoint checkpoint = load_checkpoint(path);
    auto text = [&](const std::string& key) {
      const auto found = checkpoint.texts.find(key);
      if (found == checkpoint.texts.end()) fail("{} is no checkpoint of galet train", path);
      return found->second;
    };
    const auto mine = nlohmann::json::parse(options_text()), theirs = nlohmann::json::parse(text("options"), nullptr, false);
    for (const auto& [key, value] : mine.items())
      if (!theirs.contains(key) || theirs[key] != value)
        fail("{} holds another run: {} was {}, here it is {}; give the same options, or another output", path, key,
             theirs.contains(key) ? theirs[key].dump() : "not there", value.dump());
    restore(checkpoint, state(), path);
    try {
      const auto progress = nlohmann::json::parse(text("progress"));
      epoch = progress.at("epoch"), batch = progress.at("batch"), step = progress.at("step");
      loss_sum = progress.at("loss_sum"), smooth_loss = progress.at("smooth_loss");
      seen = progress.at("seen"), right = progress.at("right"), counted = progress.at("counted");
      best_epoch = progress.at("best_epoch"), loss_scale.scale = progress.at("scale"), loss_scale.good_steps = progress.at("good_steps");
      if (progress.contains("best")) {
        best = Evaluation{progress["best"].at(0), progress["best"].at(1), progress["best"].at(2)};
        if (progress["best"].size() > 4) best->ap = progress["best"][3], best->ap50 = progress["best"][4];
      }
    } catch (const nlohmann::json::exception& error) {
      fail("{} is damaged: {}", path, error.what());
    }
  }

  [[noreturn]] void diverged(const std::string& what) const {
    const double lr = rate();
    fail("training diverged in epoch {}, batch {}: {} (learning rate {:.4g}); lower --lr, or add --warmup or --clip-gradients{}", epoch + 1,
         batch + 1, what, lr, options.checkpoint.empty() ? "" : fmt::format("; {} is as it was before", options.checkpoint));
  }

  double rate() const { return learning_rate(options.schedule, step, options.epochs * training->per_epoch(), training->per_epoch()); }

  TrainStatus status() const {
    TrainStatus s;
    s.epoch = epoch, s.epochs = options.epochs, s.batch = batch, s.batches = training->per_epoch(), s.step = step;
    s.lr = rate();
    s.loss = seen > 0 ? loss_sum / static_cast<double>(seen) : 0;
    s.accuracy = counted > 0 ? static_cast<double>(right) / static_cast<double>(counted) : 0;
    const double epoch_seconds = seconds_since(epoch_began);
    s.images_per_second = epoch_seconds > 0 ? static_cast<double>(seen_here) / epoch_seconds : 0;
    s.seconds = seconds_since(began);
    s.images = seen_here;
    s.cpu_seconds = static_cast<double>(std::clock() - epoch_clock) / CLOCKS_PER_SEC;
    const int64_t left = options.epochs * training->per_epoch() - step;
    s.seconds_left = steps_here > 0 ? s.seconds / static_cast<double>(steps_here) * static_cast<double>(left) : 0;
    return s;
  }

  bool stopped() const { return options.stop != nullptr && options.stop->load(); }

  void count_right(const at::Tensor& scores, const Minibatch& minibatch) {
    const at::NoGradGuard no_grad;
    const at::Tensor known = minibatch.labels.ge(0);
    right += at::logical_and(scores.detach().flatten(1).argmax(1).eq(minibatch.labels), known).sum().item<int64_t>();
    counted += known.sum().item<int64_t>();
  }

  void train_on(const Minibatch& minibatch) {
    at::manual_seed(Random(options.seed ^ static_cast<uint64_t>(step) * 0x9e3779b97f4a7c15u).next());
    optimizer->zero_gradients();
    const std::vector<at::Tensor> inputs{minibatch.images};
    std::vector<at::Tensor> outputs;
    at::Tensor loss;
    {
      const Autocast autocast(options.precision, executor.device());
      outputs = executor.forward(inputs, hooks.intercept);
      loss = hooks.loss ? hooks.loss(outputs, minibatch) : cross_entropy(outputs.at(0), minibatch, options.label_smoothing);
    }
    const auto value = loss.detach().to(at::kDouble).item<double>();
    if (!std::isfinite(value)) diverged(fmt::format("the loss is {}", value));
    const double images = static_cast<double>(minibatch.images.size(0));
    smooth_loss = smooth_loss < 0 ? value : 0.95 * smooth_loss + 0.05 * value;
    const double guessing = std::log(static_cast<double>(std::max<int64_t>(2, outputs.at(0).numel() / outputs.at(0).size(0))));
    if (!hooks.loss && smooth_loss > kDiverged * guessing)
      diverged(fmt::format("the loss is {:.4g}, guessing has {:.3g}", smooth_loss, guessing));
    loss_sum += value * images;
    seen += minibatch.images.size(0), seen_here += minibatch.images.size(0);
    if (minibatch.objects.empty() && (!hooks.loss || outputs.at(0).dim() >= 2)) count_right(outputs.at(0), minibatch);
    (loss_scale.scale == 1 ? loss : loss * loss_scale.scale).backward();
    outputs.clear();
    loss.reset();
    if (hooks.after_backward) hooks.after_backward(status());
    for (auto& [parameter, mask] : masks)
      if (parameter.grad().defined()) parameter.grad().mul_(mask);
    if (loss_scale.unscale(trained)) {
      if (options.clip_gradients > 0) optimizer->clip_gradients(options.clip_gradients);
      optimizer->step(rate());
      apply_masks();
    }
    average();
    ++step, ++batch, ++steps_here;
    if (hooks.after_step) hooks.after_step(status());
  }

  /// The first averages follow quickly: decay (1 + t) / (10 + t) until it reaches the wanted one.
  void average() {
    if (averages.empty()) return;
    const at::NoGradGuard no_grad;
    const auto t = static_cast<double>(step);
    const double decay = std::min(options.ema, (1 + t) / (10 + t));
    for (auto& [named, average] : averages) average.lerp_(named.tensor.detach(), 1 - decay);
  }

  void swap_averaged() {
    const at::NoGradGuard no_grad;
    for (auto& [named, average] : averages) {
      const at::Tensor kept = named.tensor.detach().clone();
      named.tensor.copy_(average);
      average.copy_(kept);
    }
  }

  Evaluation evaluate(const Batches& batches) {
    const at::NoGradGuard no_grad;
    const bool was_training = executor.training();
    release_cached_memory();
    executor.set_training(false);
    Evaluation result;
    double loss = 0;
    batches.for_each(0, 0, executor.device(), [&](int64_t, Minibatch& minibatch) {
      const at::Tensor scores =
          executor.forward(std::vector<at::Tensor>{minibatch.images}, hooks.intercept).at(0).flatten(1).to(at::kFloat);
      const at::Tensor known = minibatch.labels.ge(0);
      const auto images = known.sum().item<int64_t>();
      if (images > 0) loss += cross_entropy(scores, minibatch).item<double>() * static_cast<double>(images);
      result.images += images;
      result.correct += at::logical_and(scores.argmax(1).eq(minibatch.labels), known).sum().item<int64_t>();
      return true;
    });
    result.loss = result.images > 0 ? loss / static_cast<double>(result.images) : 0;
    executor.set_training(was_training);
    release_cached_memory();  // training asks for other sizes
    return result;
  }

  /// After an epoch: the evaluation, whether it is the best, the checkpoint.
  void finish_epoch(TrainStatus& done) {
    const bool last = done.epoch + 1 == options.epochs;
    if ((evaluation || hooks.evaluate) && (last || (done.epoch + 1) % std::max<int64_t>(options.evaluate_every, 1) == 0)) {
      swap_averaged();
      done.evaluation = hooks.evaluate ? hooks.evaluate() : evaluate(*evaluation);
      done.best = !best || done.evaluation->merit() > best->merit() ||
                  (done.evaluation->merit() == best->merit() && done.evaluation->loss < best->loss);
      if (done.best) {
        best = done.evaluation, best_epoch = done.epoch;
        if (hooks.best) hooks.best(done);
      }
      swap_averaged();
    }
    ++epoch;
    batch = 0, loss_sum = 0, seen = right = counted = 0;
    save();
    if (hooks.after_epoch) hooks.after_epoch(done);
  }

  TrainResult run() {
    began = saved = Clock::now();
    TrainResult result;
    result.last = status();
    while (epoch < options.epochs && !stopped()) {
      epoch_began = Clock::now(), epoch_clock = std::clock(), seen_here = 0;
      executor.set_training(true);
      if (hooks.epoch_begins) hooks.epoch_begins(status());
      training->for_each(epoch, batch, executor.device(), [&](int64_t, Minibatch& minibatch) {
        train_on(minibatch);
        if (seconds_since(saved) > options.checkpoint_seconds) save();
        return !stopped();
      });
      executor.set_training(false);
      result.last = status();
      if (batch < training->per_epoch()) break;  // stopped
      finish_epoch(result.last);
    }
    optimizer->zero_gradients();
    result.finished = epoch == options.epochs;
    if (!result.finished) save();
    result.best = best;
    result.best_epoch = best_epoch;
    return result;
  }
};

Trainer::Trainer(Executor& executor, std::shared_ptr<const Batches> training, std::shared_ptr<const Batches> evaluation,
                 const TrainOptions& options, TrainHooks hooks)
    : impl_(std::make_unique<Impl>(executor, std::move(training), std::move(evaluation), options, std::move(hooks))) {}
Trainer::~Trainer() = default;

void Trainer::resume(const std::string& path) { impl_->resume(path); }
TrainResult Trainer::run() { return impl_->run(); }
Evaluation Trainer::evaluate(const Batches& batches) { return impl_->evaluate(batches); }
void Trainer::swap_averaged() { impl_->swap_averaged(); }

}  // namespace galet::torch::train
