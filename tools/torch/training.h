// What commands that train have in common: flags, data, log, Ctrl-C.
#pragma once

#include <chrono>
#include <fstream>
#include <memory>
#include <string>

#include "galet/data/image_store.h"
#include "galet/package/package.h"
#include "galet/torch/train/detector.h"
#include "galet/torch/train/trainer.h"

namespace CLI {
class App;
}

namespace galet::tools {

struct TrainingFlags {
  std::string output, data, test;
  package::SaveOptions stored;
  std::string optimizer = "sgd", schedule = "cosine", precision = "f32", device = "cpu", augmentation, checkpoint, log;
  std::string box_loss, assign;  // of detectors
  bool resume = false, json = false, contiguous = false;
  int threads = 0, loaders = 1;
  int64_t limit = 0, test_limit = 0, memory = 0;  // MB
  torch::train::BatchOptions batches;
  torch::train::TrainOptions options;
};

/// -o, --data, --test, what the run is made of, and where it is computed. Defaults are those in `flags`.
void add_training_flags(CLI::App& command, TrainingFlags& flags);
/// Parses the words among the flags, sets libtorch's threads, and refuses an output that cannot be written before anything is trained.
void prepare_training(TrainingFlags& flags);

struct TrainingData {
  std::shared_ptr<const data::Dataset> dataset;
  std::shared_ptr<const torch::train::Batches> training, test;  // test may be null
};
/// Opens and decodes --data and --test for a network's input and preprocessing; of detectors with their boxes.
TrainingData open_training_data(const TrainingFlags& flags, const Graph& graph);

/// What --box-loss and --assign say. Throws UsageError where they are given and `graph` is no detector.
torch::train::DetectorOptions detector_options(const TrainingFlags& flags, const Graph& graph);
/// "top-1 87.36 %" or "AP 0.412, AP50 0.801".
std::string merit_text(const torch::train::Evaluation& evaluation);

/// One line an epoch on stdout (stderr with --json), a moving line on a terminal's stderr, a row an epoch in the CSV file.
class TrainingLog {
 public:
  /// Throws Error where the file cannot be written. `append`: the run goes on. `detects`: AP instead of accuracy.
  TrainingLog(const TrainingFlags& flags, bool append, bool detects = false);
  /// Called from the hooks of the same names.
  void after_step(const torch::train::TrainStatus& status);
  void after_epoch(const torch::train::TrainStatus& status);

 private:
  std::string accuracy_text(const torch::train::TrainStatus& status) const;

  std::string path_;
  std::ofstream file_;
  bool json_, terminal_, detects_;
  std::chrono::steady_clock::time_point drawn_{};
};

/// Set by the first Ctrl-C or SIGTERM; the second one ends the program.
const std::atomic<bool>* stop_on_signal();
/// "1:02:03"
std::string clock_text(double seconds);
/// "DIR/net" of "DIR/net.galet"
std::string without_ending(const std::string& path);

}  // namespace galet::tools
