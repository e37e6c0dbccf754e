// Images for training and evaluation, augmented and turned into tensors by threads of their own ahead of their use.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "galet/data/augment.h"
#include "galet/data/image_store.h"

namespace galet::torch::train {

struct Minibatch {
  at::Tensor images;        // f32 (n, c, h, w), channels last in memory, on the device
  at::Tensor labels;        // i64 (n), -1: unknown
  at::Tensor other_labels;  // with mixup: images = share * own + (1 - share) * others'; undefined without
  double share = 1;
  std::vector<int64_t> indices;                        // in the store
  std::vector<std::vector<data::Annotation>> objects;  // with BatchOptions::objects: by image, in pixels of `images`
  std::vector<std::pair<int, int>> sizes;              // likewise: width and height of the images as stored
};

struct BatchOptions {
  int64_t batch = 128;
  int threads = 1;  // that prepare batches, besides the caller's; 0: in the caller's thread
  data::Augmentation augmentation;
  double mixup = 0;          // alpha of the Beta distribution (Zhang et al. 2017); 0: none
  bool objects = false;      // the data set's objects come along
  std::vector<int> classes;  // the network's labels by the data set's, -1: left out; empty: the same
  bool shuffle = false;      // another order each epoch
  bool drop_last = false;    // an epoch has no smaller last batch (unless it would have none at all)
  uint64_t seed = 0;
};

/// Everything about batch number `b` of epoch `e` follows from (seed, e, b): an epoch may be entered anywhere, with any threads.
class Batches {
 public:
  Batches(std::shared_ptr<const data::ImageStore> store, const BatchOptions& options);

  int64_t per_epoch() const;
  int64_t images() const { return store_->size(); }
  const data::ImageStore& store() const { return *store_; }
  /// What decides about the batches: data set, augmentation, sizes, seed.
  std::string description() const;
  /// Calls `consume` in the caller's thread with the batches of `epoch` from number `first` on, until it returns false. Throws Error where
  /// an image cannot be read.
  void for_each(int64_t epoch, int64_t first, at::Device device,
                const std::function<bool(int64_t number, Minibatch& batch)>& consume) const;

 private:
  std::vector<int64_t> order(int64_t epoch) const;
  Minibatch make(const std::vector<int64_t>& order, int64_t epoch, int64_t number) const;

  std::shared_ptr<const data::ImageStore> store_;
  BatchOptions options_;
};

}  // namespace galet::torch::train
