#include "galet/torch/tune/tune.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "galet/ir/rewriter.h"
#include "galet/runtime/session.h"
#include "galet/torch/tensors.h"
#include "galet/torch/tune/facts.h"
#include "galet/torch/tune/quantization.h"

namespace galet::torch::tune {
namespace {

constexpr int kReestimate = 32;          // batches
constexpr int64_t kComparedImages = 16;  // value by value
constexpr int64_t kAtOnce = 64;

/// Scores whose softmax is the network's answer.
at::Tensor scores_of(const at::Tensor& output, bool probabilities) {
  const at::Tensor scores = probabilities ? output.clamp_min(1e-12).log() : output;
  return scores.dim() > 2 && scores.numel() == scores.size(0) * scores.size(1) ? scores.flatten(1) : scores;
}

at::Tensor relative_distance(const at::Tensor& x, const at::Tensor& teacher) {
  return (x - teacher).square().mean() / (teacher.square().mean() + 1e-12);
}

/// Sees some values of a network go by.
class Watch final : public Intercept {
 public:
  Watch(const Graph& graph, const std::vector<std::string>& names) : seen(names.size()) {
    for (size_t i = 0; i < names.size(); ++i)
      if (const auto id = graph.find_value(names[i])) places_[id->index] = i;
  }
  at::Tensor computed(ValueId id, const at::Tensor& x) override {
    if (const auto at = places_.find(id.index); at != places_.end()) seen[at->second] = x;
    return x;
  }
  bool sees(ValueId id) override { return places_.contains(id.index); }
  std::vector<at::Tensor> seen;  // as the names; undefined for one that the network has not

 private:
  std::map<uint32_t, size_t> places_;
};

/// What residual blocks give (behind their activation) and what the last weighted layer reads.
std::vector<std::string> feature_values(const Graph& graph) {
  std::vector<std::string> names;
  std::string last;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.op->quant == QuantTrait::weighted) last = graph.value(node.operands[0]).name;
    if (node.op->name != "add" || std::ranges::any_of(node.operands, [&](ValueId v) { return graph.value(v).is_constant(); })) continue;
    const auto readers = graph.readers(node.results[0]);
    const bool activated = readers.size() == 1 && graph.node(readers[0]).operands.size() == 1 && graph.node(readers[0]).op->name == "relu";
    names.push_back(graph.value(activated ? graph.node(readers[0]).results[0] : node.results[0]).name);
  }
  if (!last.empty() && std::ranges::find(names, last) == names.end()) names.push_back(last);
  return names;
}

class Tuner {
 public:
  Tuner(const Graph& graph, std::shared_ptr<const train::Batches> training, std::shared_ptr<const train::Batches> evaluation,
        const TuneOptions& options, const TuneHooks& hooks)
      : options_(options),
        hooks_(hooks),
        policy_(parse_norm_policy(options.recipe.bn)),
        base_(prepare_training(graph, policy_)),
        training_(std::move(training)),
        evaluation_(std::move(evaluation)),
        detector_(detect::is_detector(base_) ? std::make_unique<train::Detector>(base_, options.detector) : nullptr),
        teacher_(detector_ ? detector_->body() : base_, {"cpu", true}) {
    if (detector_) {
      detector_->check(*training_);
      if (evaluation_) detector_->check(*evaluation_);
    }
    const auto& r = options.recipe;
    for (const double weight : {r.distill, r.labels, r.features})
      if (!(weight >= 0)) fail("weights of the losses cannot be negative");
    if (r.distill == 0 && r.labels == 0 && r.features == 0) fail("nothing to learn from: distill, labels and features are all 0");
    if (!(r.temperature > 0)) fail("temperature {}: it must be positive", r.temperature);
    if (r.warmup < 1) fail("warmup {}: at least one batch is needed to find ranges", r.warmup);
    for (size_t i = 0; i < r.gradual.size(); ++i)
      if (r.gradual[i] < 2 || r.gradual[i] > 8 || (i > 0 && r.gradual[i] >= r.gradual[i - 1]))
        fail("gradual wants falling bits of 8..2, not {}", fmt::join(r.gradual, ","));
    const Graph& own = teacher_.graph();
    for (const ValueId id : own.outputs()) {
      const NodeId producer = own.value(id).producer;
      probabilities_.push_back(producer.valid() && own.node(producer).op->name == "softmax");
    }
    if (r.features > 0) features_ = feature_values(own);
  }

  TuneResult run() {
    TuneResult result;
    std::vector<int> rounds = options_.recipe.gradual;
    rounds.push_back(0);
    Graph start = base_;
    for (const int bits : rounds) {
      if (!round(start, bits, result)) return result;
      if (bits != 0) start = next_start_;
    }
    result.finished = true;
    return result;
  }

 private:
  std::string checkpoint_of(int bits) const {
    const std::string& path = options_.training.checkpoint;
    return path.empty() || bits == 0 ? path : fmt::format("{}.{}bits", path, bits);
  }

  bool round(const Graph& start, int bits, TuneResult& result) {
    const auto& recipe = options_.recipe;
    Scheme scheme = make_scheme(start, recipe, bits);
    Executor executor(scheme.training, {"cpu", true});
    Quantization quantization(executor, scheme);
    if (hooks_.round_begins)
      hooks_.round_begins(bits != 0 ? fmt::format("{} bits", bits) : fmt::format("{}/{}", recipe.weights, recipe.activations));
    result.remarks.insert(result.remarks.end(), scheme.remarks.begin(), scheme.remarks.end());
    warm_up(executor, quantization, result.remarks);

    train::TrainOptions options = options_.training;
    options.checkpoint = checkpoint_of(bits);
    train::TrainHooks hooks;
    Watch own(executor.graph(), features_);
    if (recipe.features > 0) quantization.tap = [&](ValueId id, const at::Tensor& x) { own.computed(id, x); };
    hooks.loss = [&](std::span<const at::Tensor> outputs, const train::Minibatch& batch) { return loss(outputs, own.seen, batch); };
    if (detector_ && evaluation_) hooks.evaluate = [&] { return detector_->evaluate(executor, &quantization, *evaluation_); };
    hooks.intercept = &quantization;
    hooks.groups = quantization.parameter_groups();
    hooks.buffers = quantization.buffers();
    hooks.after_step = [&](const train::TrainStatus& status) {
      quantization.keep_signs();
      if (hooks_.after_step) hooks_.after_step(status);
    };
    hooks.after_epoch = hooks_.after_epoch;
    train::Trainer trainer(executor, training_, evaluation_, options, std::move(hooks));
    if (options_.resume && !options.checkpoint.empty() && std::filesystem::exists(options.checkpoint)) trainer.resume(options.checkpoint);
    const train::TrainResult trained = trainer.run();
    result.last = trained.last;
    if (!trained.finished) return false;
    if (options.ema > 0) trainer.swap_averaged();
    if (policy_ == NormPolicy::reestimate) measure_norms(executor, &quantization, kReestimate);
    executor.set_training(false);
    if (bits != 0) {
      next_start_ = with_constants(base_, executor.trained_graph());
      return true;
    }
    if (evaluation_ != nullptr && detector_) {
      result.trained = detector_->evaluate(executor, &quantization, *evaluation_);
      result.teacher = detector_->evaluate(teacher_, nullptr, *evaluation_);
    } else if (evaluation_ != nullptr) {
      result.trained = trainer.evaluate(*evaluation_);
      result.teacher = train::Trainer(teacher_, training_, evaluation_, {}).evaluate(*evaluation_);
    }
    result.network = integer_network(executor, quantization, base_, recipe, bits, result.remarks);
    compare(executor, quantization, result);
    if (evaluation_ != nullptr && detector_) {
      result.integer = detector_->evaluate(result.network, *evaluation_, options_.threads);
      result.images = result.integer.images;
    } else if (evaluation_ != nullptr) {
      count_integer(result);
    }
    return true;
  }

  static Graph with_constants(const Graph& base, const Graph& trained) {
    Graph graph = base;
    Rewriter rewriter(graph);
    for (const ValueId id : base.values())
      if (base.value(id).is_constant())
        if (const auto other = trained.find_value(base.value(id).name)) rewriter.set_constant(id, trained.value(*other).constant);
    return graph;
  }

  at::Tensor loss(std::span<const at::Tensor> outputs, std::span<const at::Tensor> features, const train::Minibatch& batch) {
    const auto& recipe = options_.recipe;
    at::Tensor sum = at::zeros({}, outputs[0].options());
    if (recipe.distill > 0 || recipe.features > 0) {
      std::vector<at::Tensor> wanted;
      Watch watch(teacher_.graph(), features_);
      {
        const at::NoGradGuard guard;
        wanted = teacher_.forward(std::vector{batch.images}, &watch);
      }
      for (size_t i = 0; i < outputs.size() && recipe.distill > 0; ++i) {
        const at::Tensor own = scores_of(outputs[i], probabilities_[i]), theirs = scores_of(wanted[i], probabilities_[i]);
        sum =
            sum + recipe.distill * (own.dim() == 2 ? train::distillation(own, theirs, recipe.temperature) : relative_distance(own, theirs));
      }
      for (size_t i = 0; i < features.size(); ++i)
        if (features[i].defined() && watch.seen[i].defined())
          sum = sum + recipe.features / static_cast<double>(features.size()) * relative_distance(features[i], watch.seen[i]);
    }
    if (detector_) return recipe.labels > 0 ? sum + recipe.labels * detector_->loss(outputs, batch) : sum;
    const bool labelled = batch.labels.defined() && batch.labels.ge(0).any().item<bool>();
    if (recipe.labels > 0 && labelled) {
      sum = sum + recipe.labels * train::cross_entropy(scores_of(outputs[0], probabilities_[0]), batch, options_.training.label_smoothing);
    } else if (recipe.distill == 0 && recipe.features == 0) {
      fail("the images have no labels: give the teacher's loss a weight (--distill 1)");
    }
    return sum;
  }

  /// Statistics of batch norms over the first batches, as a plain mean.
  void measure_norms(Executor& executor, Intercept* intercept, int batches) {
    const at::NoGradGuard guard;
    const double momentum = executor.bn_momentum;
    executor.freeze_batch_norm(policy_ == NormPolicy::freeze);
    executor.set_training(true);
    training_->for_each(0, 0, executor.device(), [&](int64_t number, train::Minibatch& batch) {
      executor.bn_momentum = 1.0 / static_cast<double>(number + 1);
      executor.forward(std::vector{batch.images}, intercept);
      return number + 1 < batches;
    });
    executor.bn_momentum = momentum;
  }

  /// Ranges of activations behind quantized weights, then batch norms behind quantized activations.
  void warm_up(Executor& executor, Quantization& quantization, Remarks& remarks) {
    measure_norms(executor, &quantization, options_.recipe.warmup);
    quantization.start_activations(remarks);
    measure_norms(executor, &quantization, options_.recipe.warmup);
  }

  /// Top-1 of the integer network over the evaluation images.
  void count_integer(TuneResult& result) {
    const data::ImageStore& store = evaluation_->store();
    runtime::Session session(result.network, {.threads = options_.threads});
    const Shape input = store.input();
    const int64_t image = count(input) / input[0];
    for (int64_t first = 0; first < store.size(); first += kAtOnce) {
      Shape shape = input;
      shape[0] = std::min(kAtOnce, store.size() - first);
      Tensor images(DType::f32, shape);
      for (int64_t i = 0; i < shape[0]; ++i) store.read(first + i, images.mutable_data<float>() + i * image);
      const Tensor scores = session.run(std::vector{images})[0];
      const int64_t classes = scores.size() / shape[0];
      for (int64_t i = 0; i < shape[0]; ++i) {
        const int label = store.label(first + i);
        if (label < 0) continue;
        const float* own = scores.data<float>() + i * classes;
        ++result.images;
        result.integer_correct += std::max_element(own, own + classes) - own == label;
      }
    }
  }

  /// The trained and the integer network on a few images, value by value.
  void compare(Executor& executor, Quantization& quantization, TuneResult& result) {
    const auto& batches = evaluation_ != nullptr ? evaluation_ : training_;
    std::map<std::string, Tensor> trained;
    Tensor images;
    const at::NoGradGuard guard;
    batches->for_each(0, 0, executor.device(), [&](int64_t, train::Minibatch& batch) {
      const at::Tensor some = batch.images.narrow(0, 0, std::min(kComparedImages, batch.images.size(0)));
      images = from_torch(some);
      quantization.tap = [&](ValueId id, const at::Tensor& x) { trained[executor.graph().value(id).name] = from_torch(x); };
      executor.forward(std::vector{some}, &quantization);
      return false;
    });
    quantization.tap = {};
    if (!images.defined() || !executor.batching().obstacle.empty()) return;
    std::map<ValueId, std::pair<double, double>> sums;  // signal, noise
    std::map<ValueId, int64_t> done;
    runtime::Session(result.network, {.keep_all = true})
        .run_visiting(std::vector{images}, runtime::Visit::real, [&](ValueId id, const Tensor& x) {
          const Value& value = result.network.value(id);
          const auto at = trained.find(value.name);
          if (at == trained.end() || !value.quant || x.dtype() != DType::f32) return;
          int64_t& first = done[id];
          for (int64_t i = 0; i < x.size() && first + i < at->second.size(); ++i) {
            const double own = static_cast<double>(x.data<float>()[i]), theirs = static_cast<double>(at->second.data<float>()[first + i]);
            sums[id].first += theirs * theirs, sums[id].second += (own - theirs) * (own - theirs);
          }
          first += x.size();
        });
    result.farthest_sqnr = 200;
    for (const auto& [id, sum] : sums) {
      const double sqnr = sum.second > 0 ? std::min(200.0, 10 * std::log10(std::max(sum.first, 1e-30) / sum.second)) : 200;
      if (sqnr < result.farthest_sqnr) result.farthest_sqnr = sqnr, result.farthest = result.network.value(id).name;
    }
  }

  const TuneOptions& options_;
  const TuneHooks& hooks_;
  NormPolicy policy_;
  Graph base_, next_start_;
  std::shared_ptr<const train::Batches> training_, evaluation_;
  std::unique_ptr<train::Detector> detector_;  // of base_, where it is one
  Executor teacher_;
  std::vector<bool> probabilities_;
  std::vector<std::string> features_;  // names of values
};

}  // namespace

TuneResult tune(const Graph& graph, std::shared_ptr<const train::Batches> training, std::shared_ptr<const train::Batches> evaluation,
                const TuneOptions& options, const TuneHooks& hooks) {
  return Tuner(graph, std::move(training), std::move(evaluation), options, hooks).run();
}

}  // namespace galet::torch::tune
