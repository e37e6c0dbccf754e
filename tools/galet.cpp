// galet: the command line.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tools/cli.h"
#include "tools/main.h"
#include "tools/torch_process.h"

namespace galet::tools {
#define COMMAND(name) void add_##name(CLI::App& app);
#include "tools/commands.inc"
#undef COMMAND
}  // namespace galet::tools

int main(int argc, char** argv) {
  using namespace galet;
  if (argc > 1 && tools::is_torch_command(argv[1])) {
    try {
      tools::become_galet_torch("galet " + std::string(argv[1]), {argv + 1, argv + argc});
    } catch (const Error& error) {
      std::fprintf(stderr, "galet: %s\n", error.what());
      return 1;
    }
  }
  CLI::App app{"galet makes trained convolutional networks small and fast without breaking them."};
  app.name("galet");
  app.set_version_flag("--version", "galet " GALET_VERSION);
  app.footer(
      "Examples:\n"
      "  galet inspect resnet20.onnx\n"
      "  galet quantize resnet20.onnx --data folder:cifar10/train --samples 512 -o resnet20.galet\n"
      "  galet evaluate resnet20.galet --data folder:cifar10/test\n"
      "`galet COMMAND --help` explains each command. Environment: "
      "GALET_FORCE_ISA=reference|sse41|avx2|avxvnni|avx512|avx512vnni|avx512vbmi.");
#define COMMAND(name) tools::add_##name(app);
#include "tools/commands.inc"
#undef COMMAND
#define TORCH_COMMAND(name, description) app.add_subcommand(#name, description);
#include "tools/torch_commands.inc"
#undef TORCH_COMMAND
  return tools::run_main(app, argc, argv);
}
