// Along one axis: softmax = exp(x - max) / sum, log_softmax = x - max - log(sum), hardmax = 1 at the first maximum, 0 elsewhere.
// (ONNX before opset 13 flattens to two dimensions first: the importer spells that out.)
#include <cmath>

#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_types(call, 0, Types::floats);
  resolve_axis(call, call.get_int("axis"), call.rank(0));
  return {call.type(0)};
}

/// One line of elements along the axis.
template <typename T>
struct Line {
  const T* src;
  T* dst;
  int64_t extent, stride;

  int64_t first_maximum() const {
    int64_t best = 0;
    for (int64_t i = 1; i < extent; ++i)
      if (src[i * stride] > src[best * stride]) best = i;
    return best;
  }
  double sum_of_exp(double max) const {
    double sum = 0;
    for (int64_t i = 0; i < extent; ++i) sum += std::exp(src[i * stride] - max);
    return sum;
  }
};

template <typename F>
std::vector<Tensor> each_line(const OpCall& call, const Tensor& src, F f) {
  const size_t axis = resolve_axis(call, call.get_int("axis"), call.rank(0));
  const Shape& shape = call.shape(0);
  const int64_t extent = shape[axis], stride = count(shape, axis + 1, shape.size()), outer = count(shape, 0, axis);
  Tensor result(call.dtype(0), shape);
  if (result.size() == 0) return {result};
  dispatch_floats(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    T* dst = result.mutable_data<T>();
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < stride; ++i) {
        const int64_t start = o * extent * stride + i;
        f(Line<T>{src.data<T>() + start, dst + start, extent, stride});
      }
  });
  return {result};
}

std::vector<Tensor> softmax(const OpCall& call, std::span<const Tensor> operands) {
  return each_line(call, operands[0], []<typename T>(const Line<T>& line) {
    const double max = line.src[line.first_maximum() * line.stride], sum = line.sum_of_exp(max);
    for (int64_t i = 0; i < line.extent; ++i) line.dst[i * line.stride] = static_cast<T>(std::exp(line.src[i * line.stride] - max) / sum);
  });
}

std::vector<Tensor> log_softmax(const OpCall& call, std::span<const Tensor> operands) {
  return each_line(call, operands[0], []<typename T>(const Line<T>& line) {
    const double max = line.src[line.first_maximum() * line.stride], log_sum = std::log(line.sum_of_exp(max));
    for (int64_t i = 0; i < line.extent; ++i) line.dst[i * line.stride] = static_cast<T>(line.src[i * line.stride] - max - log_sum);
  });
}

std::vector<Tensor> hardmax(const OpCall& call, std::span<const Tensor> operands) {
  return each_line(call, operands[0], []<typename T>(const Line<T>& line) { line.dst[line.first_maximum() * line.stride] = 1; });
}

Op along_axis(std::string_view name, std::vector<Tensor> (*reference)(const OpCall&, std::span<const Tensor>)) {
  return {.name = name, .operands = {"src"}, .attributes = {{"axis", int64_t{-1}}}, .infer = infer, .reference = reference};
}

}  // namespace

Op softmax_op() { return along_axis("softmax", softmax); }
Op log_softmax_op() { return along_axis("log_softmax", log_softmax); }
Op hardmax_op() { return along_axis("hardmax", hardmax); }

}  // namespace galet::ops
