// NAME.h, NAME.c and NAME_weights.h.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "galet/exporters/c/texts.h"
#include "galet/exporters/c/writer.h"

namespace galet::exporters::c {
namespace {

std::string indented(const std::string& text, const std::string& by) {
  std::string out;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    out += by + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return out;
}

/// A comment may not end early, whatever a node or a network is called.
std::string harmless(const std::string& text) {
  std::string safe = text;
  for (size_t at = 0; (at = safe.find("*/", at)) != std::string::npos;) safe[at + 1] = '|';
  for (size_t at = 0; (at = safe.find("/*", at)) != std::string::npos;) safe[at + 1] = '|';
  for (char& c : safe)
    if (static_cast<unsigned char>(c) < 32 && c != '\n') c = ' ';
  return safe;
}

std::string comment(const std::string& text, const std::string& by) {
  const std::string body = indented(harmless(text), by + "   ");
  return by + "/* " + body.substr(by.size() + 3, body.size() - by.size() - 4) + " */\n";
}

/// NNTool's pair: scale = qscale / 2^qnorm with a qscale of 7 bits.
struct QuantizedScale {
  int qscale = 0, qnorm = 0;
};
QuantizedScale quantized_scale(float scale) {
  int exponent = 0;
  const double fraction = std::frexp(static_cast<double>(scale), &exponent);  // 0.5 .. 1
  int qscale = static_cast<int>(std::lround(fraction * 128));
  int qnorm = 7 - exponent;
  if (qscale == 128) qscale = 64, --qnorm;
  return {qscale, qnorm};
}

std::string parameters(const Lowering& l, const Interface& interface, bool image) {
  std::string text;
  if (image)
    text = "const uint8_t *image, ";
  else
    for (const Port& port : interface.inputs) text += "const uint8_t *" + port.identifier + ", ";
  for (const Port& port : interface.outputs) text += (port.coded ? "uint8_t *" : "float *") + port.identifier + ", ";
  if (l.options.weights_in_file) text += "const int8_t *weights, ";
  return text + "void *arena";
}

/// The call of a step with addresses in the place of "$3" and "@name".
std::string addresses(const Lowering& l, const std::string& call) {
  const Program& program = l.program;
  std::string text;
  for (size_t i = 0; i < call.size();) {
    if (call[i] == '$') {
      size_t end = i + 1;
      while (end < call.size() && std::isdigit(static_cast<unsigned char>(call[end])) != 0) ++end;
      const BufferId id = std::stoi(call.substr(i + 1, end - i - 1)), root = program.root(id);
      const Buffer& buffer = program.buffers[static_cast<size_t>(root)];
      const int64_t offset = program.offset_in_root(id) + (buffer.place == Place::arena ? buffer.offset : 0);
      std::string base = buffer.place == Place::arena ? "memory" : buffer.name;
      if (buffer.place == Place::output && buffer.bytes > 0) base = "(uint8_t *)" + buffer.name;
      text += offset == 0 ? base : fmt::format("{} + {}", base, offset);
      i = end;
    } else if (call[i] == '@') {
      size_t end = i + 1;
      while (end < call.size() && (std::isalnum(static_cast<unsigned char>(call[end])) != 0 || call[end] == '_')) ++end;
      const std::string name = call.substr(i + 1, end - i - 1);
      text += l.options.weights_in_file ? "weights + " + upper(name) : name;
      i = end;
    } else {
      text += call[i++];
    }
  }
  return text;
}

}  // namespace

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string write_header(const Lowering& l, const Interface& interface) {
  const std::string name = l.options.name, macro = upper(name);
  std::string h = fmt::format(
      "/* {}: {}. See README.md. */\n#ifndef {}_H\n#define {}_H\n\n#include <stdint.h>\n\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n",
      name, l.graph.info.name.empty() ? "an integer network" : harmless(l.graph.info.name), macro, macro);
  h += fmt::format("#define {}_ARENA_BYTES {}\n", macro, std::max<int64_t>(l.program.arena, 1));
  if (l.options.weights_in_file) h += fmt::format("#define {}_WEIGHT_BYTES {}\n", macro, weight_file(l).size());
  if (interface.pixels) {
    const Shape& shape = l.value(interface.inputs[0].value).shape;
    h += fmt::format("#define {0}_IMAGE_HEIGHT {1}\n#define {0}_IMAGE_WIDTH {2}\n#define {0}_IMAGE_CHANNELS {3}\n", macro, shape[2],
                     shape[3], interface.pixel_channels);
  }
  for (const auto* ports : {&interface.inputs, &interface.outputs})
    for (const Port& port : *ports)
      h += fmt::format("#define {}_{}_COUNT {} /* {} */\n", macro, upper(port.identifier), port.count, extents(l.value(port.value).shape));
  h += "\n/* arena: the caller's, overwritten, no alignment needed, nothing in it matters between calls. Several threads may run at once "
       "with an arena\n"
       "   each. Codes in and out lie as (h, w, c); their scales stand below. */\n";
  h += fmt::format("void {}_run({});\n", name, parameters(l, interface, false));
  if (interface.pixels)
    h += fmt::format("/* image: {}_IMAGE_HEIGHT x WIDTH x CHANNELS bytes{}, as a camera gives them. */\nvoid {}_run_image({});\n", macro,
                     interface.pixel_channels == 3 ? ", red first" : "", name, parameters(l, interface, true));
  h += interface.postprocess_h;
  h += "\n/* real = OUT_SCALE * (code - OUT_ZERO_POINT); OUT_QSCALE / 2^OUT_QNORM is OUT_SCALE in 7 bits. */\n";
  for (const Scale& scale : l.program.scales) {
    const QuantizedScale q = quantized_scale(scale.scale);
    h += fmt::format(
        "#define {0}_OUT_SCALE {1:.9g}\n#define {0}_OUT_QSCALE {2}\n#define {0}_OUT_QNORM {3}\n#define {0}_OUT_ZERO_POINT {4}\n",
        scale.node, static_cast<double>(scale.scale), q.qscale, q.qnorm, scale.zero_point);
  }
  return h + "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
}

std::string write_source(const Lowering& l, const Interface& interface) {
  const std::string name = l.options.name;
  std::string c = fmt::format(
      "/* {}: written by galet. {} requantization. The functions come first (the same for every network), then the layers, then {}_run. "
      "*/\n",
      name, l.options.fixed_point ? "Fixed-point" : "Float", name);
  c += fmt::format("#include \"{}.h\"\n\n#include <string.h>\n\n", name);
  c += texts_of(l.program.texts, l.options.fixed_point);
  c += fmt::format("\n#include \"{}_weights.h\"\n\n", name);
  for (const Step& step : l.program.steps) c += step.declaration;
  c += fmt::format("\nvoid {}_run({}) {{\n", name, parameters(l, interface, false));
  std::string body;
  for (const Step& step : l.program.steps) body += "\n" + comment(step.comment, "  ") + indented(addresses(l, step.call), "  ");
  c += body.find("memory") != std::string::npos ? "  uint8_t *const memory = (uint8_t *)arena;\n" : "  (void)arena;\n";
  c += body + "}\n";
  if (interface.pixels) {
    c += fmt::format("\nvoid {}_run_image({}) {{\n", name, parameters(l, interface, true));
    c += fmt::format("  galet_run_pixels(image, {}, {}, {}, {}, {}, {});\n",
                     interface.inputs[0].count / l.value(interface.inputs[0].value).shape[1], interface.pixel_channels,
                     interface.pixel_tables, l.value(interface.inputs[0].value).shape[1], interface.pixel_from,
                     addresses(l, fmt::format("${}", interface.image_codes)));
    const size_t at = c.rfind("memory");
    const bool used = at != std::string::npos && c.rfind("{\n") < at;
    if (used) c.insert(c.rfind("{\n") + 2, "  uint8_t *const memory = (uint8_t *)arena;\n");
    c += fmt::format("  {}_run({}", name, addresses(l, fmt::format("${}", interface.image_codes)));
    for (const Port& port : interface.outputs) c += ", " + port.identifier;
    c += std::string(l.options.weights_in_file ? ", weights" : "") + ", arena);\n}\n";
  }
  return c + interface.postprocess_c;
}

std::string write_weights(const Lowering& l) {
  std::string h = fmt::format("/* {}: numbers. */\n", l.options.name);
  int64_t offset = 0;
  for (const Constant& constant : l.program.constants) {
    const std::string about = constant.about.empty() ? "" : fmt::format(" /* {} */", constant.about);
    if (l.options.weights_in_file && !constant.weight.empty()) {
      h += fmt::format("#define {} {}{}\n", upper(constant.name), offset, about);
      offset += constant.bytes;
      continue;
    }
    h += fmt::format("static const {} {}[{}] = {{{}\n{}}};\n", constant.type, constant.name, std::max<int64_t>(constant.count, 1), about,
                     constant.values);
  }
  return h;
}

std::vector<int8_t> weight_file(const Lowering& l) {
  std::vector<int8_t> bytes;
  for (const Constant& constant : l.program.constants) bytes.insert(bytes.end(), constant.weight.begin(), constant.weight.end());
  return bytes;
}

}  // namespace galet::exporters::c
