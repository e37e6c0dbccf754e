// Operators that move channels: labels go where the places go.
#include <algorithm>

#include "galet/core/error.h"
#include "galet/prune/channels/trace.h"
#include "galet/transform/edit.h"

namespace galet::prune {
namespace {

std::string says(const Trace& trace, NodeId node, std::string_view what) {
  return fmt::format("{} {}", transform::describe(trace.graph(), node), what);
}

std::vector<uint32_t> part(const Labels& labels, int64_t first, int64_t last) {
  return {labels.of.begin() + first, labels.of.begin() + last};
}

/// How the labels of `src` lie after a reshape; none where they do not.
Labels reshaped(Trace& trace, const Labels& src, const Shape& from, const Shape& to) {
  const int64_t outer = count(from, 0, static_cast<size_t>(src.axis)), extent = from[static_cast<size_t>(src.axis)];
  for (size_t b = 0; b < to.size(); ++b)  // the axis goes on as it was
    if (count(to, 0, b) == outer && to[b] == extent) return {static_cast<int>(b), src.of};
  for (size_t b = 0; b < to.size(); ++b) {  // it is merged with those before (repeated as a whole) and behind (each repeated)
    const int64_t before = count(to, 0, b);
    if (before == 0 || outer % before != 0 || extent == 0) continue;
    const int64_t tiles = outer / before;
    if (to[b] == 0 || to[b] % (tiles * extent) != 0) continue;
    const int64_t each = to[b] / (tiles * extent);
    if (count(from, static_cast<size_t>(src.axis) + 1, from.size()) % each != 0) continue;
    Labels result{static_cast<int>(b), {}};
    for (int64_t t = 0; t < tiles; ++t)
      for (const uint32_t label : src.of) result.of.insert(result.of.end(), static_cast<size_t>(each), label);
    return result;
  }
  for (size_t b = 0; b + 1 < to.size(); ++b) {  // it is split: groups of channels, which lose the same ones
    if (count(to, 0, b) != outer || to[b] * to[b + 1] != extent || to[b] < 1) continue;
    const int64_t each = to[b + 1];
    for (int64_t g = 1; g < to[b]; ++g)
      for (int64_t k = 0; k < each; ++k) trace.tie(src.of[static_cast<size_t>(k)], src.of[static_cast<size_t>(g * each + k)]);
    return {static_cast<int>(b) + 1, part(src, 0, each)};
  }
  return {};
}

}  // namespace

void reshape_channels(Trace& trace, NodeId node) {
  const Graph& graph = trace.graph();
  const Labels src = trace.labels(graph.node(node).operands[0]);
  if (!src) return;
  const Labels dst = reshaped(trace, src, graph.value(graph.node(node).operands[0]).shape, graph.value(graph.result(node)).shape);
  if (!dst) return trace.keep(src, says(trace, node, "cuts channels apart"));
  trace.set(graph.result(node), dst);
  trace.edit([node, dst](Rewriter& rewriter, const Kept& kept) {
    Ints shape = rewriter.graph().call(node).get_ints("shape");
    shape[static_cast<size_t>(dst.axis)] = kept.count(dst);
    rewriter.set_attribute(node, "shape", shape);
  });
}

void transpose_channels(Trace& trace, NodeId node) {
  const OpCall call = trace.graph().call(node);
  Labels src = trace.labels(trace.graph().node(node).operands[0]);
  if (!src) return;
  const Ints& perm = call.get_ints("perm");
  src.axis = static_cast<int>(std::find(perm.begin(), perm.end(), src.axis) - perm.begin());
  trace.set(trace.graph().result(node), src);
}

void concat_channels(Trace& trace, NodeId node) {
  const Graph& graph = trace.graph();
  const auto& operands = graph.node(node).operands;
  const auto rank = static_cast<int64_t>(graph.value(graph.result(node)).shape.size());
  const int axis = static_cast<int>((graph.call(node).get_int("axis") + rank) % rank);
  Labels all;
  bool across = false, along = false;
  for (const ValueId operand : operands)
    if (const Labels own = trace.labels(operand); own) {
      across |= own.axis != axis, along |= own.axis == axis;
      if (!all) all = own;
    }
  if (!all) return;
  auto keep_all = [&](std::string_view why) {
    for (const ValueId operand : operands) trace.keep(trace.labels(operand), says(trace, node, why));
  };
  if (across && along) return keep_all("meets channels along different axes");
  if (along) {
    Labels joined{axis, {}};
    for (const ValueId operand : operands) {
      Labels own = trace.labels(operand);
      if (!own) {
        own = trace.fresh(axis, graph.value(operand).shape[static_cast<size_t>(axis)]);
        trace.keep(own, says(trace, node, "joins it with channels that stay"));
      }
      joined.of.insert(joined.of.end(), own.of.begin(), own.of.end());
    }
    return trace.set(graph.result(node), joined);
  }
  for (size_t i = 0; i < operands.size(); ++i) {
    const Labels own = trace.labels(operands[i]);
    if (own && own.axis != all.axis) return keep_all("meets channels along different axes");
    if (!own && !graph.value(operands[i]).is_constant())
      return keep_all(fmt::format("meets \"{}\" there, whose channels stay", graph.value(operands[i]).name));
  }
  for (size_t i = 0; i < operands.size(); ++i) {
    if (const Labels own = trace.labels(operands[i]); own)
      trace.tie(all, own);
    else
      trace.slice(node, i, static_cast<size_t>(all.axis), all);
  }
  trace.set(graph.result(node), all);
}

void split_channels(Trace& trace, NodeId node) {
  const Graph& graph = trace.graph();
  const Labels src = trace.labels(graph.node(node).operands[0]);
  if (!src) return;
  const OpCall call = graph.call(node);
  const auto rank = static_cast<int64_t>(call.rank(0));
  const auto& results = graph.node(node).results;
  if ((call.get_int("axis") + rank) % rank != src.axis) {
    for (const ValueId result : results) trace.set(result, src);
    return;
  }
  std::vector<Labels> parts;
  int64_t at = 0;
  for (const ValueId result : results) {
    const int64_t size = graph.value(result).shape[static_cast<size_t>(src.axis)];
    parts.push_back({src.axis, part(src, at, at + size)});
    trace.set(result, parts.back());
    at += size;
  }
  trace.edit([node, parts](Rewriter& rewriter, const Kept& kept) {
    Ints sizes;
    for (const Labels& one : parts) sizes.push_back(kept.count(one));
    rewriter.set_attribute(node, "sizes", sizes);
  });
}

void slice_channels(Trace& trace, NodeId node) {
  const Graph& graph = trace.graph();
  const Labels src = trace.labels(graph.node(node).operands[0]);
  if (!src) return;
  const OpCall call = graph.call(node);
  const Ints &axes = call.get_ints("axes"), &starts = call.get_ints("starts"), &ends = call.get_ints("ends"),
             &steps = call.get_ints("steps");
  const auto rank = static_cast<int64_t>(call.rank(0));
  for (size_t i = 0; i < axes.size(); ++i) {
    if ((axes[i] + rank) % rank != src.axis) continue;
    if (steps[i] != 1) return trace.keep(src, says(trace, node, "takes channels in steps"));
    const int64_t begin = starts[i], end = std::max(ends[i], begin);
    trace.set(graph.result(node), {src.axis, part(src, begin, end)});
    return trace.edit([node, src, i, begin, end](Rewriter& rewriter, const Kept& kept) {
      const OpCall now = rewriter.graph().call(node);
      Ints from = now.get_ints("starts"), to = now.get_ints("ends");
      from[i] = kept.count(src, 0, static_cast<size_t>(begin)), to[i] = kept.count(src, 0, static_cast<size_t>(end));
      rewriter.set_attribute(node, "starts", from);
      rewriter.set_attribute(node, "ends", to);
    });
  }
  trace.set(graph.result(node), src);
}

/// Padded channels are new ones that nothing produces: what is added to them decides whether they stay.
void pad_channels(Trace& trace, NodeId node) {
  const Graph& graph = trace.graph();
  const Labels src = trace.labels(graph.node(node).operands[0]);
  if (!src) return;
  const OpCall call = graph.call(node);
  const Ints& pads = call.get_ints("pads");
  const size_t first = static_cast<size_t>(src.axis), last = first + call.rank(0);
  if (pads[first] == 0 && pads[last] == 0) return trace.set(graph.result(node), src);
  if (pads[first] < 0 || pads[last] < 0 || call.get_string("mode") != "constant")
    return trace.keep(src, says(trace, node, "fills new channels from others"));
  const Labels before = trace.fresh(src.axis, pads[first]), after = trace.fresh(src.axis, pads[last]);
  Labels dst{src.axis, before.of};
  dst.of.insert(dst.of.end(), src.of.begin(), src.of.end());
  dst.of.insert(dst.of.end(), after.of.begin(), after.of.end());
  trace.set(graph.result(node), dst);
  trace.edit([node, before, after, first, last](Rewriter& rewriter, const Kept& kept) {
    Ints now = rewriter.graph().call(node).get_ints("pads");
    now[first] = kept.count(before), now[last] = kept.count(after);
    rewriter.set_attribute(node, "pads", now);
  });
}

}  // namespace galet::prune
