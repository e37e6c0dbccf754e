// galet: the command line. Exit status 0: done; 1: an error, said in one line on stderr; 2: wrong usage.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "tools/cli.h"

namespace galet::tools {
#define COMMAND(name) void add_##name(CLI::App& app);
#include "tools/commands.inc"
#undef COMMAND
}  // namespace galet::tools

int main(int argc, char** argv) {
  using namespace galet;
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"galet makes trained convolutional networks small and fast without breaking them."};
  app.name("galet");
  app.set_version_flag("--version", "galet " GALET_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
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
  try {
    app.parse(argc, argv);
    if (std::fflush(stdout) != 0) fail("cannot write to standard output");
    return 0;
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "galet: %s (see galet%s --help)\n", tools::one_line(error.what()).c_str(),
                 tools::chosen_command(argc, argv).c_str());
    return 2;
  } catch (const tools::UsageError& error) {
    std::fprintf(stderr, "galet: %s (see galet%s --help)\n", tools::one_line(error.what()).c_str(),
                 tools::chosen_command(argc, argv).c_str());
    return 2;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "galet: out of memory\n");
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "galet: %s\n", tools::one_line(error.what()).c_str());
    return 1;
  }
}
