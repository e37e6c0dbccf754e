// conv2d, conv_transpose2d, linear, matmul: one call each, with the table and the addition that ride on it.
#include <algorithm>

#include "galet/exporters/c/lowering.h"
#include "galet/kernels/reference/arithmetic.h"
#include "galet/ops/activation.h"
#include "galet/ops/window.h"
#include "galet/runtime/integer_reference.h"

namespace galet::exporters::c {
namespace {

using runtime::Computation;

class Weighted {
 public:
  Weighted(Lowering& lowering, NodeId id)
      : l_(lowering), id_(id), node_(lowering.node(id)), call_(lowering.graph.call(id)), fusion_(lowering.fusions[id]) {
    weight_ = &l_.value(node_.operands[1]);
    name_ = node_.name;
  }

  void lower() {
    find_geometry();
    const bool coded = l_.choices[id_].computation == Computation::weighted;
    const ValueId source = node_.operands[0];
    const NodeId last = coded ? l_.runs_at[id_] : id_;
    const ValueId result = l_.graph.result(last);
    if (!coded && !l_.graph.is_output(result)) throw CannotWrite{"its result is real and a float node reads it"};
    check_accumulators();

    Step step;
    step.layer = node_.name;
    const BufferId src = l_.buffer(source);
    BufferId other = -1;
    if (fusion_.sum.valid()) other = l_.buffer(l_.node(fusion_.sum).operands[1 - fusion_.sum_operand]);
    const BufferId dst = l_.result(result);
    step.reads = {src};
    if (other >= 0) step.reads.push_back(other), step.replaces = {other};
    step.writes = {dst};

    std::string kind = g_.transposed ? "conv_transpose" : kernels::c99_depthwise(g_) ? "depthwise" : "conv";
    const std::string weight = write_weight(kind);
    const std::string layer = l_.global(name_);
    step.declaration = declare(kind, layer, source, result, coded, other);
    std::string scratch;
    if (kind == "packed_conv") {
      const BufferId unpacked = l_.new_buffer(name_ + " unpacked", g_.kernel_h * g_.kernel_w * (g_.src_c / g_.groups) * 8);
      step.reads.push_back(unpacked);
      scratch = fmt::format(", ${}", unpacked);
    }
    step.call = fmt::format("galet_run_{}(&{}, ${}, @{}, {}, ${}{});", kind, layer, src, weight,
                            other >= 0 ? fmt::format("${}", other) : "0", dst, scratch);
    if (!coded) step.call += "\n" + to_real(dst, layer);
    step.comment = comment(coded, result);
    for (const char* text : {"round", "scale", "requantize", "add_codes", "finish", "window"}) l_.program.texts.insert(text);
    l_.program.texts.insert(kind);
    if (kind != "depthwise") l_.program.texts.insert("conv_layer");
    if (kind == "packed_conv") l_.program.texts.insert("conv");
    l_.program.steps.push_back(std::move(step));
  }

 private:
  void find_geometry() {
    const Shape &src = call_.shape(0), &w = call_.shape(1), &dst = l_.value(node_.results[0]).shape;
    if (node_.op->name == "conv2d" || node_.op->name == "conv_transpose2d") {
      const Ints &strides = call_.get_ints("strides"), &pads = call_.get_ints("pads"), &dilations = call_.get_ints("dilations");
      g_.src_h = src[2], g_.src_w = src[3], g_.src_c = src[1], g_.dst_h = dst[2], g_.dst_w = dst[3], g_.dst_c = dst[1];
      g_.kernel_h = w[2], g_.kernel_w = w[3], g_.stride_h = strides[0], g_.stride_w = strides[1];
      g_.dilation_h = dilations[0], g_.dilation_w = dilations[1], g_.pad_top = pads[0], g_.pad_left = pads[1];
      g_.groups = call_.get_int("group"), g_.transposed = node_.op->name == "conv_transpose2d";
      return;
    }
    if (src.size() == 4) throw CannotWrite{"a matrix product over images is not written"};
    const bool linear = node_.op->name == "linear";
    g_.src_c = w[linear ? 1 : 0], g_.dst_c = w[linear ? 0 : 1];
    g_.src_w = g_.dst_w = count(src) / std::max<int64_t>(g_.src_c, 1);
    g_.src_h = g_.dst_h = 1;
  }

  /// Weights as c99_pack takes them.
  std::vector<int8_t> weights() const {
    const int8_t* w = weight_->constant.data<int8_t>();
    std::vector<int8_t> codes(w, w + weight_->constant.size());
    const auto map = l_.flattened.find(node_.operands[0]);
    for (int64_t o = 0; o < g_.dst_c; ++o)
      for (int64_t i = 0; i < g_.src_c; ++i) {
        if (node_.op->name == "matmul") codes[static_cast<size_t>(o * g_.src_c + i)] = w[i * g_.dst_c + o];
        if (node_.op->name != "linear" || map == l_.flattened.end()) continue;
        const Shape& chw = map->second;  // element i lies at (y, x, c), the weights count (c, y, x)
        codes[static_cast<size_t>(o * g_.src_c + i)] = w[o * g_.src_c + i % chw[0] * chw[1] * chw[2] + i / chw[0]];
      }
    return codes;
  }

  void check_accumulators() const {
    const int64_t taps = g_.kernel_h * g_.kernel_w * (g_.src_c / g_.groups);
    if (taps > 65535) throw CannotWrite{fmt::format("{} products in a sum may not fit 32 bits", taps)};
    if (count(l_.value(node_.results[0]).shape) > 1 << 24 || count(l_.value(node_.operands[0]).shape) > 1 << 24)
      throw CannotWrite{"it has more than 16 million elements"};
  }

  /// Packs codes where they are few, or mostly zeros, and the layer is large enough for that to save more than it costs; `kind` then says
  /// so.
  std::string write_weight(std::string& kind) {
    const std::string about = kernels::c99_depthwise(g_) ? fmt::format("({}, {}, {})", g_.kernel_h, g_.kernel_w, g_.dst_c)
                                                         : fmt::format("({} channels in blocks of 8, {}, {}, {}, 8)", g_.dst_c, g_.kernel_h,
                                                                       g_.kernel_w, g_.src_c / g_.groups);
    const std::vector<int8_t> codes = kernels::c99_pack(g_, weights().data());
    const kernels::C99PackedWeights small =
        kind == "conv" && codes.size() >= 256 ? kernels::c99_squeeze(g_, codes) : kernels::C99PackedWeights{};
    if (small.bits == 0) return l_.weight_array(name_ + "_weight", codes, about);
    kind = "packed_conv";
    bits_ = small.bits;
    levels_ = small.levels.empty() ? "0" : l_.array(name_ + "_levels", "int8_t", small.levels);
    return l_.weight_array(name_ + "_weight", small.bytes,
                           about + (bits_ == 8 ? "; zeros left out" : fmt::format("; {} bits each", bits_)));
  }

  std::string declare(const std::string& kind, const std::string& layer, ValueId source, ValueId result, bool coded, BufferId other) {
    const Affine from = l_.affine(source);
    const int32_t* plain =
        node_.operands.size() > 2 && node_.operands[2].valid() ? l_.value(node_.operands[2]).constant.data<int32_t>() : nullptr;
    const std::vector<int32_t> bias = kernels::c99_bias(g_, weights().data(), plain, from.zero_point);
    const std::string bias_name = l_.array(name_ + "_bias", "int32_t", bias);
    std::string finish = ".finish = {0}";
    if (coded) finish = declare_finish(from);
    l_.count_struct(16 * 4 + 4 * 4 + 7 * 4);
    const int64_t dst_step = coded ? l_.pixel_step(result) : g_.dst_c;
    const int64_t src_step = std::max(l_.pixel_step(source), g_.src_c);
    std::string text = fmt::format(
        "static const galet_{} {} = {{\n    .shape = {{.src_h = {}, .src_w = {}, .src_c = {}, .src_step = {}, .dst_h = {}, .dst_w = {}, "
        ".dst_c = {}, .dst_step = {},\n",
        kind == "depthwise" ? kind : "conv", layer, g_.src_h, g_.src_w, g_.src_c, src_step, g_.dst_h, g_.dst_w, g_.dst_c, dst_step);
    text += fmt::format(
        "              .kernel_h = {}, .kernel_w = {}, .stride_h = {}, .stride_w = {}, .dilation_h = {}, .dilation_w = {}, .pad_top = {}, "
        ".pad_left = {}}},\n",
        g_.kernel_h, g_.kernel_w, g_.stride_h, g_.stride_w, g_.dilation_h, g_.dilation_w, g_.pad_top, g_.pad_left);
    if (kind != "depthwise")
      text += fmt::format("    .groups = {}, ", g_.groups);
    else
      text += "    ";
    text += fmt::format(".src_zero_point = {}, .bias = {}, .other_step = {},\n    {}}};\n", from.zero_point, bias_name,
                        other >= 0 ? l_.pixel_step(l_.node(fusion_.sum).operands[1 - fusion_.sum_operand]) : 0, finish);
    if (kind != "packed_conv") return sum_declaration_ + text;
    const size_t brace = text.find("{\n") + 2;
    return sum_declaration_ +
           fmt::format("static const galet_packed_conv {} = {{\n    .bits = {}, .levels = {}, .conv = {{\n", layer, bits_, levels_) +
           text.substr(brace, text.size() - brace - 2) + "};\n";
  }

  std::string declare_finish(const Affine& from) {
    const ValueId first = node_.results[0];
    Affine to = l_.affine(first);
    const std::vector<float> m = runtime::weighted_multipliers(*weight_->quant, g_.dst_c, from.scale, &to.scale);
    if (call_.has_attribute("activation")) {
      const ops::ActivationRange activation = ops::activation_range(call_);
      to = runtime::narrowed(to, activation.min, activation.max);
    }
    std::vector<uint32_t> scales;
    for (const float x : m) scales.push_back(kernels::c99_scale(x));
    low_m_ = *std::min_element(m.begin(), m.end()), high_m_ = *std::max_element(m.begin(), m.end()), to_ = to;
    std::string text = fmt::format(".finish = {{.scale = {}, .zero_point = {}, .lo = {}, .hi = {}",
                                   l_.array(name_ + "_scale", "uint32_t", scales), to.zero_point, to.lo, to.hi);
    if (fusion_.table.valid())
      text += fmt::format(", .table = {}",
                          l_.table_array(name_ + "_table", runtime::function_table(l_.graph, fusion_.table, l_.affine(first),
                                                                                   l_.affine(l_.graph.result(fusion_.table)))));
    if (fusion_.sum.valid()) {
      const std::string sum = l_.global(name_ + "_sum");
      sum_declaration_ = fmt::format("static const galet_sum {} = {};\n", sum, sum_initializer(l_, fusion_.sum));
      text += fmt::format(",\n               .sum = &{}, .other_is_a = {}", sum, fusion_.sum_operand == 0 ? 0 : 1);
    }
    return text + "}";
  }

  std::string to_real(BufferId dst, const std::string& layer) {
    const std::vector<float> m = runtime::weighted_multipliers(*weight_->quant, g_.dst_c, l_.affine(node_.operands[0]).scale, nullptr);
    ops::ActivationRange activation;
    if (call_.has_attribute("activation")) activation = ops::activation_range(call_);
    l_.program.texts.insert("to_real");
    const std::string scale = l_.array(name_ + "_scale", "float", m, "of " + layer + ", s_src * s_weight");
    return fmt::format("galet_run_to_real({}, {}, {}, {}, {}, {});", l_.program.buffers[static_cast<size_t>(dst)].name, g_.dst_h * g_.dst_w,
                       g_.dst_c, scale, exact(std::max(activation.min, -std::numeric_limits<float>::max())),
                       exact(std::min(activation.max, std::numeric_limits<float>::max())));
  }

  std::string comment(bool coded, ValueId result) const {
    const Shape& src = call_.shape(0);
    std::string text = fmt::format("{}: {}", node_.name, node_.op->name);
    if (src.size() == 4) text += fmt::format(" {}x{}", g_.kernel_h, g_.kernel_w);
    text += fmt::format(", {} -> {}", extents(src), extents(l_.value(result).shape));
    if (fusion_.table.valid()) text += fmt::format(", then {} \"{}\"", l_.node(fusion_.table).op->name, l_.node(fusion_.table).name);
    if (fusion_.sum.valid()) text += fmt::format(", then {} \"{}\"", l_.node(fusion_.sum).op->name, l_.node(fusion_.sum).name);
    if (!coded) return text + "\ny = (sum (src - z) * weight + bias) * m, m = s_src * s_weight";
    text += fmt::format("\nq = clamp(round((sum (src - {}) * weight + bias) * m) + {}, {}, {}), m = s_src * s_weight / s_dst = {:.6g}",
                        l_.affine(node_.operands[0]).zero_point, to_.zero_point, to_.lo, to_.hi, low_m_);
    if (high_m_ != low_m_) text += fmt::format(" .. {:.6g}", high_m_);
    if (fusion_.sum.valid()) text += "\n" + sum_equation(l_, fusion_.sum);
    return text;
  }

  Lowering& l_;
  NodeId id_;
  const Node& node_;
  const OpCall call_;
  Fusion fusion_;
  const Value* weight_;
  std::string name_, sum_declaration_, levels_;
  int bits_ = 8;
  kernels::ConvShape g_;  // of all four operators
  Affine to_;
  float low_m_ = 0, high_m_ = 0;
};

}  // namespace

bool lower_weighted(Lowering& lowering, NodeId id) {
  const Computation computation = lowering.choices[id].computation;
  if (computation != Computation::weighted && computation != Computation::weighted_real) return false;
  Weighted(lowering, id).lower();
  return true;
}

}  // namespace galet::exporters::c
