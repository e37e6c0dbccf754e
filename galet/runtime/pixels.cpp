#include "galet/runtime/pixels.h"

#include <cmath>

#include "galet/core/pixels.h"

namespace galet::runtime {

void check_pixels(const Graph& graph) {
  if (graph.inputs().size() != 1) fail("a network of {} inputs cannot take pixels, expected one input", graph.inputs().size());
  const Value& input = graph.value(graph.inputs()[0]);
  const Preprocessing& p = graph.info.preprocessing;
  if (input.dtype != DType::f32 || input.shape.size() != 4)
    fail("input \"{}\" is {} of shape {}, pixels can be given for f32 in NCHW", input.name, to_string(input.dtype), to_string(input.shape));
  if (p.order != "rgb" && p.order != "bgr" && p.order != "gray") fail("preprocessing: order is \"{}\", expected rgb, bgr or gray", p.order);
  if (input.shape[1] != 3 && !(input.shape[1] == 1 && p.order == "gray"))
    fail("input \"{}\" has {} channels, pixels in order {} give 3{}", input.name, input.shape[1], p.order,
         p.order == "gray" ? " or 1" : "");
  for (size_t c = 0; c < 3; ++c)
    if (!std::isfinite(p.mean[c]) || !std::isfinite(p.std[c]) || p.std[c] == 0.f)
      fail("preprocessing: mean {} and std {} of channel {}, expected finite numbers and a std other than 0", p.mean[c], p.std[c], c);
}

Shape pixel_shape(const Graph& graph) {
  const Shape& nchw = graph.value(graph.inputs()[0]).shape;
  return {nchw[0], nchw[2], nchw[3], pixel_layout(graph.info.preprocessing).channels};
}

size_t pixel_bytes(const Graph& graph) { return static_cast<size_t>(count(pixel_shape(graph))); }

Tensor float_image(const Graph& graph, const Tensor& pixels) {
  const Preprocessing& p = graph.info.preprocessing;
  const PixelLayout layout = pixel_layout(p);
  const int64_t channels = graph.value(graph.inputs()[0]).shape[1], plane = pixels.dim(1) * pixels.dim(2);
  Tensor image(DType::f32, {pixels.dim(0), channels, pixels.dim(1), pixels.dim(2)});
  const uint8_t* src = pixels.data<uint8_t>();
  float* dst = image.mutable_data<float>();
  for (int64_t n = 0; n < pixels.dim(0); ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < plane; ++i)
        *dst++ = pixel_value(p, static_cast<size_t>(c), src[(n * plane + i) * layout.channels + layout.from[static_cast<size_t>(c)]]);
  return image;
}

}  // namespace galet::runtime
