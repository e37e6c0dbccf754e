// Two forms of a network timed on the same real images, in turns, so that what else the machine does hits both.
#pragma once

#include <cstdint>

#include "galet/data/dataset.h"
#include "galet/ir/graph.h"

namespace galet::evaluate {

struct ImageTime {
  int64_t images = 0;
  double ms = 0, other_ms = 0;  // of one image: the 20th percentile of all, which other processes disturb least
};

/// The first `count` images of the data set, one after the other, on one thread. Decoding and preprocessing are not counted.
ImageTime image_time(const Graph& graph, const Graph& other, const data::Dataset& dataset, int64_t count);

}  // namespace galet::evaluate
