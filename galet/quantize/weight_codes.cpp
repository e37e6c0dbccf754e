#include "galet/quantize/weight_codes.h"

#include <algorithm>
#include <cmath>

namespace galet::quantize {
namespace {

constexpr double kInt32Max = 2147483647.0;

double code_of(float w, double scale, int most) {
  return std::clamp(std::nearbyint(static_cast<double>(static_cast<float>(w / static_cast<float>(scale)))), -static_cast<double>(most),
                    static_cast<double>(most));
}

double squared_error(const float* weight, const ChannelView& view, int64_t channel, double scale, int most) {
  double sum = 0;
  view.each(channel, [&](int64_t at) {
    const double error = static_cast<double>(weight[at]) - scale * code_of(weight[at], scale, most);
    sum += error * error;
  });
  return sum;
}

// The scale of least squared error among 64 between max|w| / most and a part of it: the fewer the codes, the more is worth clipping.
double best_scale(const float* weight, const ChannelView& view, int64_t channel, double full, int most) {
  const double least_part = most >= 127 ? 0.5 : 0.2;
  double best = full, least = squared_error(weight, view, channel, full, most);
  for (int i = 1; i < 64; ++i) {
    const double scale = static_cast<double>(static_cast<float>(full * (1.0 - (1 - least_part) * i / 64)));
    if (const double error = squared_error(weight, view, channel, scale, most); error < least) best = scale, least = error;
  }
  return best;
}

}  // namespace

ChannelView::ChannelView(const Shape& shape, int axis) {
  if (axis < 0) {
    inner = count(shape);
    return;
  }
  const size_t a = static_cast<size_t>(axis);
  outer = count(shape, 0, a), channels = shape[a], inner = count(shape, a + 1, shape.size());
}

std::vector<float> weight_scales(const Tensor& weight, int axis, WeightRange range, int most) {
  const ChannelView view(weight.shape(), axis);
  const float* w = weight.data<float>();
  std::vector<float> scales;
  for (int64_t c = 0; c < view.channels; ++c) {
    float largest = 0;
    view.each(c, [&](int64_t at) { largest = std::max(largest, std::fabs(w[at])); });
    double scale = static_cast<double>(largest / static_cast<float>(most));
    if (range == WeightRange::mse && scale > 0) scale = best_scale(w, view, c, scale, most);
    scales.push_back(static_cast<float>(scale));
  }
  return scales;
}

int fit_accumulators(const Tensor& weight, int axis, const std::vector<WeightUser>& users, std::vector<float>& scales, int most) {
  const ChannelView view(weight.shape(), axis);
  const float* w = weight.data<float>();
  int grown = 0;
  for (int64_t c = 0; c < view.channels; ++c) {
    float& scale = scales[static_cast<size_t>(c)];
    // Biases that this scale serves: with one scale for the whole weight, all of them.
    std::vector<double> most_bias;
    double finest = 1e-30;
    for (const WeightUser& user : users) {
      double largest = 0;
      if (user.bias) {
        const auto bias = user.bias.span<float>();
        for (size_t i = 0; i < bias.size(); ++i)
          if (axis < 0 || static_cast<int64_t>(i) % view.channels == c)
            largest = std::max(largest, std::fabs(static_cast<double>(bias[i])));
      }
      most_bias.push_back(largest);
      finest = std::max({finest, largest / (static_cast<double>(user.src_scale) * 0x1p24), 1e-36 / static_cast<double>(user.src_scale)});
    }
    if (!(scale > 0)) {
      scale = most_bias.empty() || finest <= 1e-30 ? 1.0f : static_cast<float>(finest);
      continue;
    }
    bool grew = false;
    for (;; grew = true) {
      double codes = 0, ratio = 0;
      view.each(c, [&](int64_t at) { codes += std::fabs(code_of(w[at], static_cast<double>(scale), most)); });
      for (size_t u = 0; u < users.size(); ++u) {
        const double reach = std::max(users[u].src_zero_point, 255 - users[u].src_zero_point);
        const double worst = codes * reach + most_bias[u] / (static_cast<double>(users[u].src_scale) * static_cast<double>(scale)) + 1;
        ratio = std::max(ratio, worst / kInt32Max);
      }
      if (ratio <= 1) break;
      scale = static_cast<float>(static_cast<double>(scale) * ratio * 1.0001);
    }
    grown += grew ? 1 : 0;
  }
  return grown;
}

QuantSpec weight_spec(std::vector<float> scales, int axis, int most) {
  QuantSpec spec;
  spec.storage = DType::i8;
  spec.qmin = -most, spec.qmax = most, spec.axis = axis;
  spec.zero_points.assign(scales.size(), 0);
  spec.scales = std::move(scales);
  return spec;
}

Tensor weight_codes(const Tensor& weight, const QuantSpec& spec) {
  const ChannelView view(weight.shape(), spec.axis);
  const float* w = weight.data<float>();
  Tensor codes(DType::i8, weight.shape());
  int8_t* dst = codes.mutable_data<int8_t>();
  for (int64_t c = 0; c < view.channels; ++c)
    view.each(c, [&](int64_t at) {
      dst[at] = static_cast<int8_t>(code_of(w[at], static_cast<double>(spec.scales[static_cast<size_t>(c)]), spec.qmax));
    });
  return codes;
}

QuantSpec bias_spec(float src_scale, const std::vector<float>& weight_scales, int64_t channels) {
  QuantSpec spec;
  spec.storage = DType::i32;
  spec.qmin = INT32_MIN, spec.qmax = INT32_MAX, spec.axis = 0;
  for (int64_t c = 0; c < channels; ++c) spec.scales.push_back(src_scale * weight_scales[static_cast<size_t>(c) % weight_scales.size()]);
  spec.zero_points.assign(spec.scales.size(), 0);
  return spec;
}

Tensor bias_codes(const Tensor& bias, const QuantSpec& spec) {
  Tensor codes(DType::i32, bias.shape());
  int32_t* dst = codes.mutable_data<int32_t>();
  for (int64_t c = 0; c < bias.size(); ++c) {
    const double code = static_cast<double>(bias.data<float>()[c]) / static_cast<double>(spec.scales[static_cast<size_t>(c)]);
    dst[c] = static_cast<int32_t>(std::clamp(std::nearbyint(code), -kInt32Max, kInt32Max));
  }
  return codes;
}

}  // namespace galet::quantize
