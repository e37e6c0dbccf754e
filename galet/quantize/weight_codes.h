// From float weights and biases to integer codes.
#pragma once

#include <vector>

#include "galet/quantize/quantize.h"

namespace galet::quantize {

/// A weight seen as channels x (elements of one output channel), wherever the channel axis lies.
struct ChannelView {
  int64_t outer = 1, channels = 1, inner = 1;  // element (o, c, i) lies at (o * channels + c) * inner + i
  ChannelView(const Shape& shape, int axis);   // axis -1: one channel
  template <typename F>
  void each(int64_t channel, F&& f) const {
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i) f((o * channels + channel) * inner + i);
  }
};

/// One symmetric scale per channel for codes -most..most; 0 for a channel of zeros.
std::vector<float> weight_scales(const Tensor& weight, int axis, WeightRange range, int most = 127);

/// One layer that uses a weight: what its accumulator and its bias depend on.
struct WeightUser {
  float src_scale = 1;
  int32_t src_zero_point = 0;
  Tensor bias;  // f32 (channels); undefined where the layer has none
};

/// Raises scales until, for every user, worst case |accumulator| = |bias code| + sum |weight code| * max |src - zero point| is within
/// int32. Channels of zeros get a scale that represents their bias finely. Returns how many channels had to grow.
int fit_accumulators(const Tensor& weight, int axis, const std::vector<WeightUser>& users, std::vector<float>& scales, int most = 127);

/// Spec (i8, -most..most) and codes clamp(rhe(w / scale)).
QuantSpec weight_spec(std::vector<float> scales, int axis, int most = 127);
Tensor weight_codes(const Tensor& weight, const QuantSpec& spec);
/// Spec (i32, scale s_src * s_weight[c]) and codes rhe(bias / scale).
QuantSpec bias_spec(float src_scale, const std::vector<float>& weight_scales, int64_t channels);
Tensor bias_codes(const Tensor& bias, const QuantSpec& spec);

}  // namespace galet::quantize
