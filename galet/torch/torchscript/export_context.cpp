#include "galet/torch/torchscript/export_context.h"

#include <cmath>

namespace galet::torch {

using runtime::Affine;

Affine ExportContext::spec(ValueId id) const {
  const auto affine = runtime::affine_of(graph.value(id));
  if (!affine) fail("\"{}\" is stored as something other than u8 codes with one scale", graph.value(id).name);
  return *affine;
}

Handle ExportContext::real(ValueId id) {
  if (const auto found = real_.find(id.index); found != real_.end()) return found->second;
  const Value& value = graph.value(id);
  if (value.is_constant()) {
    const Tensor data = runtime::is_coded(value) ? runtime::dequantize_tensor(value.constant, *value.quant) : value.constant;
    return real_[id.index] = scribe.parameter(value.name, data);
  }
  if (!graph.is_output(id)) ++dequantizes;
  from_codes.insert(id.index);
  return real_[id.index] = scribe.insert("aten::dequantize", {codes_.at(id.index)});
}

Handle ExportContext::codes(ValueId id) {
  if (const auto found = codes_.find(id.index); found != codes_.end()) return found->second;
  const Value& value = graph.value(id);
  if (value.is_constant()) return codes_[id.index] = scribe.quantized(value.name, value.constant, spec(id));
  return codes_[id.index] = quantize(real_.at(id.index), spec(id));
}

Handle ExportContext::quantize(Handle real, const Affine& to) {
  const Handle q =
      scribe.insert("aten::quantize_per_tensor", {real, static_cast<double>(to.scale), int64_t{to.zero_point}, int64_t{13}});  // quint8
  return limited(q, to, -INFINITY, INFINITY, false);
}

void ExportContext::define_real(ValueId id, Handle handle) {
  if (runtime::affine_of(graph.value(id))) {
    codes_[id.index] = quantize(handle, spec(id));
  } else {
    real_[id.index] = handle;
  }
}

Handle ExportContext::requantized(Handle handle, const Affine& from, const Affine& to, bool force) {
  const bool same = from.scale == to.scale && from.zero_point == to.zero_point;
  if (!same || force)
    handle =
        scribe.insert("quantized::cat", {std::vector<Handle>{handle}, int64_t{0}, static_cast<double>(to.scale), int64_t{to.zero_point}});
  return handle;
}

Handle ExportContext::limited(Handle handle, const Affine& spec, float min, float max, bool relu_done) {
  const Affine wanted = runtime::narrowed(spec, min, max);
  const int32_t lo = std::max(wanted.lo, spec.lo), hi = std::min(wanted.hi, spec.hi);
  const bool low = lo > (relu_done ? std::max(0, spec.zero_point) : 0), high = hi < 255;
  if (!low && !high) return handle;
  auto real = [&](int32_t code) { return static_cast<double>(spec.scale) * (code - spec.zero_point); };
  // qnnpack's clamp (libtorch 1.13) takes the memory of a channels_last image for NCHW: so it is given that.
  return scribe.insert("aten::clamp", {scribe.insert("aten::contiguous", {handle}), real(lo), real(hi)});
}

void ExportContext::remark(NodeId node, std::string decision, std::string reason) {
  remarks.push_back({"export_torchscript", graph.node(node).name, std::move(decision), std::move(reason), {}});
}

}  // namespace galet::torch
