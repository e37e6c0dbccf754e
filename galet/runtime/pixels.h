// Inputs given as 8-bit pixels (SessionOptions::pixels).
#pragma once

#include "galet/ir/graph.h"

namespace galet::runtime {

/// Throws Error for a graph that cannot take pixels: it has one input, f32, of (n, 3 or 1, h, w), which its preprocessing can give.
void check_pixels(const Graph& graph);
/// Of the pixels of the graph's own batch: (n, h, w, channels of a pixel).
Shape pixel_shape(const Graph& graph);
size_t pixel_bytes(const Graph& graph);
/// The (n, c, h, w) floats that pixels (n, h, w, channels) stand for.
Tensor float_image(const Graph& graph, const Tensor& pixels);

}  // namespace galet::runtime
