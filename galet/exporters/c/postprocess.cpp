// What is made of the outputs: argmax, topk:K, softmax, peaks:T, each a function NAME_... of an output's buffer.
#include <algorithm>
#include <cmath>

#include "galet/exporters/c/writer.h"

namespace galet::exporters::c {
namespace {

/// "topk:5" -> 5; Error for anything else than a number in [low, high].
double argument(const std::string& spec, double low, double high) {
  const size_t colon = spec.find(':');
  char* end = nullptr;
  const std::string text = colon == std::string::npos ? "" : spec.substr(colon + 1);
  const double x = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != 0 || !(x >= low) || !(x <= high))
    fail("postprocess \"{}\": expected a number from {} to {} behind a colon", spec, low, high);
  return x;
}

/// The first output that is (not) a map.
const Port& output(const Lowering& l, const Interface& interface, const std::string& spec, bool map) {
  for (const Port& port : interface.outputs) {
    const Shape& shape = l.value(port.value).shape;
    if (map == (shape.size() == 4 && shape[2] * shape[3] > 1)) return port;
  }
  fail("postprocess \"{}\": the network has no output that is {}", spec, map ? "a map (1, c, h, w)" : "a list of scores");
}

void need_codes(const std::string& spec, const Port& port) {
  if (!port.coded) fail("postprocess \"{}\": output {} is real, this needs codes: quantize without float outputs", spec, port.identifier);
}

struct Written {
  std::string prototype, body, about;
};

Written argmax(Lowering& l, const Interface& interface, const std::string& spec) {
  const Port& port = output(l, interface, spec, false);
  l.program.texts.insert(port.coded ? "argmax" : "argmax_real");
  return {fmt::format("int32_t {}_argmax(const {} *scores)", l.options.name, port.coded ? "uint8_t" : "float"),
          fmt::format("return galet_argmax{}(scores, {});", port.coded ? "" : "_real", port.count),
          fmt::format("the class of the largest score, the first of equal ones; scores: {}", port.identifier)};
}

Written top_k(Lowering& l, const Interface& interface, const std::string& spec) {
  const Port& port = output(l, interface, spec, false);
  const double wanted = argument(spec, 1, static_cast<double>(port.count));
  const auto k = static_cast<int64_t>(wanted);
  if (static_cast<double>(k) != wanted) fail("postprocess \"{}\": expected a whole number behind the colon", spec);
  l.program.texts.insert(port.coded ? "top_k" : "top_k_real");
  return {fmt::format("void {}_top_k(const {} *scores, int32_t *classes)", l.options.name, port.coded ? "uint8_t" : "float"),
          fmt::format("galet_top_k{}(scores, {}, {}, classes);", port.coded ? "" : "_real", port.count, k),
          fmt::format("the {} classes of the largest scores, largest first; scores: {}", k, port.identifier)};
}

Written softmax(Lowering& l, const Interface& interface, const std::string& spec) {
  const Port& port = output(l, interface, spec, false);
  need_codes(spec, port);
  std::vector<uint32_t> table;
  for (int d = 0; d < 256; ++d)
    table.push_back(static_cast<uint32_t>(std::lround(65536 * std::exp(-d * static_cast<double>(l.affine(port.value).scale)))));
  l.program.texts.insert("softmax");
  return {fmt::format("void {}_softmax(const uint8_t *scores, uint16_t *probabilities)", l.options.name),
          fmt::format("galet_softmax(scores, {}, {}, probabilities);", port.count, l.array("softmax_table", "uint32_t", table)),
          fmt::format("probabilities in units of 1 / 65535; scores: {}", port.identifier)};
}

Written peaks(Lowering& l, Interface& interface, const std::string& spec) {
  const Port& port = output(l, interface, spec, true);
  need_codes(spec, port);
  const uint8_t threshold = runtime::quantize_real(static_cast<float>(argument(spec, -1e9, 1e9)), l.affine(port.value));
  const Shape& shape = l.value(port.value).shape;
  if (shape[2] > 32767 || shape[3] > 32767)
    fail("postprocess \"{}\": a map of {} x {}, expected 32767 x 32767 at most", spec, shape[2], shape[3]);
  l.program.texts.insert("peaks");
  interface.postprocess_arena = std::max(interface.postprocess_arena, shape[2] * shape[3]);
  return {fmt::format("int32_t {}_peaks(const uint8_t *map, int16_t (*peaks)[4], int32_t room, void *arena)", l.options.name),
          fmt::format("return galet_peaks(map, {}, {}, {}, {}, peaks, room, (uint8_t *)arena);", shape[2], shape[3], shape[1], threshold),
          fmt::format(
              "local maxima over 3 x 3 of {} as (y, x, c, code), one for each plateau of equal codes, at its centre; returns how many, of "
              "which `room` are\n   written; arena: that of {}_run will do, its contents are overwritten",
              port.identifier, l.options.name)};
}

}  // namespace

void add_postprocess(Lowering& l, Interface& interface) {
  std::set<std::string> seen;
  for (const std::string& spec : l.options.postprocess) {
    const std::string kind = spec.substr(0, spec.find(':'));
    if (!seen.insert(kind).second) fail("postprocess \"{}\" is asked for twice", kind);
    Written written;
    if (spec == "argmax")
      written = argmax(l, interface, spec);
    else if (kind == "topk")
      written = top_k(l, interface, spec);
    else if (spec == "softmax")
      written = softmax(l, interface, spec);
    else if (kind == "peaks")
      written = peaks(l, interface, spec);
    else
      fail("unknown postprocess \"{}\", expected argmax, topk:K, softmax or peaks:THRESHOLD", spec);
    interface.postprocess_h += fmt::format("/* {} */\n{};\n", written.about, written.prototype);
    interface.postprocess_c += fmt::format("\n{} {{ {} }}\n", written.prototype, written.body);
  }
}

}  // namespace galet::exporters::c
