// README.md of an export: what lies there, how to call it, what it costs.
#include "galet/exporters/c/writer.h"

namespace galet::exporters::c {

std::string write_readme(const Lowering& l, const Interface& interface, const CSizes& sizes) {
  const std::string name = l.options.name, macro = upper(name);
  std::string text = fmt::format(
      "# {0}\n\n{1}\n\n| file | what |\n|---|---|\n| {0}.h | sizes, functions, the scale and zero point of every node |\n| {0}.c | "
      "kernels, layers, `{0}_run` |\n"
      "| {0}_weights.h | numbers |\n",
      name, l.graph.info.name.empty() ? "An integer network as C99." : l.graph.info.name + " as C99.");
  if (l.options.weights_in_file) text += fmt::format("| {}.bin | int8 weights, to be handed to `{}_run` |\n", name, name);
  text += fmt::format("| {0}_test.h, main.c | test: `cc -std=c99 -O2 main.c {0}.c -o {0} && ./{0}` |\n\n", name);
  text += "No allocation, no libm, no recursion, no state: give it an arena and it answers.\n\n## Sizes\n\n| bytes | |\n|---|---|\n";
  text += fmt::format(
      "| weights | {} |\n| biases, scales, tables, layers | {} |\n| ROM without code | {} |\n| arena (`{}_ARENA_BYTES`) | {} |\n",
      sizes.weights, sizes.constants, sizes.weights + sizes.constants, macro, sizes.arena);
  text += fmt::format("| lower bound of the arena: what \"{}\" needs at once | {} |\n| the caller's inputs and outputs | {} + {} |\n\n",
                      sizes.peak_layer, sizes.live, sizes.input, sizes.output);
  text += fmt::format("{} multiply-accumulates an image. Requantization: {}.\n\n## Inputs and outputs\n\n", sizes.macs,
                      l.options.fixed_point ? "fixed point" : "float, computed in integers");
  for (const Port& port : interface.inputs) {
    const Affine affine = l.affine(port.value);
    text += fmt::format("- in `{}`: \"{}\", {} codes {}, real = {:.9g} * (code - {})\n", port.identifier, l.value(port.value).name,
                        port.count, extents(l.value(port.value).shape), affine.scale, affine.zero_point);
  }
  if (interface.pixels) {
    const Preprocessing& p = l.graph.info.preprocessing;
    text +=
        fmt::format("- or `{}_run_image`: 8-bit pixels; order {}, mean {} {} {}, deviation {} {} {} are folded into a table a channel\n",
                    name, p.order, p.mean[0], p.mean[1], p.mean[2], p.std[0], p.std[1], p.std[2]);
  }
  for (const Port& port : interface.outputs) {
    text += fmt::format("- out `{}`: \"{}\", {} {} {}", port.identifier, l.value(port.value).name, port.count,
                        port.coded ? "codes" : "floats", extents(l.value(port.value).shape));
    if (port.coded) text += fmt::format(", real = {:.9g} * (code - {})", l.affine(port.value).scale, l.affine(port.value).zero_point);
    text += "\n";
  }
  return text;
}

}  // namespace galet::exporters::c
