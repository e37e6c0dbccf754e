// galet-torch: the subcommands that link libtorch. Users start it through galet.
#include <malloc.h>

#include <CLI/CLI.hpp>

#include "galet/torch/caching_allocator.h"
#include "tools/cli.h"
#include "tools/main.h"

namespace galet::tools {
#define TORCH_COMMAND(name, description) void add_##name(CLI::App& app);
#include "tools/torch_commands.inc"
#undef TORCH_COMMAND
}  // namespace galet::tools

int main(int argc, char** argv) {
  using namespace galet;
  // What oneDNN and autograd allocate besides tensors stays in the process too.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
  torch::use_caching_allocator();
  CLI::App app{"The part of galet that needs libtorch; `galet COMMAND` starts it."};
  app.name("galet");
#define TORCH_COMMAND(name, description) tools::add_##name(app);
#include "tools/torch_commands.inc"
#undef TORCH_COMMAND
  return tools::run_main(app, argc, argv);
}
