// Operators that move codes. Their own reference, run on the numbers of the elements instead of the elements, says where each code comes
// from; what comes out is a nest of loops with steps nearly always (reshape, transpose, slice, split, pad, expand, tile, depth to space,
// channel shuffle, nearest resize by whole factors), else a list of places.
#include <algorithm>

#include "galet/exporters/c/lowering.h"
#include "galet/runtime/integer_reference.h"

namespace galet::exporters::c {
namespace {

/// For each result, the source element (logical numbering) of each element; -1: the fill value.
std::vector<std::vector<int32_t>> sources(const Lowering& l, NodeId id) {
  const Node& node = l.node(id);
  if (node.op->reference == nullptr) throw CannotWrite{"it has no reference"};
  std::vector<Tensor> operands;
  for (const ValueId operand : node.operands) {
    if (operands.empty()) {
      const Shape& shape = l.value(operand).shape;
      std::vector<float> numbers(static_cast<size_t>(count(shape)));
      if (numbers.size() >= size_t{1} << 24) throw CannotWrite{"it moves more than 16 million elements"};
      for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
      operands.push_back(Tensor::from<float>(shape, numbers));
      continue;
    }
    if (operand.valid() && !l.value(operand).is_constant()) throw CannotWrite{"where it moves things is only known at run time"};
    operands.push_back(operand.valid() ? l.value(operand).constant : Tensor());
  }
  Attributes attributes = node.attributes;
  const OpCall plain = l.graph.call(id);
  for (const char* name : {"value", "extrapolation"})
    if (plain.has_attribute(name)) attributes[name] = -1.0f;
  const OpCall call(*node.op, node.name, attributes, plain.operands);
  std::vector<Tensor> results = node.op->name == "cast" ? std::vector<Tensor>{operands[0]} : node.op->reference(call, operands);
  std::vector<std::vector<int32_t>> maps;
  for (const Tensor& result : results) {
    auto& map = maps.emplace_back();
    for (const float x : result.span<float>()) map.push_back(static_cast<int32_t>(x));
  }
  return maps;
}

struct Pair {
  int32_t dst, src;
};
struct Loop {
  int32_t count = 1, src_step = 0, dst_step = 0;
};

/// The pairs as nested loops, outermost first; empty where six do not do.
std::vector<Loop> loops_of(std::vector<Pair> pairs) {
  std::vector<Loop> loops;
  while (pairs.size() > 1) {
    if (loops.size() == 6) return {};
    const int32_t ds = pairs[1].dst - pairs[0].dst, ss = pairs[1].src - pairs[0].src;
    auto follows = [&](size_t i) { return pairs[i].dst - pairs[i - 1].dst == ds && pairs[i].src - pairs[i - 1].src == ss; };
    size_t run = 1;
    while (run < pairs.size() && follows(run)) ++run;
    auto holds = [&](size_t n) {
      for (size_t block = 0; block < pairs.size(); block += n)
        for (size_t i = 1; i < n; ++i)
          if (!follows(block + i)) return false;
      return true;
    };
    while (run > 1 && (pairs.size() % run != 0 || !holds(run))) --run;
    if (run == 1) return {};
    loops.insert(loops.begin(), {static_cast<int32_t>(run), ss, ds});
    std::vector<Pair> outer;
    for (size_t i = 0; i < pairs.size(); i += run) outer.push_back(pairs[i]);
    pairs = std::move(outer);
  }
  while (loops.size() < 6) loops.insert(loops.begin(), Loop{});
  return loops;
}

class Mover {
 public:
  Mover(Lowering& lowering, NodeId id) : l_(lowering), id_(id), node_(lowering.node(id)), source_(node_.operands[0]) {}

  void lower() {
    const std::vector<std::vector<int32_t>> maps = sources(l_, id_);
    for (size_t i = 0; i < maps.size(); ++i) lower_result(node_.results[i], maps[i]);
  }

 private:
  void lower_result(ValueId result, const std::vector<int32_t>& map) {
    const Shape &src_shape = l_.value(source_).shape, &shape = l_.value(result).shape;
    const Affine from = l_.affine(source_), to = l_.affine(result);
    if (only_linear_readers(result) && from == to && flattens(src_shape, map)) {
      l_.flattened[result] = Shape(src_shape.begin() + 1, src_shape.end());
      l_.define(result, l_.buffer(source_));
      return;
    }
    const std::vector<int32_t> from_places = positions(src_shape), to_places = positions(shape);
    std::vector<int32_t> places(map.size());
    for (size_t i = 0; i < map.size(); ++i)
      places[static_cast<size_t>(to_places[i])] = map[i] < 0 ? -1 : from_places[static_cast<size_t>(map[i])];
    bool in_order = places.size() == from_places.size();
    for (size_t i = 0; in_order && i < places.size(); ++i) in_order = places[i] == static_cast<int32_t>(i);
    if (in_order && from == to && !l_.graph.is_output(result)) return l_.define(result, l_.buffer(source_));
    write(result, places, in_order, from, to);
  }

  void write(ValueId result, const std::vector<int32_t>& places, bool in_order, const Affine& from, const Affine& to) {
    Step step;
    step.layer = node_.name;
    const BufferId src = l_.buffer(source_), dst = l_.result(result);
    const size_t codes = places.size();
    const std::string table = from == to ? "0" : l_.table_array(node_.name + "_table", runtime::rescale_table(from, to));
    const bool fills = std::find(places.begin(), places.end(), -1) != places.end();
    std::vector<Pair> pairs;
    for (size_t i = 0; i < codes; ++i)
      if (places[i] >= 0) pairs.push_back({static_cast<int32_t>(i), places[i]});
    const std::vector<Loop> loops = pairs.size() == 1 ? std::vector<Loop>(6) : loops_of(pairs);
    step.comment =
        fmt::format("{}: {}, {} -> {}", node_.name, node_.op->name, extents(l_.value(source_).shape), extents(l_.value(result).shape));
    if (in_order) {
      step.call = fmt::format("galet_run_lookup(1, {}, ${}, {}, {}, ${}, {});", codes, src, codes, table, dst, codes);
      step.replaces = {src};
      l_.program.texts.insert("lookup");
    } else if (pairs.empty()) {
      step.call = fill(dst, codes, from, to);
    } else if (loops.empty()) {
      const std::string from_name = l_.array(node_.name + "_from", "int32_t", places);
      step.call = fmt::format("galet_run_gather({}, {}, {}, {}, ${}, ${});", from_name, codes, table, fill_code(from, to), src, dst);
      l_.program.texts.insert("gather");
    } else {
      if (fills) step.call = fill(dst, codes, from, to) + "\n";
      const std::string layer = l_.global(node_.name);
      std::string counts, src_steps, dst_steps;
      for (const Loop& loop : loops) {
        const char* comma = counts.empty() ? "" : ", ";
        counts += fmt::format("{}{}", comma, loop.count);
        src_steps += fmt::format("{}{}", comma, loop.src_step);
        dst_steps += fmt::format("{}{}", comma, loop.dst_step);
      }
      step.declaration = fmt::format(
          "static const galet_move {} = {{\n    .count = {{{}}}, .src_step = {{{}}}, .dst_step = {{{}}}, .src_first = {}, .dst_first = {}, "
          ".table = {}}};\n",
          layer, counts, src_steps, dst_steps, pairs[0].src, pairs[0].dst, table);
      step.call += fmt::format("galet_run_move(&{}, ${}, ${});", layer, src, dst);
      l_.program.texts.insert("move");
      l_.count_struct(84);
    }
    step.reads = {src};
    step.writes = {dst};
    l_.program.steps.push_back(std::move(step));
  }

  /// What fills, as a code of the result.
  int fill_code(const Affine& from, const Affine& to) const {
    const OpCall call = l_.graph.call(id_);
    uint8_t code = static_cast<uint8_t>(from.zero_point);
    for (const char* name : {"value", "extrapolation"})
      if (call.has_attribute(name)) code = runtime::quantize_real(call.get_float(name), from);
    return from == to ? code : runtime::rescale_table(from, to)[code];
  }
  std::string fill(BufferId dst, size_t codes, const Affine& from, const Affine& to) {
    l_.program.texts.insert("fill");
    return fmt::format("galet_run_fill(${}, {}, {});", dst, codes, fill_code(from, to));
  }

  bool only_linear_readers(ValueId result) const {
    const auto readers = l_.graph.readers(result);
    return !readers.empty() && !l_.graph.is_output(result) && std::all_of(readers.begin(), readers.end(), [&](NodeId reader) {
      const Node& node = l_.node(reader);
      return node.op->name == "linear" && node.operands[0] == result;
    });
  }
  /// (1, c, h, w) -> (1, c * h * w)
  bool flattens(const Shape& src, const std::vector<int32_t>& map) const {
    if (src.size() != 4 || l_.value(node_.results[0]).shape.size() != 2 || l_.value(node_.results[0]).shape[0] != 1) return false;
    for (size_t i = 0; i < map.size(); ++i)
      if (map[i] != static_cast<int32_t>(i)) return false;
    return map.size() == static_cast<size_t>(count(src));
  }

  Lowering& l_;
  NodeId id_;
  const Node& node_;
  ValueId source_;
};

}  // namespace

bool lower_movement(Lowering& lowering, NodeId id) {
  if (lowering.choices[id].computation != runtime::Computation::movement) return false;
  Mover(lowering, id).lower();
  return true;
}

}  // namespace galet::exporters::c
