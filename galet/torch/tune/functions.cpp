#include "galet/torch/tune/functions.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "galet/torch/quantizers/loops.h"

namespace galet::torch::tune {
namespace {

namespace ag = ::torch::autograd;
using quantizers::ClipSums;
using quantizers::FakeQuant;
using quantizers::loops;

constexpr int64_t kChunk = 1 << 16;

/// Without gaps and with rows of the first extent: the tensor itself, or a copy.
at::Tensor dense(const at::Tensor& x) {
  if (x.is_contiguous() || (x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast))) return x;
  return x.contiguous(x.suggest_memory_format());
}
at::Tensor like(const at::Tensor& x, const at::Tensor& as) {
  return x.contiguous(as.is_contiguous() ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast);
}
float* floats(const at::Tensor& x) { return x.numel() > 0 ? x.data_ptr<float>() : nullptr; }

quantizers::Weight rows_of(const at::Tensor& w) { return {floats(w), w.size(0), w.size(0) == 0 ? 0 : w.numel() / w.size(0)}; }

struct WeightFunction : ag::Function<WeightFunction> {
  static at::Tensor forward(ag::AutogradContext* context, const at::Tensor& w, const at::Tensor& learned, int64_t address) {
    auto& slot = *reinterpret_cast<WeightSlot*>(address);
    const quantizers::Weight rows = rows_of(w);
    at::Tensor codes = at::empty_like(w), scales = at::empty({w.size(0)}, w.options());
    slot.quantizer->quantize(rows, floats(learned), floats(slot.kept), floats(codes), floats(scales));
    slot.scales.assign(floats(scales), floats(scales) + rows.channels);
    at::Tensor y = at::empty_like(w);
    for (int64_t c = 0; c < rows.channels; ++c) {
      const float scale = floats(scales)[c];
      const float* from = floats(codes) + c * rows.elements;
      float* to = floats(y) + c * rows.elements;
      for (int64_t i = 0; i < rows.elements; ++i) to[i] = scale * from[i];
    }
    context->save_for_backward({w, learned, codes, scales});
    context->saved_data["slot"] = address;
    return y;
  }
  static ag::variable_list backward(ag::AutogradContext* context, ag::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto& slot = *reinterpret_cast<const WeightSlot*>(context->saved_data["slot"].toInt());
    const at::Tensor g = like(gradients[0], saved[0]);
    at::Tensor own = at::empty_like(saved[0]), learned = at::zeros_like(saved[1]);
    slot.quantizer->backward(rows_of(saved[0]), floats(saved[1]), floats(saved[2]), floats(saved[3]), floats(g), floats(own),
                             floats(learned));
    return {own, learned, at::Tensor()};
  }
};

/// The spec as the loops want it; `levels` is where the table lies.
FakeQuant fake_quant(const QuantSpec& spec, std::vector<float>& levels) {
  FakeQuant q;
  const int32_t zero = spec.zero_points[0];
  q.scale = spec.scales[0];
  q.low = static_cast<float>(spec.qmin - zero), q.high = static_cast<float>(spec.qmax - zero);
  if (spec.levels.empty()) return q;
  levels.resize(256);
  for (int32_t code = 0; code < 256; ++code)
    levels[static_cast<size_t>(code)] = q.scale * static_cast<float>(nearest_level(spec.levels, code) - zero);
  q.levels = levels.data(), q.offset = zero;
  return q;
}

struct ActivationFunction : ag::Function<ActivationFunction> {
  static at::Tensor forward(ag::AutogradContext* context, const at::Tensor& x, const at::Tensor& learned, int64_t address) {
    const auto& slot = *reinterpret_cast<const ActivationSlot*>(address);
    const QuantSpec spec = slot.quantizer->spec(floats(learned), floats(slot.kept));
    std::vector<float> levels;
    const FakeQuant q = fake_quant(spec, levels);
    at::Tensor y = at::empty_like(x);
    const float* from = floats(x);
    float* to = floats(y);
    at::parallel_for(0, x.numel(), kChunk,
                     [&](int64_t begin, int64_t end) { loops().fake_quantize(from + begin, to + begin, end - begin, q); });
    context->save_for_backward({x});
    context->saved_data["slot"] = address;
    context->saved_data["scale"] = static_cast<double>(spec.scales[0]);
    context->saved_data["ends"] = std::vector<int64_t>{spec.zero_points[0], spec.qmin, spec.qmax};
    return y;
  }
  static ag::variable_list backward(ag::AutogradContext* context, ag::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto& slot = *reinterpret_cast<const ActivationSlot*>(context->saved_data["slot"].toInt());
    const at::Tensor& x = saved[0];
    const at::Tensor g = like(gradients[0], x);
    const auto ends = context->saved_data["ends"].toIntVector();
    const QuantSpec spec =
        quantizers::activation_spec(static_cast<float>(context->saved_data["scale"].toDouble()), static_cast<int32_t>(ends[0]),
                                    static_cast<int32_t>(ends[1]), static_cast<int32_t>(ends[2]));
    std::vector<float> none;
    const FakeQuant q = fake_quant(spec, none);
    at::Tensor own = at::empty_like(x);
    const bool learns = slot.quantizer->learned() > 0;
    const int64_t n = x.numel(), chunks = (n + kChunk - 1) / kChunk;
    std::vector<ClipSums> sums(static_cast<size_t>(chunks));  // added in order: the same for any number of threads
    const float *from = floats(x), *back = floats(g);
    float* to = floats(own);
    at::parallel_for(0, chunks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) {
        const int64_t at = chunk * kChunk;
        loops().fake_quantize_backward(from + at, back + at, to + at, std::min(kChunk, n - at), q,
                                       learns ? &sums[static_cast<size_t>(chunk)] : nullptr);
      }
    });
    at::Tensor learned = at::zeros({static_cast<int64_t>(slot.quantizer->learned())}, x.options());
    if (learns) {
      ClipSums all;
      for (const ClipSums& part : sums) all.inside += part.inside, all.below += part.below, all.above += part.above;
      slot.quantizer->learn(spec, all, n / std::max<int64_t>(x.dim() > 0 ? x.size(0) : 1, 1), floats(learned));
    }
    return {own, learned, at::Tensor()};
  }
};

}  // namespace

at::Tensor quantize_weight(const at::Tensor& weight, WeightSlot& slot) {
  const bool moved = slot.axis != 0;
  const at::Tensor rows = dense(moved ? weight.transpose(0, slot.axis) : weight);
  const at::Tensor y = WeightFunction::apply(rows, slot.learned, reinterpret_cast<int64_t>(&slot));
  return moved ? y.transpose(0, slot.axis) : y;
}

at::Tensor quantize_activation(const at::Tensor& x, ActivationSlot& slot) {
  return ActivationFunction::apply(dense(x), slot.learned, reinterpret_cast<int64_t>(&slot));
}

quantizers::Observed observe(const at::Tensor& x, int64_t most) {
  const at::Tensor values = dense(x.detach());
  const int64_t n = values.numel();
  quantizers::Observed seen;
  if (n == 0) return seen;
  const auto [low, high] = at::aminmax(values);
  seen.min = low.item<float>(), seen.max = high.item<float>();
  int64_t step = std::max<int64_t>(n / std::max<int64_t>(most, 1), 1);
  if (step > 1) step |= 1;  // not in step with the channels
  for (int64_t i = 0; i < n && most > 0; i += step) seen.sample.push_back(floats(values)[i]);
  return seen;
}

}  // namespace galet::torch::tune
