// Normalisations by the statistics of the tensor itself:  dst = (src - mean) / sqrt(var + epsilon) * scale + shift
//   instance_norm: one image and channel;  group_norm: one image and group of channels;  layer_norm: everything from an axis on.
// Mean and variance are accumulated in double. scale and shift are per channel, for layer_norm any shape that broadcasts to src.
#include <cmath>

#include "galet/ops/broadcast.h"

namespace galet::ops {
namespace {

struct Moments {
  double mean, inverse_deviation;
};

template <typename T>
Moments moments_of(const T* src, int64_t n, float epsilon) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < n; ++i) sum += src[i];
  const double mean = sum / static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i) squares += (src[i] - mean) * (src[i] - mean);
  return {mean, 1 / std::sqrt(squares / static_cast<double>(n) + epsilon)};
}

/// Normalises runs of `extent` elements, without scale and shift; where wanted, moments go to mean[i] and inverse_deviation[i].
template <typename T>
void normalise(const T* src, T* dst, int64_t runs, int64_t extent, float epsilon, T* mean = nullptr, T* inverse_deviation = nullptr) {
  for (int64_t run = 0; run < runs; ++run, src += extent, dst += extent) {
    const Moments m = moments_of(src, extent, epsilon);
    for (int64_t i = 0; i < extent; ++i) dst[i] = static_cast<T>((src[i] - m.mean) * m.inverse_deviation);
    if (mean != nullptr) mean[run] = static_cast<T>(m.mean), inverse_deviation[run] = static_cast<T>(m.inverse_deviation);
  }
}

std::vector<TensorType> infer_channels(const OpCall& call) {
  expect_same_types(call, Types::floats);
  const Shape& src = call.shape(0);
  if (src.size() < 2) call.fail("src has shape {}, expected channels in its second dimension", to_string(src));
  expect_shape(call, 1, {src[1]});
  expect_shape(call, 2, {src[1]});
  return {call.type(0)};
}

std::vector<TensorType> infer_groups(const OpCall& call) {
  const std::vector<TensorType> types = infer_channels(call);
  const int64_t groups = call.get_int("groups");
  if (groups < 1 || call.shape(0)[1] % groups != 0) call.fail("{} channels do not divide into {} groups", call.shape(0)[1], groups);
  return types;
}

/// Statistics over `groups` groups of channels, then scale and shift channel by channel.
std::vector<Tensor> over_groups(const OpCall& call, std::span<const Tensor> operands, int64_t groups) {
  const Shape& shape = call.shape(0);
  const int64_t channels = shape[1], plane = count(shape, 2, shape.size());
  Tensor result(call.dtype(0), shape);
  if (result.size() == 0) return {result};
  dispatch_floats(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    T* dst = result.mutable_data<T>();
    normalise(operands[0].data<T>(), dst, shape[0] * groups, channels / groups * plane, call.get_float("epsilon"));
    for (int64_t nc = 0; nc < shape[0] * channels; ++nc, dst += plane) {
      const T scale = operands[1].data<T>()[nc % channels], shift = operands[2].data<T>()[nc % channels];
      for (int64_t i = 0; i < plane; ++i) dst[i] = dst[i] * scale + shift;
    }
  });
  return {result};
}

std::vector<Tensor> instance_norm(const OpCall& call, std::span<const Tensor> operands) {
  return over_groups(call, operands, std::max<int64_t>(call.shape(0)[1], 1));
}

std::vector<Tensor> group_norm(const OpCall& call, std::span<const Tensor> operands) {
  return over_groups(call, operands, call.get_int("groups"));
}

std::vector<TensorType> infer_layer(const OpCall& call) {
  expect_same_types(call, Types::floats);
  expect_broadcasts_to(call, 1, call.shape(0));
  expect_broadcasts_to(call, 2, call.shape(0));
  Shape moments = call.shape(0);
  for (size_t axis = resolve_axis(call, call.get_int("axis"), moments.size()); axis < moments.size(); ++axis) moments[axis] = 1;
  if (call.get_int("statistics") == 0) return {call.type(0)};
  return {call.type(0), {call.dtype(0), moments}, {call.dtype(0), moments}};
}

std::vector<Tensor> layer_norm(const OpCall& call, std::span<const Tensor> operands) {
  const Shape& shape = call.shape(0);
  const size_t axis = resolve_axis(call, call.get_int("axis"), shape.size());
  Shape runs = shape;
  std::fill(runs.begin() + static_cast<std::ptrdiff_t>(axis), runs.end(), 1);
  std::vector<Tensor> results{Tensor(call.dtype(0), shape), Tensor(call.dtype(0), runs), Tensor(call.dtype(0), runs)};
  dispatch_floats(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    normalise(operands[0].data<T>(), results[0].mutable_data<T>(), results[1].size(), count(shape, axis, shape.size()),
              call.get_float("epsilon"), results[1].mutable_data<T>(), results[2].mutable_data<T>());
    if (call.has(1)) results[0] = map_broadcast<T, T>(results[0], operands[1], shape, [](T x, T scale) { return x * scale; });
    if (call.has(2)) results[0] = map_broadcast<T, T>(results[0], operands[2], shape, [](T x, T shift) { return x + shift; });
  });
  if (call.get_int("statistics") == 0) results.resize(1);
  return results;
}

}  // namespace

Op instance_norm_op() {
  return {.name = "instance_norm",
          .operands = {"src", "scale", "shift"},
          .attributes = {{"epsilon", 1e-5f}},
          .infer = infer_channels,
          .reference = instance_norm};
}

Op group_norm_op() {
  return {.name = "group_norm",
          .operands = {"src", "scale", "shift"},
          .attributes = {{"groups", int64_t{1}, true}, {"epsilon", 1e-5f}},
          .infer = infer_groups,
          .reference = group_norm};
}

Op layer_norm_op() {
  return {.name = "layer_norm",
          .operands = {"src", "scale?", "shift?"},
          .attributes = {{"axis", int64_t{-1}}, {"epsilon", 1e-5f}, {"statistics", int64_t{0}}},
          .infer = infer_layer,
          .reference = layer_norm};
}

}  // namespace galet::ops
