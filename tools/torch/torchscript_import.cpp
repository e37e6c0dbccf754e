// galet torchscript_import: what `galet import` starts for TorchScript archives.
#include <CLI/CLI.hpp>

#include "galet/data/dataset.h"
#include "galet/data/feed.h"
#include "galet/package/package.h"
#include "galet/torch/torchscript/torchscript.h"
#include "galet/transform/passes.h"
#include "tools/cli.h"

namespace galet::tools {
namespace {

struct Flags {
  std::string archive, output, data;
  pipeline::ModelFlags about;
  int64_t images = 16;
  bool keep_batch_norm = false;
  package::SaveOptions stored;
};

/// "NAME=1x3x32x32" or "1x3x32x32".
Shape parse_shape(const std::string& text) {
  Shape shape;
  const std::string digits = text.substr(text.rfind('=') + 1);
  for (size_t begin = 0; begin <= digits.size();) {
    const size_t end = std::min(digits.find('x', begin), digits.size());
    const std::string part = digits.substr(begin, end - begin);
    if (part.empty() || part.size() > 9 || part.find_first_not_of("0123456789") != std::string::npos || std::stoll(part) < 1)
      throw UsageError(fmt::format("--input-shape {} is not of the form 1x3x224x224", text));
    shape.push_back(std::stoll(part));
    begin = end + 1;
  }
  return shape;
}

std::vector<Tensor> first_images(const Flags& flags, const Preprocessing& preprocessing, const Shape& shape) {
  const auto dataset = data::open_dataset(flags.data);
  const data::Feed feed(*dataset, preprocessing, shape);
  std::vector<Tensor> images;
  for (int64_t i = 0; i < std::min(flags.images, feed.size()); ++i) images.push_back(feed(i));
  return images;
}

void run_import(const Flags& flags) {
  torch::TorchScriptOptions options;
  for (const std::string& text : flags.about.input_shapes) options.input_shapes.push_back(parse_shape(text));
  const Preprocessing preprocessing = pipeline::apply(flags.about, {});
  if (!flags.data.empty()) {
    if (options.input_shapes.empty()) throw UsageError("--data wants --input-shape");
    options.images = first_images(flags, preprocessing, options.input_shapes[0]);
  }
  torch::TorchScriptImport imported = torch::import_torchscript(flags.archive, options);
  print_remarks(imported.remarks);
  imported.graph.info.preprocessing = preprocessing;
  if (!flags.keep_batch_norm) transform::simplify(imported.graph);
  const size_t bytes = package::save(imported.graph, flags.output, flags.stored);
  print(fmt::format("{}: {}, {} nodes; largest difference from libtorch's own run {:.2g} on {} inputs (largest output {:.3g})\n",
                    flags.output, bytes_text(static_cast<int64_t>(bytes)), imported.graph.order().size(), imported.check.max_difference,
                    imported.check.inputs, imported.check.scale));
}

}  // namespace

void add_torchscript_import(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("torchscript_import", "TorchScript archives (traced or scripted) to .galet, compared with libtorch's own run");
  auto flags = std::make_shared<Flags>();
  command->add_option("archive", flags->archive, "written by torch.jit.save")->required()->type_name("FILE.pt");
  command->add_option("-o,--output", flags->output, "the file to write")->required()->type_name("FILE.galet");
  add_compress(*command, flags->stored);
  add_about_flags(*command, flags->about);
  command->add_option("--data", flags->data, "real images for the comparison, beside random ones")->type_name("SPEC");
  command->add_option("--limit", flags->images, "of these, the first N")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(1, 100000));
  command->add_flag("--keep-batch-norm", flags->keep_batch_norm, "write the graph as the archive has it: no folding, no fusing");
  command->footer("Example:\n  galet torchscript_import resnet20_traced.pt --input-shape 1x3x32x32 -o resnet20.galet");
  command->callback([flags] { run_import(*flags); });
}

}  // namespace galet::tools
