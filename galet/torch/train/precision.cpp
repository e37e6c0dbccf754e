#include "galet/torch/train/precision.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <torch/version.h>

#include "galet/core/error.h"

namespace galet::torch::train {
namespace {

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
void set_autocast(bool cuda, bool on, at::ScalarType type) {
  const at::DeviceType device = cuda ? at::kCUDA : at::kCPU;
  at::autocast::set_autocast_dtype(device, type);
  at::autocast::set_autocast_enabled(device, on);
}
#else
void set_autocast(bool cuda, bool on, at::ScalarType type) {
  if (cuda) {
    at::autocast::set_autocast_gpu_dtype(type);
    at::autocast::set_enabled(on);
  } else {
    at::autocast::set_autocast_cpu_dtype(type);
    at::autocast::set_cpu_enabled(on);
  }
}
#endif

}  // namespace

Precision parse_precision(const std::string& name) {
  if (name == "f32") return Precision::f32;
  if (name == "bf16") return Precision::bf16;
  if (name == "f16") return Precision::f16;
  fail("unknown precision \"{}\", expected f32, bf16 or f16", name);
}

Autocast::Autocast(Precision precision, at::Device device) : active_(precision != Precision::f32), cuda_(device.is_cuda()) {
  if (precision == Precision::f16 && !cuda_) fail("half precision needs a CUDA device; on CPUs there is bf16");
  if (active_) set_autocast(cuda_, true, precision == Precision::bf16 ? at::kBFloat16 : at::kHalf);
}

Autocast::~Autocast() {
  if (!active_) return;
  set_autocast(cuda_, false, cuda_ ? at::kHalf : at::kBFloat16);
  at::autocast::clear_cache();
}

bool LossScale::unscale(const std::vector<at::Tensor>& parameters) {
  if (!active_) return true;
  const at::NoGradGuard no_grad;
  at::Tensor finite;
  for (const at::Tensor& p : parameters) {
    if (!p.grad().defined()) continue;
    p.grad().mul_(1 / scale);
    const at::Tensor here = at::isfinite(p.grad()).all();
    finite = finite.defined() ? at::logical_and(finite, here) : here;
  }
  const bool good = !finite.defined() || finite.item<bool>();
  if (!good) {
    scale /= 2;
    good_steps = 0;
  } else if (++good_steps == 2000) {
    scale *= 2;
    good_steps = 0;
  }
  return good;
}

}  // namespace galet::torch::train
