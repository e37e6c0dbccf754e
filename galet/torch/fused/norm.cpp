#include "galet/torch/fused/norm.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "galet/core/isa.h"

namespace galet::torch::fused {

const NormKernels& norm_kernels() {
#if defined(__x86_64__)
  static const NormKernels& best = includes(active_isa(), Isa::avx512) ? norm_kernels_avx512()
                                   : includes(active_isa(), Isa::avx2) ? norm_kernels_avx2()
                                                                       : norm_kernels_reference();
  return best;
#else
  return norm_kernels_reference();
#endif
}

namespace {

using ::torch::autograd::AutogradContext;
using ::torch::autograd::variable_list;

/// Rows are handled in blocks of about this many floats: small enough for the first cache, and, being the same for any number of threads,
/// they make the sums the same too.
constexpr int64_t kBlockFloats = 4096;

struct Rows {
  int64_t rows, channels, block, blocks;
  explicit Rows(const at::Tensor& x) : rows(x.numel() / x.size(1)), channels(x.size(1)) {
    block = std::max<int64_t>(16, kBlockFloats / channels);
    blocks = (rows + block - 1) / block;
  }
  /// f(block, offset of its first float, its rows)
  template <typename F>
  void each(F f) const {
    at::parallel_for(0, blocks, 8, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) f(b, b * block * channels, std::min(block, rows - b * block));
    });
  }
};

bool dense_rows(const at::Tensor& x) {
  return x.dim() == 4 ? x.is_contiguous(at::MemoryFormat::ChannelsLast) : x.dim() == 2 && x.is_contiguous();
}

at::Tensor like_rows(const at::Tensor& x, const at::Tensor& as) {
  if (x.sizes() == as.sizes() && dense_rows(x)) return x;
  return as.dim() == 4 ? x.expand_as(as).contiguous(at::MemoryFormat::ChannelsLast) : x.expand_as(as).contiguous();
}

/// Mean and variance (not corrected) of each channel: blocks by themselves, then together (Chan, Golub and LeVeque 1979).
void find_statistics(const at::Tensor& x, const Rows& rows, float* mean, double* variance) {
  const int64_t channels = rows.channels;
  std::vector<float> sums(static_cast<size_t>(2 * rows.blocks * channels));
  const float* data = x.data_ptr<float>();
  rows.each([&](int64_t b, int64_t offset, int64_t n) {
    float* sum = sums.data() + 2 * b * channels;
    norm_kernels().statistics(data + offset, n, channels, sum, sum + channels);
  });
  std::vector<double> means(static_cast<size_t>(channels), 0), squares(static_cast<size_t>(channels), 0);
  double count = 0;
  for (int64_t b = 0; b < rows.blocks; ++b) {
    const auto n = static_cast<double>(std::min(rows.block, rows.rows - b * rows.block));
    const float *sum = sums.data() + 2 * b * channels, *square = sum + channels, *origin = data + b * rows.block * channels;
    const double all = count + n;
    for (int64_t c = 0; c < channels; ++c) {
      const double s = sum[c], delta = origin[c] + s / n - means[static_cast<size_t>(c)];
      means[static_cast<size_t>(c)] += delta * n / all;
      squares[static_cast<size_t>(c)] += square[c] - s * s / n + delta * delta * count * n / all;
    }
    count = all;
  }
  for (int64_t c = 0; c < channels; ++c) {
    mean[c] = static_cast<float>(means[static_cast<size_t>(c)]);
    variance[c] = std::max(0.0, squares[static_cast<size_t>(c)] / count);
  }
}

at::Tensor run_apply(const at::Tensor& x, const at::Tensor& residual, const at::Tensor& scale, const at::Tensor& shift,
                     Activation activation) {
  at::Tensor y = at::empty_like(x);
  const Rows rows(x);
  const float *from = x.data_ptr<float>(), *more = residual.defined() ? residual.data_ptr<float>() : nullptr, *s = scale.data_ptr<float>(),
              *t = shift.data_ptr<float>();
  float* to = y.data_ptr<float>();
  rows.each([&](int64_t, int64_t offset, int64_t n) {
    norm_kernels().apply({from + offset, s, t, more != nullptr ? more + offset : nullptr, to + offset, n, rows.channels, activation});
  });
  return y;
}

/// Saved: x, scale, shift, mean, inverse deviation, weight; and with residual and relu the result.
class TrainedNorm : public ::torch::autograd::Function<TrainedNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            const at::Tensor& running_mean, const at::Tensor& running_var, const at::Tensor& given_residual,
                            int64_t activation_number, double momentum, double epsilon) {
    const auto activation = static_cast<Activation>(activation_number);
    const at::Tensor residual = given_residual.numel() > 0 ? given_residual : at::Tensor();  // Function takes no undefined tensors
    const Rows rows(x);
    at::Tensor mean = at::empty({rows.channels}, at::kFloat), inverse = at::empty_like(mean), scale = at::empty_like(mean),
               shift = at::empty_like(mean);
    std::vector<double> variance(static_cast<size_t>(rows.channels));
    find_statistics(x, rows, mean.data_ptr<float>(), variance.data());
    const float *w = weight.data_ptr<float>(), *b = bias.data_ptr<float>(), *m = mean.data_ptr<float>();
    float *i = inverse.data_ptr<float>(), *s = scale.data_ptr<float>(), *t = shift.data_ptr<float>(),
          *moving_mean = running_mean.data_ptr<float>(), *moving_var = running_var.data_ptr<float>();
    const auto n = static_cast<double>(rows.rows);
    for (int64_t c = 0; c < rows.channels; ++c) {
      const double v = variance[static_cast<size_t>(c)], deviation = 1 / std::sqrt(v + epsilon);
      i[c] = static_cast<float>(deviation);
      s[c] = static_cast<float>(w[c] * deviation);
      t[c] = static_cast<float>(b[c] - m[c] * w[c] * deviation);
      moving_mean[c] = static_cast<float>((1 - momentum) * moving_mean[c] + momentum * m[c]);
      moving_var[c] = static_cast<float>((1 - momentum) * moving_var[c] + momentum * v * n / (n - 1));
    }
    at::Tensor y = run_apply(x, residual, scale, shift, activation);
    const bool keep_result = residual.defined() && activation == Activation::relu;
    context->save_for_backward({x, scale, shift, mean, inverse, weight, keep_result ? y : at::Tensor()});
    context->saved_data["activation"] = activation_number;
    context->saved_data["residual"] = residual.defined();
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list outputs) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &y = saved[6];
    const auto activation = static_cast<Activation>(context->saved_data["activation"].toInt());
    const bool residual = context->saved_data["residual"].toBool();
    const at::Tensor dy = like_rows(outputs[0], x);
    const Rows rows(x);
    const int64_t channels = rows.channels;
    at::Tensor g = y.defined() ? at::empty_like(x) : dy;
    std::vector<float> sums(static_cast<size_t>(2 * rows.blocks * channels));
    const float *d = dy.data_ptr<float>(), *v = x.data_ptr<float>(), *result = y.defined() ? y.data_ptr<float>() : nullptr,
                *s = saved[1].data_ptr<float>(), *t = saved[2].data_ptr<float>(), *mean = saved[3].data_ptr<float>(),
                *inverse = saved[4].data_ptr<float>(), *weight = saved[5].data_ptr<float>();
    float* masked = y.defined() ? g.data_ptr<float>() : nullptr;
    rows.each([&](int64_t b, int64_t offset, int64_t n) {
      float* sum = sums.data() + 2 * b * channels;
      norm_kernels().reduce({d + offset, v + offset, result != nullptr ? result + offset : nullptr, s, t, mean,
                             masked != nullptr ? masked + offset : nullptr, sum, sum + channels, n, channels, activation});
    });
    at::Tensor weight_gradient = at::empty({channels}, at::kFloat), bias_gradient = at::empty_like(weight_gradient);
    std::vector<float> factors(static_cast<size_t>(3 * channels));
    float *a = factors.data(), *b = a + channels, *c = b + channels;
    const auto n = static_cast<double>(rows.rows);
    for (int64_t k = 0; k < channels; ++k) {
      double sum_g = 0, sum_gx = 0;
      for (int64_t i = 0; i < rows.blocks; ++i) {
        const float* sum = sums.data() + 2 * i * channels;
        sum_g += sum[k], sum_gx += sum[channels + k];
      }
      const double deviation = inverse[k];
      bias_gradient.data_ptr<float>()[k] = static_cast<float>(sum_g);
      weight_gradient.data_ptr<float>()[k] = static_cast<float>(sum_gx * deviation);
      const double slope = -weight[k] * deviation * deviation * deviation * sum_gx / n;
      a[k] = static_cast<float>(weight[k] * deviation);
      b[k] = static_cast<float>(slope);
      c[k] = static_cast<float>(-weight[k] * deviation * sum_g / n - slope * mean[k]);
    }
    at::Tensor dx = at::empty_like(x);
    const float* gradient = g.data_ptr<float>();
    float* to = dx.data_ptr<float>();
    const Activation left = y.defined() ? Activation::none : activation;
    rows.each([&](int64_t, int64_t offset, int64_t m) {
      norm_kernels().gradient({gradient + offset, v + offset, s, t, a, b, c, to + offset, m, channels, left});
    });
    return {dx,           weight_gradient, bias_gradient, at::Tensor(), at::Tensor(), residual ? g : at::Tensor(),
            at::Tensor(), at::Tensor(),    at::Tensor()};
  }
};

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return at::relu(x);
    case Activation::relu6:
      return at::clamp(x, 0, 6);
    case Activation::hard_swish:
      return at::hardswish(x);
    default:
      return x;
  }
}

bool fits(const NormCall& call) {
  auto plain = [](const at::Tensor& t) { return t.device().is_cpu() && t.scalar_type() == at::kFloat; };
  auto vector = [&](const at::Tensor& t) { return plain(t) && t.is_contiguous() && t.numel() == call.x.size(1); };
  if (call.x.dim() < 2 || call.x.numel() == 0 || !plain(call.x) || !dense_rows(call.x)) return false;
  if (!vector(call.weight) || !vector(call.bias) || !vector(call.running_mean) || !vector(call.running_var)) return false;
  if (call.training && call.x.numel() / call.x.size(1) < 2) return false;
  if (!call.residual.defined()) return true;
  return plain(call.residual) && call.residual.sizes() == call.x.sizes() &&
         (call.activation == Activation::none || call.activation == Activation::relu);
}

}  // namespace

at::Tensor norm(const NormCall& call) {
  const bool gradients = at::GradMode::is_enabled();
  if (fits(call) && call.training) {
    const at::Tensor residual = call.residual.defined() ? like_rows(call.residual, call.x) : at::empty({0});
    return TrainedNorm::apply(call.x, call.weight, call.bias, call.running_mean, call.running_var, residual,
                              static_cast<int64_t>(call.activation), call.momentum, call.epsilon);
  }
  if (fits(call) && !gradients) {
    const at::Tensor scale = call.weight * at::rsqrt(call.running_var + call.epsilon);
    const at::Tensor shift = call.bias - call.running_mean * scale;
    return run_apply(call.x, call.residual.defined() ? like_rows(call.residual, call.x) : at::Tensor(), scale, shift, call.activation);
  }
  at::Tensor y = at::batch_norm(call.x, call.weight, call.bias, call.running_mean, call.running_var, call.training, call.momentum,
                                call.epsilon, false);
  if (call.residual.defined()) y = y + call.residual;
  return activate(y, call.activation);
}

}  // namespace galet::torch::fused
