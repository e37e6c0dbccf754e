// Quantization-aware training and distillation: a float network and a recipe in, an integer network out.
#pragma once

#include "galet/torch/train/detector.h"
#include "galet/torch/train/trainer.h"
#include "galet/torch/tune/scheme.h"

namespace galet::torch::tune {

struct TuneOptions {
  pipeline::TuneRecipe recipe;
  train::TrainOptions training;  // `epochs` of each round: the wanted bits, and each of recipe.gradual before; `checkpoint` too
  bool resume = false;
  int threads = 0;                  // of the integer network's evaluation
  train::DetectorOptions detector;  // where the network is one: its loss takes the place of cross entropy, AP that of top-1
};

struct TuneHooks {
  std::function<void(const std::string& text)> round_begins;  // "lsq:2/lsq:2", "8 bits"
  std::function<void(const train::TrainStatus&)> after_step, after_epoch;
};

struct TuneResult {
  bool finished = false;  // false: stopped; the checkpoint resumes
  Graph network;          // integer
  train::TrainStatus last;
  train::Evaluation teacher, trained;  // of the float network and of the network with quantizers, on the evaluation images
  int64_t images = 0, integer_correct = 0;
  train::Evaluation integer;  // of detectors
  std::string farthest;       // the value in which the integer network is farthest from the trained one, and by how much
  double farthest_sqnr = 0;   // dB
  Remarks remarks;
  double integer_accuracy() const { return images > 0 ? static_cast<double>(integer_correct) / static_cast<double>(images) : 0; }
  bool detects() const { return trained.detects(); }
  /// Points of top-1 or AP between the trained and the integer network, in percent.
  double gap() const { return 100 * (detects() ? trained.ap - integer.ap : trained.accuracy() - integer_accuracy()); }
};

/// `evaluation` may be null. Throws Error as make_scheme and the training loop do.
TuneResult tune(const Graph& graph, std::shared_ptr<const train::Batches> training, std::shared_ptr<const train::Batches> evaluation,
                const TuneOptions& options, const TuneHooks& hooks = {});

}  // namespace galet::torch::tune
