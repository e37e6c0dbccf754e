#include "galet/torch/train/detector.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "galet/detect/center_targets.h"
#include "galet/evaluate/detection/detect.h"
#include "galet/ir/rewriter.h"
#include "galet/runtime/session.h"
#include "galet/torch/caching_allocator.h"
#include "galet/torch/tensors.h"

namespace galet::torch::train {
namespace {

at::Tensor as_f32(const at::Tensor& x) { return x.to(at::kFloat); }

at::Tensor tensor_of(const std::vector<float>& values, std::vector<int64_t> shape, at::Device device) {
  return at::tensor(at::ArrayRef<float>(values), at::TensorOptions().dtype(at::kFloat)).reshape(shape).to(device);
}
at::Tensor tensor_of(const std::vector<int64_t>& values, at::Device device) {
  return at::tensor(at::ArrayRef<int64_t>(values), at::TensorOptions().dtype(at::kLong)).to(device);
}

}  // namespace

std::vector<int> map_classes(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  std::vector<int> map;
  if (from.empty() || to.empty()) return map;
  for (const std::string& name : from) {
    const auto at = std::ranges::find(to, name);
    map.push_back(at == to.end() ? -1 : static_cast<int>(at - to.begin()));
  }
  if (std::ranges::all_of(map, [](int label) { return label < 0; }))
    fail("the classes ({}) and ({}) have no name in common", fmt::join(from, ", "), fmt::join(to, ", "));
  return map;
}

struct Detector::Decoder {
  explicit Decoder(Graph tail) : session(std::move(tail)) {}
  runtime::Session session;
};

Detector::Detector(const Graph& graph, const DetectorOptions& options)
    : graph_(graph),
      options_(options),
      heads_(detect::find_heads(graph)),
      body_(detect::body(graph, heads_)),
      decoder_(std::make_unique<Decoder>(detect::tail(graph, heads_))) {
  const bool anchors = heads_.kind == detect::Kind::anchors, points = heads_.kind == detect::Kind::points;
  if (options.assignment && !anchors)
    fail("a choice of assignments belongs to anchors (retinanet), this detector has {}", to_string(heads_.kind));
  if (options.box_loss && !anchors && !points)
    fail("a choice of box losses belongs to fcos and retinanet, this detector has {}", to_string(heads_.kind));
  if (options.box_loss == BoxLoss::smooth_l1 && points)
    fail("box loss smooth_l1 is of differences to anchors; for this detector giou or iou");
}
Detector::~Detector() = default;

Graph Detector::whole(const Graph& trained_body) const {
  Graph result = graph_;
  Rewriter rewriter(result, "train");
  for (const ValueId id : trained_body.values())
    if (trained_body.value(id).is_constant()) rewriter.set_constant(id, trained_body.value(id).constant);
  return result;
}

void Detector::check(const Batches& batches) const {
  const data::ImageStore& store = batches.store();
  const data::Dataset& dataset = store.dataset();
  if (!dataset.has_objects())
    fail("a detector learns from boxes, but {} has none: give coco:, voc:, yolo: or tidewrack_scenes:", dataset.description());
  const std::vector<int> map = map_classes(dataset.class_names(), graph_.info.labels);
  int64_t objects = 0;
  for (int64_t i = 0; i < store.size(); ++i)
    for (const data::Annotation& object : dataset.objects(store.sample(i))) {
      const auto label = static_cast<size_t>(object.label);
      const int64_t own = map.empty() ? object.label : label < map.size() ? map[label] : -1;
      if (own >= heads_.classes)
        fail("{} has an object of class {}, but the network knows {} classes: build it with --classes {}",
             dataset.sample_name(store.sample(i)), object.label, heads_.classes, dataset.class_names().size());
      objects += own >= 0 && !object.crowd;
    }
  if (objects == 0) fail("{}: no object of a class that the network knows", dataset.description());
}

at::Tensor Detector::loss(std::span<const at::Tensor> outputs, const Minibatch& batch) const {
  return heads_.kind == detect::Kind::centers ? centers_loss(outputs, batch) : rows_loss(outputs, batch);
}

at::Tensor Detector::centers_loss(std::span<const at::Tensor> outputs, const Minibatch& batch) const {
  const at::Tensor logits = as_f32(outputs[0]);
  const at::Device device = logits.device();
  const int64_t n = logits.size(0), h = logits.size(2), w = logits.size(3);
  std::vector<float> heatmaps, sizes, offsets;
  std::vector<int64_t> places;  // in (n, h * w)
  for (int64_t i = 0; i < n; ++i) {
    const detect::CenterTargets targets =
        detect::center_targets(batch.objects.at(static_cast<size_t>(i)), heads_.classes, h, w, heads_.stride);
    heatmaps.insert(heatmaps.end(), targets.heatmap.begin(), targets.heatmap.end());
    for (const auto& object : targets.objects) {
      places.push_back(i * h * w + object.place);
      sizes.insert(sizes.end(), {object.width, object.height});
      offsets.insert(offsets.end(), {object.x, object.y});
    }
  }
  const auto count = static_cast<double>(std::max<size_t>(places.size(), 1));
  at::Tensor sum = heatmap_focal(logits, tensor_of(heatmaps, {n, heads_.classes, h, w}, device)) / count;
  if (places.empty()) return sum;
  const at::Tensor index = tensor_of(places, device);
  const auto l1 = [&](const at::Tensor& map, const std::vector<float>& wanted) {
    const at::Tensor rows = as_f32(map).permute({0, 2, 3, 1}).reshape({n * h * w, 2}).index_select(0, index);
    return (rows - tensor_of(wanted, {-1, 2}, device)).abs().sum() / (2 * count);
  };
  sum = sum + options_.size_weight * l1(outputs[1], sizes);
  if (heads_.extra.valid()) sum = sum + options_.offset_weight * l1(outputs[2], offsets);
  return sum;
}

/// Edges of the rows' boxes from what the head gives for them.
at::Tensor Detector::predicted_boxes(const at::Tensor& values, const at::Tensor& places) const {
  if (heads_.kind == detect::Kind::points) {
    const at::Tensor x = places.select(1, 0), y = places.select(1, 1);
    return at::stack({x - values.select(1, 0), y - values.select(1, 1), x + values.select(1, 2), y + values.select(1, 3)}, 1);
  }
  const at::Tensor low = places.narrow(1, 0, 2), size = places.narrow(1, 2, 2) - low, centre = low + size / 2;
  const std::vector<float> weights(heads_.weights.begin(), heads_.weights.end());
  const at::Tensor scaled = values / tensor_of(weights, {1, 4}, values.device());
  const at::Tensor middle = scaled.narrow(1, 0, 2) * size + centre, half = scaled.narrow(1, 2, 2).clamp_max(heads_.limit).exp() * size / 2;
  return at::cat({middle - half, middle + half}, 1);
}

at::Tensor Detector::rows_loss(std::span<const at::Tensor> outputs, const Minibatch& batch) const {
  const bool points = heads_.kind == detect::Kind::points;
  const at::Tensor logits = as_f32(outputs[0]);
  const at::Device device = logits.device();
  const int64_t n = logits.size(0), rows = logits.size(1), classes = logits.size(2);
  std::vector<int64_t> counted, ones, positive, place;  // rows of all images; elements of (n * rows, classes); rows; rows of one image
  std::vector<float> boxes, centerness;
  const std::span<const float> where = heads_.places.span<float>();
  bool all = true;
  for (int64_t i = 0; i < n; ++i) {
    const auto& objects = batch.objects.at(static_cast<size_t>(i));
    const detect::RowTargets targets =
        points ? detect::point_targets(objects, where, heads_.levels)
               : detect::anchor_targets(objects, where, heads_.levels, options_.assignment.value_or(detect::Assignment::iou));
    for (int64_t row = 0; row < rows; ++row) {
      const auto at = static_cast<size_t>(row);
      const int32_t label = targets.labels[at];
      if (label == detect::kNobody) {
        all = false;
        continue;
      }
      counted.push_back(i * rows + row);
      if (label < 0) continue;
      ones.push_back((i * rows + row) * classes + label);
      positive.push_back(i * rows + row), place.push_back(row);
      const Box& box = targets.boxes[at];
      boxes.insert(boxes.end(), {box.left, box.top, box.right, box.bottom});
      if (points) centerness.push_back(targets.centerness[at]);
    }
  }
  at::Tensor wanted = at::zeros({n * rows * classes}, at::TensorOptions().dtype(at::kFloat).device(device));
  if (!ones.empty()) wanted.index_fill_(0, tensor_of(ones, device), 1);
  wanted = wanted.reshape({n * rows, classes});
  at::Tensor scores = logits.reshape({n * rows, classes});
  if (!all) {
    const at::Tensor index = tensor_of(counted, device);
    scores = scores.index_select(0, index), wanted = wanted.index_select(0, index);
  }
  const auto count = static_cast<double>(std::max<size_t>(positive.size(), 1));
  at::Tensor sum = focal(scores, wanted) / count;
  if (positive.empty()) return sum;
  const at::Tensor index = tensor_of(positive, device), target = tensor_of(boxes, {-1, 4}, device);
  const at::Tensor values = as_f32(outputs[1]).reshape({n * rows, 4}).index_select(0, index);
  const at::Tensor places = to_torch(heads_.places).to(device).index_select(0, tensor_of(place, device));
  const BoxLoss box_loss = options_.box_loss.value_or(points ? BoxLoss::giou : BoxLoss::smooth_l1);
  at::Tensor each;
  if (box_loss == BoxLoss::smooth_l1) {
    const at::Tensor low = places.narrow(1, 0, 2), size = places.narrow(1, 2, 2) - low,
                     goal = target.narrow(1, 2, 2) - target.narrow(1, 0, 2);
    const at::Tensor moved = (target.narrow(1, 0, 2) + goal / 2 - low - size / 2) / size;
    const std::vector<float> weights(heads_.weights.begin(), heads_.weights.end());
    each = smooth_l1(values, at::cat({moved, (goal / size).log()}, 1) * tensor_of(weights, {1, 4}, device));
  } else {
    const at::Tensor found = predicted_boxes(values, places);
    each = box_loss == BoxLoss::giou ? giou_loss(found, target) : iou_loss(found, target);
  }
  if (!points || !heads_.extra.valid()) return sum + options_.box_weight * each.sum() / count;
  const at::Tensor centre = tensor_of(centerness, {-1}, device), said = as_f32(outputs[2]).reshape({n * rows}).index_select(0, index);
  sum = sum + options_.box_weight * (each * centre).sum() / centre.sum().clamp_min(1e-6);
  return sum + (at::softplus(said) - said * centre).sum() / count;
}

namespace {

/// Collects what was found in the images of a store.
class Tally {
 public:
  Tally(const data::ImageStore& store, const std::vector<std::string>& labels)
      : store_(store), map_(map_classes(labels, store.dataset().class_names())) {}

  /// `rows` of image `index`, which was width x height before preprocessing.
  void add(int64_t index, const Tensor& rows, int width, int height) {
    evaluate::ImageDetections image;
    image.objects = store_.dataset().objects(store_.sample(index));
    image.found = evaluate::read_detections(rows, store_.preprocessing(), width, height, store_.input());
    for (Detection& one : image.found)
      if (!map_.empty()) one.label = static_cast<size_t>(one.label) < map_.size() ? map_[static_cast<size_t>(one.label)] : -1;
    std::erase_if(image.found, [](const Detection& one) { return one.label < 0; });
    images_.push_back(std::move(image));
  }
  Evaluation evaluation(int64_t classes) const {
    const std::vector<std::string>& names = store_.dataset().class_names();
    const evaluate::CocoResult coco =
        evaluate::coco_ap(images_, static_cast<int>(names.empty() ? static_cast<size_t>(classes) : names.size()));
    Evaluation result;
    result.images = static_cast<int64_t>(images_.size());
    result.ap = std::max(0.0, coco[evaluate::CocoNumber::ap]), result.ap50 = std::max(0.0, coco[evaluate::CocoNumber::ap50]);
    return result;
  }

 private:
  const data::ImageStore& store_;
  std::vector<int> map_;
  std::vector<evaluate::ImageDetections> images_;
};

}  // namespace

Evaluation Detector::evaluate(Executor& executor, Intercept* intercept, const Batches& batches) {
  const at::NoGradGuard no_grad;
  const bool was_training = executor.training();
  release_cached_memory();
  executor.set_training(false);
  Tally tally(batches.store(), graph_.info.labels);
  double loss_sum = 0;
  batches.for_each(0, 0, executor.device(), [&](int64_t, Minibatch& batch) {
    const std::vector<at::Tensor> outputs = executor.forward(std::vector<at::Tensor>{batch.images}, intercept);
    loss_sum += loss(outputs, batch).item<double>() * static_cast<double>(batch.images.size(0));
    for (int64_t i = 0; i < batch.images.size(0); ++i) {
      std::vector<Tensor> inputs;
      for (const at::Tensor& output : outputs) inputs.push_back(from_torch(as_f32(output).narrow(0, i, 1)));
      const auto at = static_cast<size_t>(i);
      tally.add(batch.indices[at], decoder_->session.run(inputs)[0], batch.sizes[at].first, batch.sizes[at].second);
    }
    return true;
  });
  Evaluation result = tally.evaluation(heads_.classes);
  result.loss = loss_sum / static_cast<double>(std::max<int64_t>(result.images, 1));
  executor.set_training(was_training);
  release_cached_memory();
  return result;
}

Evaluation Detector::evaluate(const Graph& network, const Batches& batches, int threads) const {
  const data::ImageStore& store = batches.store();
  Tally tally(store, graph_.info.labels);
  runtime::Session session(network, {.threads = threads});
  Tensor image(DType::f32, store.input());
  for (int64_t i = 0; i < store.size(); ++i) {
    const data::Scene scene = store.scene(i);
    store.read(i, image.mutable_data<float>());
    tally.add(i, session.run(std::span(&image, 1))[0], scene.width, scene.height);
  }
  return tally.evaluation(heads_.classes);
}

}  // namespace galet::torch::train
