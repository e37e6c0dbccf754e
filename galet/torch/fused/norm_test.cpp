#include "galet/torch/fused/norm.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <doctest/doctest.h>

#include "galet/core/isa.h"

using namespace galet;
using namespace galet::torch::fused;

namespace {

struct Outcome {
  at::Tensor y, dx, dweight, dbias, dresidual, mean, var;
};

at::Tensor plain(const NormCall& c) {
  at::Tensor y = at::batch_norm(c.x, c.weight, c.bias, c.running_mean, c.running_var, c.training, c.momentum, c.epsilon, false);
  if (c.residual.defined()) y = y + c.residual;
  if (c.activation == Activation::relu) y = at::relu(y);
  if (c.activation == Activation::relu6) y = at::clamp(y, 0, 6);
  if (c.activation == Activation::hard_swish) y = at::hardswish(y);
  return y;
}

template <typename F>
Outcome run(const std::vector<int64_t>& shape, Activation activation, bool residual, double offset, F f) {
  at::manual_seed(1);
  const auto format = shape.size() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  const int64_t channels = shape[1];
  NormCall c;
  c.x = (at::randn(shape) * 2 + offset).contiguous(format).requires_grad_();
  c.weight = (at::randn({channels}) + 1).requires_grad_();
  c.bias = at::randn({channels}).requires_grad_();
  c.running_mean = at::randn({channels}), c.running_var = at::rand({channels}) + 0.5;
  if (residual) c.residual = at::randn(shape).contiguous(format).requires_grad_();
  c.activation = activation, c.momentum = 0.3;
  const at::Tensor y = f(c);
  const at::Tensor dy = at::randn(shape).contiguous(format);
  (y * dy).sum().backward();
  return {y, c.x.grad(), c.weight.grad(), c.bias.grad(), residual ? c.residual.grad() : at::Tensor(), c.running_mean, c.running_var};
}

/// Relative to the largest value.
double distance(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() && !b.defined()) return 0;
  return ((a - b).abs().max() / (b.abs().max() + 1e-6)).item<double>();
}

}  // namespace

TEST_CASE("fused norm: results, gradients and running statistics are ATen's") {
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{4, 16, 9, 7}, {3, 27, 5, 5}, {2, 64, 16, 16}, {40, 24}, {2, 1, 3, 3}})
    for (const Activation activation : {Activation::none, Activation::relu, Activation::relu6, Activation::hard_swish})
      for (const bool residual : {false, true})
        for (const double offset : {0.0, 30.0}) {
          if (residual && activation > Activation::relu) continue;
          CAPTURE(shape[1]);
          CAPTURE(static_cast<int>(activation));
          CAPTURE(residual);
          CAPTURE(offset);
          const Outcome wanted = run(shape, activation, residual, offset, plain), found = run(shape, activation, residual, offset, norm);
          CHECK(distance(found.y, wanted.y) < 2e-5);
          CHECK(distance(found.dx, wanted.dx) < 2e-4);
          CHECK(distance(found.dweight, wanted.dweight) < 2e-4);
          CHECK(distance(found.dbias, wanted.dbias) < 2e-5);
          CHECK(distance(found.dresidual, wanted.dresidual) < 1e-6);
          CHECK(distance(found.mean, wanted.mean) < 1e-6);
          CHECK(distance(found.var, wanted.var) < 1e-5);
        }
}

TEST_CASE("fused norm: the gradient is the slope of the result, numerically") {
  for (const Activation activation : {Activation::none, Activation::relu, Activation::hard_swish}) {
    at::manual_seed(3);
    const std::vector<int64_t> shape{3, 8, 4, 4};
    const at::Tensor x = at::randn(shape).contiguous(at::MemoryFormat::ChannelsLast), weight = at::rand({8}) + 0.5, bias = at::randn({8}),
                     dy = at::randn(shape), along = at::randn(shape).contiguous(at::MemoryFormat::ChannelsLast);
    auto value = [&](const at::Tensor& at_x) {
      return (norm({at_x, weight, bias, at::zeros({8}), at::ones({8}), {}, activation}) * dy).sum();
    };
    const at::Tensor leaf = x.clone().requires_grad_();
    value(leaf).backward();
    const double slope = (leaf.grad() * along).sum().item<double>(), step = 1e-3;
    const double measured = (value(x + along * step).item<double>() - value(x - along * step).item<double>()) / (2 * step);
    CHECK(measured == doctest::Approx(slope).epsilon(0.02));
  }
}

TEST_CASE("fused norm: without gradients the running statistics are used") {
  at::manual_seed(2);
  const at::NoGradGuard no_grad;
  NormCall c{at::randn({2, 20, 5, 5}).contiguous(at::MemoryFormat::ChannelsLast),
             at::randn({20}),
             at::randn({20}),
             at::randn({20}),
             at::rand({20}) + 0.1,
             at::randn({2, 20, 5, 5}),
             Activation::relu,
             false};
  CHECK(distance(norm(c), plain(c)) < 1e-5);
}

TEST_CASE("fused norm: every instruction set computes the same, up to rounding") {
  std::vector<const NormKernels*> all{&norm_kernels_reference()};
#if defined(__x86_64__)
  if (supported(Isa::avx2)) all.push_back(&norm_kernels_avx2());
  if (supported(Isa::avx512)) all.push_back(&norm_kernels_avx512());
#endif
  for (const int64_t channels : {1, 8, 19, 40}) {
    const at::Tensor x = at::randn({30, channels}), scale = at::randn({channels}), shift = at::randn({channels}),
                     dy = at::randn({30, channels});
    std::vector<at::Tensor> first;
    for (const NormKernels* kernels : all) {
      std::vector<at::Tensor> out;
      for (int i = 0; i < 4; ++i) out.push_back(at::empty({channels}));
      for (int i = 0; i < 2; ++i) out.push_back(at::empty({30, channels}));
      auto p = [&](size_t i) { return out[i].data_ptr<float>(); };
      const float *px = x.data_ptr<float>(), *ps = scale.data_ptr<float>(), *pt = shift.data_ptr<float>(), *pd = dy.data_ptr<float>();
      kernels->statistics(px, 30, channels, p(0), p(1));
      kernels->reduce({pd, px, nullptr, ps, pt, pt, nullptr, p(2), p(3), 30, channels, Activation::relu6});
      kernels->apply({px, ps, pt, pd, p(4), 30, channels, Activation::relu});
      kernels->gradient({pd, px, ps, pt, ps, pt, ps, p(5), 30, channels, Activation::hard_swish});
      if (first.empty()) first = out;
      for (size_t i = 0; i < out.size(); ++i) CHECK(distance(out[i], first[i]) < 1e-5);
    }
  }
}
