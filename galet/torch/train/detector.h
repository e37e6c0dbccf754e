// What training a detector needs besides the loop: targets and loss of the raw heads, average precision of what the decoding makes of them.
#pragma once

#include <memory>
#include <optional>

#include "galet/detect/heads.h"
#include "galet/detect/row_targets.h"
#include "galet/torch/train/detection_losses.h"
#include "galet/torch/train/trainer.h"

namespace galet::torch::train {

struct DetectorOptions {
  std::optional<BoxLoss> box_loss;               // of points (giou) and anchors (smooth_l1)
  std::optional<detect::Assignment> assignment;  // of anchors (iou)
  double size_weight = 0.1, offset_weight = 1;   // of centers
  double box_weight = 1;                         // of points and anchors
};

/// Labels of `from` as `to` counts them, by name; -1 where it has no such class. Empty where one of them has no names: then they are the
/// same. Throws Error where no name is in both.
std::vector<int> map_classes(const std::vector<std::string>& from, const std::vector<std::string>& to);

class Detector {
 public:
  /// Throws Error for a network whose heads cannot be trained, and for options of another kind of detector.
  explicit Detector(const Graph& graph, const DetectorOptions& options = {});
  ~Detector();

  const detect::Heads& heads() const { return heads_; }
  /// The layers, which the executor runs: its outputs are the heads.
  const Graph& body() const { return body_; }
  /// The whole network with the constants of a trained body.
  Graph whole(const Graph& trained_body) const;

  /// Throws Error for data without boxes, or with classes that the network has not.
  void check(const Batches& batches) const;
  /// centers: focal + 0.1 L1 of sizes + L1 of offsets, over the number of objects. points: focal and entropy of centre-ness over the number
  /// of positive points, boxes weighted by centre-ness over its sum. anchors: focal and boxes over the number of positive anchors.
  at::Tensor loss(std::span<const at::Tensor> outputs, const Minibatch& batch) const;
  /// Mean loss and COCO's AP over all batches; boxes are compared in pixels of the images as stored.
  Evaluation evaluate(Executor& executor, Intercept* intercept, const Batches& batches);
  /// The same of a network of the runtime, which may be quantized and ends in detections; no loss.
  Evaluation evaluate(const Graph& network, const Batches& batches, int threads) const;

 private:
  at::Tensor centers_loss(std::span<const at::Tensor> outputs, const Minibatch& batch) const;
  at::Tensor rows_loss(std::span<const at::Tensor> outputs, const Minibatch& batch) const;
  at::Tensor predicted_boxes(const at::Tensor& values, const at::Tensor& rows) const;

  Graph graph_;
  DetectorOptions options_;
  detect::Heads heads_;
  Graph body_;
  struct Decoder;
  std::unique_ptr<Decoder> decoder_;
};

}  // namespace galet::torch::train
