// galet import: from weights and a network's name, or an ONNX file, to a .galet file.
#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>

#include "galet/core/file.h"
#include "galet/importers/pytorch/torchscript_archive.h"
#include "galet/package/package.h"
#include "galet/pipeline/import_weights.h"
#include "tools/cli.h"
#include "tools/torch_process.h"

namespace galet::tools {
namespace {

struct Flags {
  pipeline::ImportWeights request;
  std::string source, base, input_size, output, report, save_map;
  std::vector<std::string> overrides;
  bool list = false, keep_batch_norm = false;
  std::string data;
  package::SaveOptions stored;
};

int64_t positive(std::string_view digits, const std::string& all) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 1)
    throw UsageError(fmt::format("input size \"{}\": expected N or HxW", all));
  return value;
}

void parse_size(const std::string& text, models::Options& options) {
  if (text.empty()) return;
  const size_t x = text.find('x');
  options.height = positive(std::string_view(text).substr(0, x), text);
  options.width = x == std::string::npos ? options.height : positive(std::string_view(text).substr(x + 1), text);
}

void print_tensors(const Flags& flags) {
  const importers::StateDict state = importers::read_weights(flags.source, flags.request.key);
  Table table({"tensor", "shape", "type"});
  int64_t elements = 0;
  for (const importers::StoredTensor& tensor : state.tensors) {
    table.add({tensor.name, to_string(tensor.data.shape()), std::string(importers::to_string(tensor.stored_as))});
    elements += tensor.data.size();
  }
  for (const std::string& note : state.notes) std::fprintf(stderr, "galet: note: %s\n", note.c_str());
  print(table.text() +
        fmt::format("\n{}: {}, {} tensors, {} elements\n", flags.source, state.format, state.tensors.size(), grouped(elements)));
}

void save(const Graph& graph, const Flags& flags, const std::string& what) {
  const size_t bytes = package::save(graph, flags.output, flags.stored);
  print(fmt::format("{}: {}, {}\n", flags.output, what, bytes_text(static_cast<int64_t>(bytes))));
}

[[noreturn]] void import_torchscript(const Flags& flags) {
  std::vector<std::string> arguments{"torchscript_import", flags.source, "-o", flags.output};
  add_arguments(flags.request.about, arguments);
  if (!flags.data.empty()) arguments.insert(arguments.end(), {"--data", flags.data});
  if (flags.keep_batch_norm) arguments.emplace_back("--keep-batch-norm");
  if (flags.stored.compress) arguments.emplace_back("--compress");
  become_galet_torch("a TorchScript archive", arguments);
}

void import_network(const Flags& flags) {
  const pipeline::ImportWeights& r = flags.request;
  const bool for_weights = !r.map.empty() || !r.key.empty() || !r.allow.empty() || !flags.overrides.empty() || !flags.report.empty() ||
                           !flags.save_map.empty() || !flags.input_size.empty() || r.options.classes != 0 || !r.options.shortcut.empty();
  if (for_weights)
    throw UsageError(fmt::format("{} is a network with its weights: flags about weights and models by name do not apply", flags.source));
  if (importers::is_torchscript(flags.source)) import_torchscript(flags);
  if (!flags.data.empty() || flags.keep_batch_norm) throw UsageError("--data and --keep-batch-norm are for TorchScript archives");
  const Graph graph = load(flags.source, r.about);
  save(graph, flags, fmt::format("{} nodes", graph.order().size()));
}

void import(Flags flags) {
  if (flags.source.empty() == flags.base.empty()) throw UsageError("give the weights once, as the first argument or with --base");
  if (flags.source.empty()) flags.source = flags.base;
  if (flags.list && !(flags.output.empty() && flags.request.model.empty()))
    throw UsageError("--list only prints: leave out --model and --output");
  if (flags.list) return print_tensors(flags);
  if (flags.output.empty()) throw UsageError("--output is required");
  if (flags.request.model.empty()) {
    if (importers::is_torchscript(flags.source) || !importers::is_weights(flags.source)) return import_network(flags);
    throw UsageError(fmt::format("{} holds weights without a network: say whose with --model ({}, or an .onnx or .galet file)",
                                 flags.source, fmt::join(models::names(), ", ")));
  }
  if (!flags.save_map.empty() && flags.request.map.empty()) throw UsageError("--save-map wants --map");
  parse_size(flags.input_size, flags.request.options);
  flags.request.files = {flags.source};
  flags.request.files.insert(flags.request.files.end(), flags.overrides.begin(), flags.overrides.end());
  const pipeline::ImportedWeights imported = pipeline::import_weights(flags.request);
  for (const std::string& note : imported.notes) std::fprintf(stderr, "galet: note: %s\n", note.c_str());
  if (!flags.report.empty()) write_file(flags.report, importers::to_json(imported.report));
  if (!flags.save_map.empty()) write_file(flags.save_map, imported.rules);
  if (!imported.report.complete())
    fail("{}: {}{}", flags.source, imported.report.problem(), imported.advice.empty() ? "" : "; " + imported.advice);
  for (const std::string& rule : imported.report.proposed) print("rule: " + rule + "\n");
  save(imported.graph, flags, imported.report.summary());
}

}  // namespace

void add_import(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "import", "PyTorch or safetensors weights onto a network by name, a TorchScript archive or an ONNX file, to a .galet file");
  auto flags = std::make_shared<Flags>();
  command->add_option("source", flags->source, "a .pth, .pt, .th, .safetensors or .onnx file")->type_name("FILE");
  command->add_option("-o,--output", flags->output, "the .galet file to write")->type_name("FILE");
  add_compress(*command, flags->stored);
  command
      ->add_option("--model", flags->request.model,
                   "the network: " + fmt::format("{}", fmt::join(models::names(), ", ")) +
                       "; or an .onnx or .galet file whose parameters are replaced")
      ->type_name("NAME|FILE");
  const std::string model = "Models by name";
  command->add_option("--classes", flags->request.options.classes, "number of classes")
      ->group(model)
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command->add_option("--input-size", flags->input_size, "of the images, N or HxW")->group(model)->type_name("N|HxW");
  command->add_option("--shortcut", flags->request.options.shortcut, "resnet20/32/56: A (no parameters) or B (1x1 convolution)")
      ->group(model)
      ->type_name("A|B");
  command->add_option("--backbone", flags->request.options.backbone, "of a detector; or --model centernet-resnet18")
      ->group(model)
      ->type_name("NAME");
  command->add_option("--fpn", flags->request.options.fpn, "retinanet, fcos: after the pyramid's convolutions: none, bn, bn_relu")
      ->group(model)
      ->type_name("KIND");
  command->add_option("--head", flags->request.options.head, "retinanet, fcos: norms in the towers: none, gn, bn, bn_per_level")
      ->group(model)
      ->type_name("KIND");
  command->add_option("--seed", flags->request.options.seed, "of the first values of parameters that --allow leaves without weights")
      ->group(model);
  const std::string weights = "Weights";
  command->add_option("--key", flags->request.key, "which state dict of a checkpoint (dots go deeper)")->group(weights)->type_name("KEY");
  command->add_option("--map", flags->request.map, "rename keys: a file of lines \"REGEX -> REPLACEMENT\", or auto (by order and shape)")
      ->group(weights)
      ->type_name("FILE|auto");
  command->add_option("--save-map", flags->save_map, "write the rules that were used")->group(weights)->type_name("FILE");
  command->add_option("--base", flags->base, "the same as the first argument")->group(weights)->type_name("FILE");
  command->add_option("--override", flags->overrides, "weights that replace those of the same names; may be repeated")
      ->group(weights)
      ->allow_extra_args(false)
      ->type_name("FILE");
  command
      ->add_option("--allow", flags->request.allow,
                   "names (with * and ?) that may be missing, unexpected or of other shape; may be repeated")
      ->group(weights)
      ->allow_extra_args(false)
      ->type_name("PATTERN");
  command->add_option("--report", flags->report, "write what matched, what is missing, unexpected or of other shape, as JSON")
      ->group(weights)
      ->type_name("FILE");
  command->add_flag("--list", flags->list, "print the tensors of a weights file, and do no more")->group(weights);
  const std::string script = "TorchScript archives (by galet-torch: compared with libtorch's own run)";
  command->add_option("--data", flags->data, "real images for the comparison, beside random ones")->group(script)->type_name("SPEC");
  command->add_flag("--keep-batch-norm", flags->keep_batch_norm, "write the graph as the archive has it: no folding, no fusing")
      ->group(script);
  add_about_flags(*command, flags->request.about);
  command->footer(
      "Examples:\n"
      "  galet import traced.pt --input-shape x=1x3x32x32 -o net.galet\n"
      "  galet import resnet20.th --model resnet20 -o resnet20.galet\n"
      "  galet import checkpoint.pth --key model_ema --model resnet18 --classes 7 --report keys.json -o net.galet\n"
      "  galet import detector.pth --override backbone.pth --map rules.txt --model detector.onnx -o both.galet");
  command->callback([flags] { import(*flags); });
}

}  // namespace galet::tools
