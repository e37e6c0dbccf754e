// galet tidewrack: writes pictures of the synthetic data set, as a folder of PNG files or as one CIFAR binary file.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "galet/core/file.h"
#include "galet/data/decode.h"
#include "galet/data/tidewrack.h"
#include "tools/cli.h"

namespace galet::tools {
namespace {

struct Flags {
  std::string folder, split = "test", format = "png";
  int64_t count = 1000;
  uint64_t seed = 1;
  int size = 32;
};

void write_cifar(const Flags& flags, data::Split split, Progress& progress) {
  std::string bytes;
  for (int64_t i = 0; i < flags.count; ++i) {
    const data::Image image = data::render_tidewrack(flags.seed, split, i, 32);
    bytes += static_cast<char>(data::tidewrack_label(flags.seed, split, i));
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 32; ++x) bytes += static_cast<char>(image.at(x, y)[c]);
    progress.update(i + 1);
  }
  write_file(flags.folder, bytes);
}

void write_folder(const Flags& flags, data::Split split, Progress& progress) {
  namespace fs = std::filesystem;
  for (const std::string_view name : data::kTidewrackClasses) {
    std::error_code error;
    fs::create_directories(fs::path(flags.folder) / name, error);
    if (error) fail("cannot make the folder {}: {}", (fs::path(flags.folder) / name).string(), error.message());
  }
  for (int64_t i = 0; i < flags.count; ++i) {
    const auto label = static_cast<size_t>(data::tidewrack_label(flags.seed, split, i));
    const fs::path path = fs::path(flags.folder) / data::kTidewrackClasses[label] / fmt::format("{:06}.png", i);
    write_file(path.string(), data::encode_png(data::render_tidewrack(flags.seed, split, i, flags.size)));
    progress.update(i + 1);
  }
}

void run_tidewrack(const Flags& flags) {
  if (flags.split != "train" && flags.split != "test")
    throw UsageError(fmt::format("unknown split \"{}\", expected train or test", flags.split));
  if (flags.format != "png" && flags.format != "cifar")
    throw UsageError(fmt::format("unknown format \"{}\", expected png or cifar", flags.format));
  if (flags.format == "cifar" && flags.size != 32) throw UsageError("the CIFAR binary format holds 32x32 pictures only");
  const data::Split split = flags.split == "train" ? data::Split::train : data::Split::test;
  ProgressBar bar;
  bar.start("drawing", flags.count);
  flags.format == "cifar" ? write_cifar(flags, split, bar) : write_folder(flags, split, bar);
  bar.finish();
  print(fmt::format("{}: {} pictures of {}x{}\n", flags.folder, flags.count, flags.size, flags.size));
}

}  // namespace

void add_tidewrack(CLI::App& app) {
  CLI::App* command = app.add_subcommand("tidewrack", "draw the synthetic data set (litter on water, ten classes)");
  auto flags = std::make_shared<Flags>();
  command->add_option("output", flags->folder, "the folder (png) or file (cifar) to write")->required()->type_name("PATH");
  command->add_option("--split", flags->split, "train or test")->capture_default_str();
  command->add_option("--count", flags->count, "pictures")->capture_default_str()->check(CLI::Range(int64_t{1}, int64_t{100'000'000}));
  command->add_option("--seed", flags->seed, "another seed draws other pictures")->capture_default_str();
  command->add_option("--size", flags->size, "side in pixels")->capture_default_str()->check(CLI::Range(8, 4096));
  command->add_option("--format", flags->format, "png (a folder per class) or cifar (one binary file)")->capture_default_str();
  command->footer(
      "Any command also reads the pictures without writing them: --data tidewrack:test,count=1000,seed=1\nExample:\n  galet tidewrack "
      "pictures --split test --count 100");
  command->callback([flags] { run_tidewrack(*flags); });
}

}  // namespace galet::tools
