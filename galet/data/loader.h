// Samples, decoded and preprocessed ahead of their use by several threads, handed over in order.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "galet/core/preprocessing.h"
#include "galet/core/tensor.h"
#include "galet/data/dataset.h"

namespace galet::data {

struct Batch {
  int64_t first = 0;        // position of its first sample among the indices asked for
  Tensor images;            // f32 (n, channels, height, width)
  std::vector<int> labels;  // (n), -1: unknown
};

struct LoadOptions {
  int64_t batch = 1;
  int threads = 1;    // that decode, besides the caller's; 0: decode in the caller's thread
  int64_t ahead = 0;  // samples decoded ahead of the consumer at most; 0: enough for the threads
};

/// Calls `consume` in the caller's thread with batches of the samples `indices` of `dataset`, in that order; the last batch may be smaller.
/// Samples that are tensors already are taken as they are and must have as many elements as the network's input. At most `ahead` samples
/// are in memory, whatever their number. What a consumer throws is passed on; so is the first Error in sample order, with the sample's
/// name. The batch may be kept.
void for_each_batch(const Dataset& dataset, std::span<const int64_t> indices, const Preprocessing& preprocessing, int64_t channels,
                    int64_t height, int64_t width, const LoadOptions& options, const std::function<void(const Batch&)>& consume);

/// 0, 1, .. min(limit, size) - 1; limit 0: all.
std::vector<int64_t> first_indices(const Dataset& dataset, int64_t limit);
/// `count` different indices (all where there are fewer), chosen by `seed`, ascending.
std::vector<int64_t> random_indices(const Dataset& dataset, int64_t count, uint64_t seed);

}  // namespace galet::data
