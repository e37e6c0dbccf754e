// main.c: runs the test vectors, and shows how NAME_run is called.
#include "galet/exporters/c/writer.h"

namespace galet::exporters::c {

std::string write_main(const Lowering& l, const Interface& interface) {
  const std::string name = l.options.name, macro = upper(name);
  std::string c = fmt::format(
      "/* Runs {0} on the vectors of {0}_test.h; the answers are those of galet's runtime.\n   cc -std=c99 -O2 main.c {0}.c -o {0} && "
      "./{0} */\n",
      name);
  c += fmt::format("#include <stdio.h>\n{}#include <string.h>\n\n#include \"{}.h\"\n#include \"{}_test.h\"\n\n",
                   l.options.weights_in_file ? "#include <stdlib.h>\n" : "", name, name);
  c += fmt::format("static unsigned char arena[{}_ARENA_BYTES];\n", macro);
  if (l.options.weights_in_file) c += fmt::format("static signed char weights[{}_WEIGHT_BYTES];\n", macro);
  for (const Port& port : interface.outputs)
    c += fmt::format("static {} {}[{}_{}_COUNT];\n", port.coded ? "uint8_t" : "float", port.identifier, macro, upper(port.identifier));
  c += "\nint main(void) {\n  int wrong = 0, i;\n";
  if (l.options.weights_in_file)
    c += fmt::format(
        "  FILE *file = fopen(\"{0}.bin\", \"rb\");\n  if (file == NULL || fread(weights, 1, sizeof weights, file) != sizeof weights) {{\n"
        "    fprintf(stderr, \"cannot read {0}.bin\\n\");\n    return EXIT_FAILURE;\n  }}\n  fclose(file);\n",
        name);
  c += fmt::format("  for (i = 0; i < {}_TEST_VECTORS; ++i) {{\n    int same = 1;\n", macro);
  std::string arguments;
  if (interface.pixels)
    arguments = fmt::format("{}_test_image[i], ", name);
  else
    for (const Port& port : interface.inputs) arguments += fmt::format("{}_test_{}[i], ", name, port.identifier);
  for (const Port& port : interface.outputs) arguments += port.identifier + ", ";
  if (l.options.weights_in_file) arguments += "weights, ";
  c += fmt::format("    {}_run{}({}arena);\n", name, interface.pixels ? "_image" : "", arguments);
  for (const Port& port : interface.outputs)
    c += fmt::format("    same = same && memcmp({0}, {1}_test_{0}[i], sizeof {0}) == 0;\n", port.identifier, name);
  c += "    printf(\"vector %d: %s\\n\", i, same ? \"equal\" : \"DIFFERENT\");\n    wrong += !same;\n  }\n  return wrong;\n}\n";
  return c;
}

}  // namespace galet::exporters::c
