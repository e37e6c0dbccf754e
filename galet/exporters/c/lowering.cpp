#include "galet/exporters/c/lowering.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace galet::exporters::c {
namespace {

/// Digits and commas, twenty or so a line.
template <typename T>
std::string lines(const std::vector<T>& values) {
  std::string text;
  size_t line = 0;
  for (const T& x : values) {
    std::string number;
    if constexpr (std::is_same_v<T, float>)
      number = exact(x);
    else if constexpr (std::is_same_v<T, uint32_t>)
      number = fmt::format("0x{:08x}u", x);
    else
      number = x == std::numeric_limits<T>::min() && sizeof(T) == 4 ? "(-2147483647 - 1)" : std::to_string(x);
    if (line + number.size() > 150) text += "\n", line = 0;
    text += number + ",";
    line += number.size() + 1;
  }
  return text;
}

}  // namespace

Shape physical(const Shape& logical) { return logical.size() == 4 ? Shape{logical[2], logical[3], logical[1]} : logical; }

std::vector<int32_t> positions(const Shape& logical) {
  std::vector<int32_t> places(static_cast<size_t>(count(logical)));
  for (size_t i = 0; i < places.size(); ++i) {
    places[i] = static_cast<int32_t>(i);
    if (logical.size() != 4) continue;
    const auto plane = static_cast<size_t>(logical[2] * logical[3]);
    places[i] = static_cast<int32_t>(i % plane * static_cast<size_t>(logical[1]) + i / plane);
  }
  return places;
}

std::string extents(const Shape& shape) {
  std::string text;
  for (const int64_t extent : physical(shape)) text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return "(" + text + ")";
}

std::string exact(float x) {
  if (std::isinf(x)) return x < 0 ? "-HUGE_VALF" : "HUGE_VALF";
  const std::string decimal = fmt::format("{}", x);
  return decimal.size() < 8 && decimal.find_first_of(".e") != std::string::npos ? decimal + "f" : fmt::format("{:a}f", x);
}

Lowering::Lowering(const Graph& network, const CExportOptions& wanted) : graph(network), options(wanted) {
  for (const NodeId id : graph.order()) choices[id] = runtime::choose_computation(graph, id);
}

std::string Lowering::identifier(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool good = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (good || (!name.empty() && name.back() != '_')) name += good ? c : '_';
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) name = "n" + name;
  std::string unique = name;
  for (int i = 2; !names_.insert(unique).second; ++i) unique = name + "_" + std::to_string(i);
  return unique;
}

std::string Lowering::global(const std::string& text) { return identifier(options.name + "_" + text); }

BufferId Lowering::new_buffer(const std::string& name, int64_t bytes, Place place) {
  program.buffers.push_back({name, bytes, place, -1, 0, -1, -1});
  return static_cast<BufferId>(program.buffers.size()) - 1;
}

template <typename T>
std::string Lowering::array(const std::string& name, const char* type, const std::vector<T>& values, const std::string& about) {
  const std::string unique = global(name);
  program.constants.push_back(
      {unique, type, lines(values), about, static_cast<int64_t>(values.size()), static_cast<int64_t>(values.size() * sizeof(T)), {}});
  return unique;
}
template std::string Lowering::array(const std::string&, const char*, const std::vector<int32_t>&, const std::string&);
template std::string Lowering::array(const std::string&, const char*, const std::vector<int8_t>&, const std::string&);
template std::string Lowering::array(const std::string&, const char*, const std::vector<int16_t>&, const std::string&);
template std::string Lowering::array(const std::string&, const char*, const std::vector<uint32_t>&, const std::string&);
template std::string Lowering::array(const std::string&, const char*, const std::vector<uint8_t>&, const std::string&);
template std::string Lowering::array(const std::string&, const char*, const std::vector<float>&, const std::string&);

std::string Lowering::weight_array(const std::string& name, std::vector<int8_t> values, const std::string& about) {
  const std::string unique = global(name);
  Constant constant{unique, "int8_t", lines(values), about, static_cast<int64_t>(values.size()), static_cast<int64_t>(values.size()), {}};
  constant.weight = std::move(values);
  program.constants.push_back(std::move(constant));
  return unique;
}

std::string Lowering::table_array(const std::string& name, const runtime::CodeTable& table) {
  return array(name, "uint8_t", std::vector<uint8_t>(table.begin(), table.end()));
}

BufferId Lowering::buffer(ValueId id) {
  if (const auto found = buffers_.find(id); found != buffers_.end()) return found->second;
  const Value& constant = value(id);
  if (!constant.is_constant() || !runtime::affine_of(constant))
    throw CannotWrite{fmt::format("it reads \"{}\", which is not stored as codes", constant.name)};
  const std::vector<int32_t> places = positions(constant.shape);
  std::vector<uint8_t> codes(places.size());
  for (size_t i = 0; i < codes.size(); ++i) codes[static_cast<size_t>(places[i])] = constant.constant.data<uint8_t>()[i];
  return buffers_[id] = new_buffer(array(constant.name, "uint8_t", codes), static_cast<int64_t>(codes.size()), Place::constant);
}

BufferId Lowering::result(ValueId id) {
  const Value& made = value(id);
  const int64_t bytes = count(made.shape) * (runtime::is_coded(made) ? 1 : 4);
  if (const auto slot = slots.find(id); slot != slots.end()) {
    const BufferId whole = is_defined(slot->second.whole) ? buffer(slot->second.whole) : result(slot->second.whole);
    const BufferId part = new_buffer(made.name, bytes);
    program.buffers[static_cast<size_t>(part)].within = whole;
    program.buffers[static_cast<size_t>(part)].offset = slot->second.channel;
    return buffers_[id] = part;
  }
  if (graph.is_output(id)) return buffers_[id] = new_buffer(identifier("out_" + made.name), bytes, Place::output);
  return buffers_[id] = new_buffer(made.name, bytes);
}

int64_t Lowering::pixel_step(ValueId id) const {
  const auto slot = slots.find(id);
  const Shape& shape = value(slot == slots.end() ? id : slot->second.whole).shape;
  return shape.size() == 4 ? shape[1] : shape.empty() ? 1 : shape.back();
}

namespace {

/// Values of a codebook: each code becomes that of the nearest level.
void snap_to_levels(Lowering& l, const Node& node, ValueId result) {
  const auto affine = runtime::affine_of(l.value(result));
  if (!affine || affine->levels.empty()) return;
  const BufferId dst = l.buffer(result);
  if (l.program.buffers[static_cast<size_t>(l.program.root(dst))].place == Place::input) return;  // moved, not computed
  const int64_t codes = count(l.value(result).shape);
  Step step;
  step.layer = node.name;
  step.comment = fmt::format("{}: to the nearest of {} levels", node.name, affine->levels.size());
  step.call = fmt::format("galet_run_lookup(1, {}, ${}, {}, {}, ${}, {});", codes, dst, codes,
                          l.table_array(node.name + "_levels", runtime::level_table(affine->levels)), dst, codes);
  step.reads = step.writes = {dst};
  l.program.texts.insert("lookup");
  l.program.steps.push_back(std::move(step));
}

}  // namespace

void lower_all(Lowering& lowering) {
  const Graph& graph = lowering.graph;
  for (const ValueId id : graph.inputs()) {
    const Value& input = graph.value(id);
    if (!runtime::affine_of(input) || (input.shape.size() == 4 && input.shape[0] != 1)) continue;
    lowering.define(id, lowering.new_buffer(lowering.identifier("in_" + input.name), count(input.shape), Place::input));
  }
  std::string refused;
  int number = 0;
  auto refuse = [&](const Node& node, const std::string& why) {
    refused += fmt::format("{}{} \"{}\" ({})", number++ == 0 ? "" : "; ", node.op->name, node.name, why);
  };
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    std::string why = lowering.choices[id].reason;
    if (const auto host = lowering.rides_on.find(id); host != lowering.rides_on.end() && lowering.runs_at[host->second] != id) continue;
    if (why.empty() && lowering.choices[id].computation == runtime::Computation::real) why = "it computes in float";
    if (why.empty() && lowering.choices[id].computation == runtime::Computation::weighted_dynamic) why = "it is quantized at run time";
    for (const ValueId operand : node.operands)
      if (why.empty() && operand.valid() && graph.value(operand).shape.size() == 4 && !graph.value(operand).is_constant() &&
          graph.value(operand).shape[0] != 1)
        why = fmt::format("a batch of {} images: C takes one", graph.value(operand).shape[0]);
    try {
      if (!why.empty()) throw CannotWrite{why};
      NodeId target = id;
      if (const auto host = lowering.rides_on.find(id); host != lowering.rides_on.end())
        target = host->second;
      else if (lowering.runs_at.contains(id) && lowering.runs_at[id] != id)
        continue;
      bool done = false;
#define LOWER(name) done = done || name(lowering, target);
#include "galet/exporters/c/lower.inc"
#undef LOWER
      if (!done) throw CannotWrite{"it has no form in C yet"};
      for (const ValueId result : node.results) snap_to_levels(lowering, node, result);
    } catch (const CannotWrite& cannot) {
      refuse(node, cannot.reason);
      for (const ValueId result : node.results)
        if (!lowering.is_defined(result)) lowering.result(result);
    }
  }
  if (number == 0) return;
  fail(
      "C holds integer networks only, and {} of {} nodes cannot be written: {}; quantize the network (galet quantize), or cut it before "
      "them",
      number, graph.order().size(), refused);
}

}  // namespace galet::exporters::c
