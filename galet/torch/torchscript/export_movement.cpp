// Operators that move elements: the same code for real numbers and for codes.
#include <algorithm>

#include "galet/ops/window.h"
#include "galet/torch/torchscript/export_context.h"

namespace galet::torch {
namespace {

/// The shape with the batch left open where the graph leaves it open.
Ints open_batch(const ExportContext& x, const Shape& src, const Shape& dst) {
  Ints shape = dst;
  if (x.graph.dynamic_batch && !src.empty() && !dst.empty() && src[0] == 1 && dst[0] == 1) shape[0] = -1;
  return shape;
}

Handle pooled(ExportContext& x, const OpCall& call, Handle src, bool quantized) {
  const ops::Window window = ops::pool_window(call);
  const Ints &pads = call.get_ints("pads"), &kernel = call.get_ints("kernel"), &strides = call.get_ints("strides"),
             &dilations = call.get_ints("dilations");
  Ints padding{pads[0], pads[1]};
  bool ceil_mode = call.get_int("ceil_mode") != 0;
  if (pads[0] != pads[2] || pads[1] != pads[3] || padding[0] * 2 > kernel[0] || padding[1] * 2 > kernel[1]) {
    if (quantized) fail("a max pool with different pads on its sides has no quantized form in PyTorch");
    auto after = [](const ops::WindowAxis& w) { return (w.dst - 1) * w.stride + w.dilation * (w.kernel - 1) + 1 - w.pad_begin - w.src; };
    src = x.scribe.insert("aten::constant_pad_nd",
                          {src, Ints{pads[1], after(window.w), pads[0], after(window.h)}, -std::numeric_limits<double>::infinity()});
    padding = {0, 0}, ceil_mode = false;
  }
  return x.scribe.insert(quantized ? "quantized::max_pool2d" : "aten::max_pool2d", {src, kernel, strides, padding, dilations, ceil_mode});
}

Handle resized(ExportContext& x, const OpCall& call, Handle src) {
  const Ints& sizes = call.get_ints("sizes");
  const std::string &mode = call.get_string("mode"), &coordinates = call.get_string("coordinates");
  const Ints spatial(sizes.end() - 2, sizes.end());
  const Floats& scales = call.get_floats("scales");
  Argument h, w;
  if (scales.size() == 4) h = static_cast<double>(scales[2]), w = static_cast<double>(scales[3]);
  if (call.rank(0) != 4 || sizes[0] != call.shape(0)[0] || sizes[1] != call.shape(0)[1]) return nullptr;
  const bool whole = sizes[2] % call.shape(0)[2] == 0 && sizes[3] % call.shape(0)[3] == 0;  // half_pixel rounds down there, too
  if (mode == "nearest" && ((coordinates == "asymmetric" && call.get_string("nearest") == "floor") ||
                            (coordinates == "half_pixel" && call.get_string("nearest") == "round_prefer_floor" && whole)))
    return x.scribe.insert("aten::upsample_nearest2d", {src, spatial, h, w});
  const bool align = coordinates == "align_corners";
  if (!align && coordinates != "half_pixel" && coordinates != "pytorch_half_pixel") return nullptr;
  if (call.get_int("antialias") != 0) return nullptr;
  if (mode == "linear") return x.scribe.insert("aten::upsample_bilinear2d", {src, spatial, align, h, w});
  if (mode == "cubic" && call.get_float("cubic_a") == -0.75f)
    return x.scribe.insert("aten::upsample_bicubic2d", {src, spatial, align, h, w});
  return nullptr;
}

Handle sliced(ExportContext& x, const OpCall& call, Handle src) {
  const Ints &starts = call.get_ints("starts"), &ends = call.get_ints("ends"), &axes = call.get_ints("axes"),
             &steps = call.get_ints("steps");
  for (size_t i = 0; i < axes.size(); ++i) {
    if (steps[i] == -1 && starts[i] == call.shape(0)[static_cast<size_t>(axes[i])] - 1 && ends[i] == -1) {
      src = x.scribe.insert("aten::flip", {src, Ints{axes[i]}});
      continue;
    }
    if (steps[i] < 1) return nullptr;
    if (axes[i] == 0 && starts[i] == 0 && ends[i] == call.shape(0)[0] && steps[i] == 1) continue;
    src = x.scribe.insert("aten::slice", {src, axes[i], starts[i], ends[i], steps[i]});
  }
  return src;
}

Handle padded(ExportContext& x, const OpCall& call, Handle src, bool quantized) {
  const Ints& pads = call.get_ints("pads");
  const size_t rank = pads.size() / 2;
  Ints last_first;
  for (size_t i = rank; i-- > 0;) last_first.push_back(pads[i]), last_first.push_back(pads[i + rank]);
  while (last_first.size() > 2 && last_first.back() == 0 && last_first[last_first.size() - 2] == 0)
    last_first.resize(last_first.size() - 2);
  const std::string& mode = call.get_string("mode");
  if (mode == "constant") return x.scribe.insert("aten::constant_pad_nd", {src, last_first, static_cast<double>(call.get_float("value"))});
  if (last_first.size() != 4 || rank != 4) return nullptr;
  if (mode == "reflect") return x.scribe.insert("aten::reflection_pad2d", {src, last_first});
  if (mode == "edge" && !quantized) return x.scribe.insert("aten::replication_pad2d", {src, last_first});
  return nullptr;
}

}  // namespace

Handle moved(ExportContext& x, NodeId id, Handle src, bool quantized) {
  const OpCall call = x.graph.call(id);
  const std::string_view op = call.op.name;
  const Shape& result = x.graph.value(x.graph.result(id)).shape;
  if (op == "identity") return src;
  if (op == "reshape") return x.scribe.insert("aten::reshape", {src, open_batch(x, call.shape(0), result)});
  if (op == "transpose") return x.scribe.insert("aten::permute", {src, call.get_ints("perm")});
  if (op == "slice") {  // qnnpack's functions take dense images alone
    const Handle part = sliced(x, call, src);
    return part != nullptr && part != src && quantized && call.rank(0) == 4
               ? x.scribe.insert("aten::contiguous", {part, Keyword{"memory_format", 2}})
               : part;
  }
  if (op == "pad") return padded(x, call, src, quantized);
  if (op == "max_pool") return pooled(x, call, src, quantized);
  if (op == "global_max_pool") {
    const Ints whole{call.shape(0).at(2), call.rank(0) == 4 ? call.shape(0)[3] : 1};
    if (call.rank(0) != 4) return nullptr;
    return x.scribe.insert(quantized ? "quantized::max_pool2d" : "aten::max_pool2d", {src, whole, whole, Ints{0, 0}, Ints{1, 1}, false});
  }
  if (op == "resize") return resized(x, call, src);
  if (op == "expand") return x.scribe.insert("aten::expand", {src, open_batch(x, call.shape(0), result), false});
  if (op == "tile") return x.scribe.insert("aten::repeat", {src, call.get_ints("repeats")});
  if (op == "depth_to_space" || op == "space_to_depth") {
    const Shape& s = call.shape(0);
    const int64_t b = call.get_int("block"), n = x.graph.dynamic_batch && s[0] == 1 ? -1 : s[0];
    const bool up = op == "depth_to_space", crd = up && call.get_string("mode") == "CRD";
    const Ints split = crd  ? Ints{n, s[1] / (b * b), b, b, s[2], s[3]}
                       : up ? Ints{n, b, b, s[1] / (b * b), s[2], s[3]}
                            : Ints{n, s[1], s[2] / b, b, s[3] / b, b};
    const Ints perm = crd ? Ints{0, 1, 4, 2, 5, 3} : up ? Ints{0, 3, 4, 1, 5, 2} : Ints{0, 3, 5, 1, 2, 4};
    const Handle turned = x.scribe.insert("aten::permute", {x.scribe.insert("aten::reshape", {src, split}), perm});
    return x.scribe.insert("aten::reshape", {turned, Ints{n, result[1], result[2], result[3]}});
  }
  return nullptr;
}

}  // namespace galet::torch
