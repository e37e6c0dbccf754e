// Values in their forms: logical or NHWC, codes or real, and the steps that lead from one to the other.
#include <algorithm>

#include "galet/kernels/elementwise_i8/elementwise.h"
#include "galet/kernels/kernel.h"
#include "galet/kernels/layout/transpose.h"
#include "galet/ops/strided.h"
#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {
namespace {

using kernels::select;

/// A tensor that looks at memory of the plan.
Tensor view(DType type, const Shape& shape, const std::byte* bytes) {
  return Tensor(type, shape, {bytes, static_cast<size_t>(count(shape)) * size_of(type)}, nullptr);
}

/// The matrices whose transposition turns one layout into the other: NCHW is (c, h*w) an image, NHWC (h*w, c).
struct Matrices {
  int64_t batch, rows, cols;
};
Matrices matrices_of(const Shape& nchw, Layout to) {
  const int64_t plane = nchw[2] * nchw[3];
  return to == Layout::nhwc ? Matrices{nchw[0], nchw[1], plane} : Matrices{nchw[0], plane, nchw[1]};
}

template <typename Fn, typename Args>
void run_rows(const RunContext& context, Fn* run, const Args& args, int64_t batch) {
  context.parallel(batch * args.cols, 0.3 * static_cast<double>(args.rows),
                   [&](int64_t begin, int64_t end, std::byte*) { run(args, begin, end); });
}

}  // namespace

bool same_bytes(const Shape& shape) { return shape.size() != 4 || shape[1] == 1 || shape[2] * shape[3] == 1; }
Shape nhwc_extents(const Shape& shape) { return {shape[0], shape[2], shape[3], shape[1]}; }
Tensor to_nhwc(const Tensor& tensor) { return ops::transposed(tensor, {0, 2, 3, 1}); }
Tensor to_nchw(const Tensor& tensor, const Shape& nchw) { return ops::transposed(tensor.reshaped(nhwc_extents(nchw)), {0, 3, 1, 2}); }

size_t Lowering::bytes_of(ValueId id, bool real) const {
  const Value& v = value(id);
  return static_cast<size_t>(count(v.shape)) * size_of(real ? v.dtype : stored_dtype(v));
}

Shape Lowering::physical_shape(ValueId id, Layout layout) const {
  const Shape& shape = value(id).shape;
  return layout == Layout::nhwc && shape.size() == 4 ? nhwc_extents(shape) : shape;
}

std::optional<BufferId> Lowering::find(ValueId id, Layout layout, bool real) const {
  const Value& v = value(id);
  real = real && is_coded(v);
  const auto exact = forms_.find({id, layout, real});
  if (exact != forms_.end()) return exact->second;
  if (!same_bytes(v.shape)) return std::nullopt;
  const auto twin = forms_.find({id, layout == Layout::nhwc ? Layout::logical : Layout::nhwc, real});
  if (twin != forms_.end()) return twin->second;
  return std::nullopt;
}

Layout Lowering::layout_of(ValueId id) const {
  if (value(id).shape.size() != 4) return Layout::logical;
  for (const bool real : {false, true})
    for (const Layout layout : {Layout::nhwc, Layout::logical})
      if (find(id, layout, real)) return layout;
  return Layout::nhwc;  // constants
}

BufferId Lowering::make(ValueId id, Layout layout, bool real) {
  const BufferId buffer = arena_buffer(bytes_of(id, real));
  define(id, layout, real, buffer);
  return buffer;
}

void Lowering::define(ValueId id, Layout layout, bool real, BufferId buffer) {
  const Value& v = value(id);
  real = real && is_coded(v);
  if (v.shape.size() != 4) layout = Layout::logical;
  const bool known = std::ranges::any_of(plan.stored, [&](const auto& entry) { return entry.first == id; });
  if (!real && !known) plan.stored.emplace_back(id, Form{layout, false, buffer});
  forms_[{id, layout, real}] = buffer;
}

BufferId Lowering::get(ValueId id, Layout layout, bool real) {
  const Value& v = value(id);
  real = real && is_coded(v);
  if (v.shape.size() != 4) layout = Layout::logical;
  if (const auto found = find(id, layout, real)) return *found;
  const BufferId buffer = v.is_constant()                              ? constant_form(id, layout, real)
                          : pixels_ != kNoBuffer && id == pixel_input_ ? pixel_form(id, layout, real)
                                                                       : convert(id, layout, real);
  forms_[{id, layout, real}] = buffer;
  return buffer;
}

BufferId Lowering::constant_form(ValueId id, Layout layout, bool real) {
  const Value& v = value(id);
  Tensor tensor = real ? dequantize_tensor(v.constant, *v.quant) : v.constant;
  if (layout == Layout::nhwc && !same_bytes(v.shape)) tensor = to_nhwc(tensor);
  return constant_buffer(std::move(tensor));
}

BufferId Lowering::convert(ValueId id, Layout layout, bool real) {
  const Value& v = value(id);
  const Layout other = layout == Layout::nhwc ? Layout::logical : Layout::nhwc;
  const auto affine = affine_of(v);
  const BufferId dst = arena_buffer(bytes_of(id, real));
  const int64_t n = count(v.shape);
  const NodeId at = current_;

  if (is_coded(v) && !find(id, layout, !real) && !find(id, other, real) && find(id, other, !real)) {
    // Both differ. From a real NCHW input to NHWC codes there is one kernel; otherwise the layout of the small codes is changed, not that
    // of floats.
    if (affine && !real && affine->lo == 0 && affine->hi == 255 && affine->levels.empty()) {
      const BufferId src = *find(id, other, true);
      const Matrices m = matrices_of(v.shape, layout);
      const auto& row = select<kernels::QuantizeTransposeFn>(options.isa);
      add_step(at, row.name, {src}, {dst}, [=, run = row.run](const RunContext& c) {
        run_rows(c, run,
                 kernels::QuantizeTransposeArgs{c.at<float>(src), c.at<uint8_t>(dst), m.rows, m.cols, affine->scale, affine->zero_point},
                 m.batch);
      });
      return dst;
    }
    get(id, real ? layout : other, false);
  }

  if (const auto same_layout = find(id, layout, !real); same_layout && is_coded(v)) {
    const BufferId src = *same_layout;
    if (!affine) {
      add_step(at, real ? "dequantize" : "quantize", {src}, {dst}, [=, shape = v.shape, spec = *v.quant](const RunContext& c) {
        const Tensor result = real ? dequantize_tensor(view(spec.storage, shape, c.at<std::byte>(src)), spec)
                                   : quantize_tensor(view(DType::f32, shape, c.at<std::byte>(src)), spec);
        std::memcpy(c.at<std::byte>(dst), result.bytes(), result.byte_size());
      });
    } else if (real) {
      const auto& row = select<kernels::DequantizeFn>(options.isa);
      add_step(at, row.name, {src}, {dst}, [=, run = row.run](const RunContext& c) {
        const kernels::DequantizeArgs args{c.at<uint8_t>(src), c.at<float>(dst), affine->scale, affine->zero_point};
        c.parallel(n, 0.2, [&](int64_t begin, int64_t end, std::byte*) { run(args, begin, end); });
      });
    } else {
      const auto& row = select<kernels::QuantizeFn>(options.isa);
      add_step(at, row.name, {src}, {dst}, [=, run = row.run](const RunContext& c) {
        const kernels::QuantizeArgs args{c.at<float>(src), c.at<uint8_t>(dst), affine->scale, affine->zero_point};
        c.parallel(n, 0.3, [&](int64_t begin, int64_t end, std::byte*) {
          run(args, begin, end);
          if (affine->lo > 0 || affine->hi < 255)
            for (int64_t i = begin; i < end; ++i)
              args.dst[i] = static_cast<uint8_t>(std::clamp<int32_t>(args.dst[i], affine->lo, affine->hi));
        });
      });
      if (!affine->levels.empty()) add_lookup(at, dst, dst, n, level_table(affine->levels));
    }
    return dst;
  }

  const auto source = find(id, other, real);
  if (!source) fail("value \"{}\" is read before it is computed", v.name);
  const BufferId src = *source;
  const Matrices m = matrices_of(v.shape, layout);
  const DType type = real ? v.dtype : stored_dtype(v);
  if (type == DType::u8) {
    const auto& row = select<kernels::TransposeU8Fn>(options.isa);
    add_step(at, row.name, {src}, {dst}, [=, run = row.run](const RunContext& c) {
      run_rows(c, run, kernels::TransposeU8Args{c.at<uint8_t>(src), c.at<uint8_t>(dst), m.rows, m.cols}, m.batch);
    });
  } else if (type == DType::f32) {
    const auto& row = select<kernels::TransposeF32Fn>(options.isa);
    add_step(at, row.name, {src}, {dst}, [=, run = row.run](const RunContext& c) {
      run_rows(c, run, kernels::TransposeF32Args{c.at<float>(src), c.at<float>(dst), m.rows, m.cols}, m.batch);
    });
  } else {
    add_step(at, "transpose", {src}, {dst}, [=](const RunContext& c) {
      const int64_t image = m.rows * m.cols;
      ops::copy_strided(size_of(type), {m.batch, m.cols, m.rows}, c.at<std::byte>(src), {image, 1, m.cols}, c.at<std::byte>(dst),
                        {image, m.rows, 1});
    });
  }
  return dst;
}

}  // namespace galet::runtime
