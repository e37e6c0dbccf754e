// The training loop over a graph. `galet train` runs it as it is; `galet tune` gives it a loss with a teacher, quantizers (an Intercept
// with parameters of its own) and callbacks.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "galet/torch/executor.h"
#include "galet/torch/train/batches.h"
#include "galet/torch/train/checkpoint.h"
#include "galet/torch/train/losses.h"
#include "galet/torch/train/optimizer.h"
#include "galet/torch/train/precision.h"
#include "galet/torch/train/schedule.h"

namespace galet::torch::train {

struct TrainOptions {
  int64_t epochs = 10;
  OptimizerOptions optimizer;
  Schedule schedule;
  double weight_decay = 1e-4;  // of Role::weight; norms and quantizers have none
  bool decay_bias = false;
  double label_smoothing = 0;  // of the built-in loss
  double clip_gradients = 0;   // largest common norm; 0: no limit
  double ema = 0;              // decay a step of the averaged weights that are evaluated and written; 0: none
  Precision precision = Precision::f32;
  uint64_t seed = 1;
  int64_t evaluate_every = 1;  // epochs; the last one is always evaluated
  std::string checkpoint;      // file, empty: none; written after each epoch, on stop and after checkpoint_seconds
  double checkpoint_seconds = 600;
  const std::atomic<bool>* stop = nullptr;  // set by a signal: the run ends after the step, with a checkpoint
};

struct Evaluation {
  double loss = 0;
  int64_t images = 0, correct = 0;  // labelled ones
  double ap = -1, ap50 = -1;        // of detectors: COCO's; -1: it is none
  double accuracy() const { return images > 0 ? static_cast<double>(correct) / static_cast<double>(images) : 0; }
  bool detects() const { return ap >= 0; }
  /// What the best is chosen by: AP or accuracy.
  double merit() const { return detects() ? ap : accuracy(); }
};

/// After an epoch, or during one.
struct TrainStatus {
  int64_t epoch = 0, epochs = 0;  // from 0
  int64_t batch = 0, batches = 0, step = 0;
  double lr = 0;
  double loss = 0, accuracy = 0;  // means over the epoch so far, as trained (augmented, mixed: accuracy then is of the larger share)
  double images_per_second = 0, seconds = 0, seconds_left = 0;
  int64_t images = 0;                    // trained on in this epoch, since it was entered
  double cpu_seconds = 0;                // of all threads, meanwhile
  std::optional<Evaluation> evaluation;  // after an epoch
  bool best = false;                     // it is the best evaluation so far
};

/// What a user of the loop may add; everything is optional.
struct TrainHooks {
  LossFunction loss;                              // instead of cross entropy of the first output
  Intercept* intercept = nullptr;                 // sees every value, in training and in evaluation
  std::vector<ParameterGroup> groups;             // parameters besides the graph's, with rates and decays of their own; saved and restored
  std::vector<NamedTensor> buffers;               // other state (codebooks, moving ranges): saved and restored
  std::function<bool(const Parameter&)> trained;  // false: this parameter of the graph is left as it is
  std::function<void(const TrainStatus&)> epoch_begins;    // also where a resumed run enters in the middle of an epoch
  std::function<void(const TrainStatus&)> after_backward;  // gradients are there, the update is not: may change gradients
  std::function<void(const TrainStatus&)> after_step;
  std::function<void(const TrainStatus&)> after_epoch;  // after evaluation and checkpoint
  std::function<Evaluation()> evaluate;                 // instead of the executor on the evaluation set
  std::function<void(const TrainStatus&)> best;         // a new best evaluation, with the evaluated weights in place
};

struct TrainResult {
  bool finished = false;  // false: stopped; the checkpoint resumes
  TrainStatus last;
  std::optional<Evaluation> best;
  int64_t best_epoch = -1;
};

class Trainer {
 public:
  /// `evaluation` may be null. The executor's parameters are trained in place; Value::mask stays applied.
  Trainer(Executor& executor, std::shared_ptr<const Batches> training, std::shared_ptr<const Batches> evaluation,
          const TrainOptions& options, TrainHooks hooks = {});
  ~Trainer();

  /// Goes on from a checkpoint of a run with the same options. Throws Error where it is another run's.
  void resume(const std::string& path);
  /// Trains until the end, or until stop. Throws Error where training diverges (loss or weights not finite, or far beyond the first).
  TrainResult run();
  /// Loss and accuracy of the executor as it is, over all of `batches`.
  Evaluation evaluate(const Batches& batches);
  /// With EMA: the averaged weights change places with the trained ones, and back when called again.
  void swap_averaged();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace galet::torch::train
