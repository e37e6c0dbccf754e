// galet torchscript_export: what `galet export --to torchscript` starts.
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "galet/data/dataset.h"
#include "galet/data/feed.h"
#include "galet/torch/torchscript/torchscript.h"
#include "tools/cli.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::string output, data, outputs = "packed", input = "float", target;
  std::vector<std::string> block;
  int64_t images = 100;
  bool mobile = false;
  double bound = 1.0;
};

std::vector<Tensor> first_images(const Flags& flags, const Graph& graph) {
  if (graph.inputs().size() != 1) throw UsageError("--data is for networks with one input");
  const Shape& shape = graph.value(graph.inputs()[0]).shape;
  const auto dataset = data::open_dataset(flags.data);
  const data::Feed feed(*dataset, graph.info.preprocessing, shape);
  std::vector<Tensor> images;
  for (int64_t i = 0; i < std::min(flags.images, feed.size()); ++i) {
    if (flags.input == "float") {
      images.push_back(feed(i));
      continue;
    }
    const data::Preprocessor preprocessor(graph.info.preprocessing, shape.at(1), shape.at(2), shape.at(3));
    const data::Image pixels = preprocessor.pixels(dataset->get(i).image);
    images.push_back(Tensor::from<uint8_t>({1, pixels.height, pixels.width, pixels.channels},
                                           std::vector<uint8_t>(pixels.pixels.begin(), pixels.pixels.end())));
  }
  return images;
}

void run_export(const Flags& flags) {
  torch::TorchScriptExportOptions options;
  options.named_outputs = flags.outputs == "named";
  options.pixels = flags.input == "uint8";
  options.lite = std::filesystem::path(flags.output).extension() == ".ptl";
  options.mobile = flags.mobile;
  options.blocked = flags.block;
  options.bound = flags.bound;
  if (!flags.mobile && (!flags.block.empty() || !flags.target.empty()))
    throw UsageError("--block and --target are about the passes of --mobile");
  if (flags.target == "java") options.blocked.push_back("insert_fold_prepack_ops");  // the Java binding cannot run what that makes
  const Graph graph = load_ready(flags.model);
  if (!flags.data.empty()) options.images = first_images(flags, graph);
  const torch::TorchScriptExport written = torch::export_torchscript(graph, flags.output, options);
  print_remarks(written.remarks);
  std::string text = fmt::format("{}: {}, {} interior dequantizes\n", flags.output,
                                 bytes_text(static_cast<int64_t>(std::filesystem::file_size(flags.output))), written.interior_dequantizes);
  if (!options.named_outputs && written.layout.size() > 1) {
    int64_t begin = 0;
    for (const auto& [name, size] : written.layout) text += fmt::format("  [{}, {}) {}\n", begin, begin + size, name), begin += size;
  }
  for (const torch::TorchScriptRun& run : written.runs)
    text += fmt::format(
        "  {}: {} {} images: difference from galet in codes of the output: mean {:.3g}, largest {:.3g}; same first answer {:.1f} %\n",
        run.engine, run.images, flags.data.empty() ? "random" : "real", run.mean_difference, run.max_difference, 100 * run.agreement);
  print(text);
}

}  // namespace

void add_torchscript_export(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("torchscript_export", "write TorchScript, float or with PyTorch's quantized operators, and compare it with galet");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("-o,--output", flags->output, "the file to write; .ptl: for the lite interpreter")->required()->type_name("FILE");
  command->add_option("--outputs", flags->outputs, "packed: one tensor, several outputs flattened and joined; named: a dictionary")
      ->capture_default_str()
      ->check(CLI::IsMember({"packed", "named"}));
  command->add_option("--input", flags->input, "float: (n, c, h, w) as PyTorch feeds it; uint8: pixels (n, h, w, 3), preprocessing inside")
      ->capture_default_str()
      ->check(CLI::IsMember({"float", "uint8"}));
  command->add_flag("--mobile", flags->mobile, "run libtorch's optimize_for_mobile");
  command
      ->add_option("--block", flags->block,
                   "a pass of --mobile to leave out; may be repeated: " + fmt::format("{}", fmt::join(torch::mobile_passes(), ", ")))
      ->allow_extra_args(false)
      ->type_name("PASS")
      ->check(CLI::IsMember(torch::mobile_passes()));
  command->add_option("--target", flags->target, "java: blocks insert_fold_prepack_ops")->check(CLI::IsMember({"java"}));
  command->add_option("--data", flags->data, "real images for the comparison; random ones without")->type_name("SPEC");
  command->add_option("--limit", flags->images, "of these, the first N")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--bound", flags->bound, "largest mean difference, in codes of the output; beyond it the file is deleted")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->footer(
      "Example:\n  galet export resnet20.galet --to torchscript --data folder:cifar10/test --mobile --target java -o resnet20.ptl");
  command->callback([flags] { run_export(*flags); });
}

}  // namespace galet::tools
