// galet torch_info
#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "tools/cli.h"

namespace galet::tools {

void add_torch_info(CLI::App& app) {
  CLI::App* command = app.add_subcommand("torch_info", "The libtorch that galet-torch is built with: version, devices, threads, BLAS");
  command->callback([] {
    print(fmt::format("libtorch   {}\ndevices    cpu{}\n{}", TORCH_VERSION,
                      ::torch::cuda::is_available() ? fmt::format(", {} x cuda", ::torch::cuda::device_count()) : "",
                      at::get_parallel_info()));
  });
}

}  // namespace galet::tools
