#include "galet/analysis/layer_speed.h"

#include <algorithm>
#include <map>

#include "galet/analysis/cost.h"
#include "galet/ir/op.h"

namespace galet::analysis {
namespace {

using Costs = std::map<std::string, LayerCost, std::less<>>;

/// The node whose arithmetic a step does. A step is named for the last node that it computes: what was fused lies between.
const LayerCost* worker(const Graph& graph, const Costs& costs, const runtime::StepTiming& step) {
  const auto last = costs.find(step.node);
  if (last == costs.end()) return nullptr;
  if (step.macs == 0 || last->second.macs == step.macs) return &last->second;
  std::vector<std::string> seen{step.node};
  constexpr size_t kMostFused = 64;
  for (size_t i = 0; i < seen.size() && seen.size() < kMostFused; ++i) {
    const auto node = graph.find_node(seen[i]);
    if (!node) continue;
    for (const ValueId operand : graph.node(*node).operands) {
      if (!operand.valid() || !graph.value(operand).producer.valid()) continue;
      const auto before = costs.find(graph.node(graph.value(operand).producer).name);
      if (before == costs.end()) continue;
      if (before->second.macs == step.macs) return &before->second;
      if (before->second.macs == 0) seen.push_back(before->first);
    }
  }
  return &last->second;
}

struct Weighted {
  int64_t kernel_h = 1, kernel_w = 1, products = 0;  // products: summed into one result
  bool depthwise = false, first = false, pixel = false, grouped = false;
};

Weighted weighted_of(const Graph& graph, const LayerCost& cost) {
  Weighted weighted;
  weighted.products = cost.macs / std::max<int64_t>(count(cost.dst), 1);
  const auto id = graph.find_node(cost.name);
  if (!id || cost.op != "conv2d") return weighted;
  const Shape& weight = graph.value(graph.node(*id).operands[1]).shape;  // (out, in/group, kh, kw)
  weighted.kernel_h = weight[2], weighted.kernel_w = weight[3];
  const int64_t groups = cost.src[1] / std::max<int64_t>(weight[1], 1);
  weighted.depthwise = groups > 1 && weight[1] == 1;
  weighted.grouped = groups > 1 && weight[1] > 1;
  weighted.first = groups == 1 && weight[1] <= 4;
  weighted.pixel = cost.dst[2] * cost.dst[3] == 1;
  return weighted;
}

std::string kind_of(const LayerCost& cost, const Weighted& weighted, const runtime::StepTiming& step) {
  if (step.macs == 0) {
    for (const char* family : {"quantize_transpose", "dequantize", "quantize", "transpose", "lookup"})
      if (step.kernel.find(family) != std::string::npos) return family;
    return cost.op;
  }
  if (cost.macs != step.macs) return "several layers";
  if (cost.op != "conv2d") return cost.op;
  const std::string window = fmt::format("{}x{}", weighted.kernel_h, weighted.kernel_w);
  if (weighted.depthwise) return "depthwise " + window;
  if (weighted.pixel) return "conv of one pixel";
  if (weighted.first) return "first conv " + window;
  return (weighted.grouped ? "grouped conv " : "conv ") + window;
}

/// Of the level that holds so many bytes: the measured buffers fill half of theirs.
const Bandwidth& level_of(const MachinePeaks& peaks, int64_t bytes) {
  for (const Bandwidth& read : peaks.reads)
    if (bytes <= 2 * read.bytes * peaks.threads) return read;
  return peaks.reads.back();
}

std::string reason(const LayerSpeed& layer, const Weighted& weighted, const Bandwidth& level) {
  constexpr double kSmallMs = 0.003, kBoundPercent = 50;
  constexpr int64_t kShortSum = 64;
  if (layer.memory_bound && layer.roof_percent >= kBoundPercent)
    return fmt::format("bound by its bytes: {} gives {:.0f} GB/s", level.level, level.gb_per_s);
  if (layer.fastest_ms < kSmallMs) return "small: starting it takes as long as its work";
  if (weighted.depthwise)
    return fmt::format("{} products a result, none of them shared: loading, arranging and requantizing bound it", weighted.products);
  if (weighted.products > 0 && weighted.products <= kShortSum)
    return fmt::format("short sums ({} products): requantizing a result costs as much", weighted.products);
  if (layer.macs == 0)
    return fmt::format("{:.0f} % of what {} gives ({:.0f} GB/s): converting and rounding each value bounds it, not its bytes",
                       layer.roof_percent, level.level, level.gb_per_s);
  return {};
}

}  // namespace

SpeedReport layer_speeds(const Graph& graph, std::span<const runtime::StepTiming> timings, const Remarks& remarks,
                         const MachinePeaks& peaks) {
  Costs costs;
  for (LayerCost& layer : cost(graph).layers) costs.insert_or_assign(layer.name, layer);
  std::map<std::string, std::string> kernel_reasons;
  for (const Remark& remark : remarks)
    if (remark.decision.starts_with("kernel ") && !remark.reason.empty()) kernel_reasons[remark.node] = remark.reason;

  SpeedReport report;
  std::map<std::string, KindSpeed> kinds;
  std::map<std::string, double> best_ms;  // of a kind: what its steps would take at their roofs
  std::map<std::string, double> peak_ms;
  for (const runtime::StepTiming& step : timings) report.fastest_ms += 1e3 * step.fastest;
  for (const runtime::StepTiming& step : timings) {
    const LayerCost* cost = worker(graph, costs, step);
    const LayerCost none;
    const Weighted weighted = cost != nullptr && step.macs > 0 ? weighted_of(graph, *cost) : Weighted{};
    LayerSpeed layer;
    layer.name = step.node, layer.kernel = step.kernel;
    layer.kind = kind_of(cost != nullptr ? *cost : none, weighted, step);
    layer.ms = step.calls == 0 ? 0 : 1e3 * step.seconds / static_cast<double>(step.calls);
    layer.fastest_ms = 1e3 * step.fastest;
    layer.share = report.fastest_ms > 0 ? layer.fastest_ms / report.fastest_ms : 0;
    layer.macs = step.macs;
    layer.bytes = step.bytes + (cost != nullptr && step.macs > 0 ? cost->weight_bytes : 0);
    const bool integer = step.kernel.find("i8") != std::string::npos;
    const double peak = 1e6 * (integer ? peaks.dot_i8_gmac_per_s : peaks.fma_f32_gmac_per_s);  // MAC/ms
    const Bandwidth& level = level_of(peaks, layer.bytes);
    const double arithmetic_ms = static_cast<double>(layer.macs) / peak,
                 memory_ms = static_cast<double>(layer.bytes) / (1e6 * level.gb_per_s);
    layer.memory_bound = memory_ms > arithmetic_ms;
    if (layer.fastest_ms > 0) {
      layer.gmac_per_s = static_cast<double>(layer.macs) / layer.fastest_ms / 1e6;
      layer.gb_per_s = static_cast<double>(layer.bytes) / layer.fastest_ms / 1e6;
      layer.peak_percent = 100 * arithmetic_ms / layer.fastest_ms;
      layer.roof_percent = 100 * std::max(arithmetic_ms, memory_ms) / layer.fastest_ms;
    }
    constexpr double kGood = 50;  // percent
    if (const auto found = kernel_reasons.find(cost != nullptr ? cost->name : step.node); found != kernel_reasons.end())
      layer.note = found->second;
    if (layer.peak_percent < kGood)
      if (const std::string why = reason(layer, weighted, level); !why.empty()) layer.note += (layer.note.empty() ? "" : "; ") + why;

    KindSpeed& kind = kinds[layer.kind];
    kind.kind = layer.kind;
    ++kind.steps;
    kind.macs += layer.macs, kind.bytes += layer.bytes, kind.fastest_ms += layer.fastest_ms, kind.share += layer.share;
    best_ms[layer.kind] += std::max(arithmetic_ms, memory_ms);
    peak_ms[layer.kind] += arithmetic_ms;
    report.layers.push_back(std::move(layer));
  }
  for (auto& [name, kind] : kinds) {
    if (kind.fastest_ms > 0) {
      kind.gmac_per_s = static_cast<double>(kind.macs) / kind.fastest_ms / 1e6;
      kind.gb_per_s = static_cast<double>(kind.bytes) / kind.fastest_ms / 1e6;
      kind.peak_percent = 100 * peak_ms[name] / kind.fastest_ms;
      kind.roof_percent = 100 * best_ms[name] / kind.fastest_ms;
    }
    report.kinds.push_back(kind);
  }
  std::stable_sort(report.kinds.begin(), report.kinds.end(),
                   [](const KindSpeed& a, const KindSpeed& b) { return a.fastest_ms > b.fastest_ms; });
  return report;
}

}  // namespace galet::analysis
