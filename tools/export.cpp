// galet export: to files that others run.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "galet/exporters/onnx/onnx.h"
#include "galet/exporters/weights/weights.h"
#include "tools/cli.h"
#include "tools/export_c.h"
#include "tools/torch_process.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::string output, to = "onnx";
  exporters::OnnxExportOptions onnx;
  CFlags c;
  bool opset = false;
  std::vector<std::string> torchscript;  // its flags as they were given
};

void export_weights(const Flags& flags) {
  const Graph graph = load(flags.model);
  const auto write = flags.to == "pth" ? exporters::export_pth : exporters::export_safetensors;
  const exporters::WeightsExport written = write(graph, flags.output);
  for (const std::string& note : written.notes) std::fprintf(stderr, "galet: note: %s\n", note.c_str());
  print(fmt::format("{}: {}, {} tensors\n", flags.output, bytes_text(static_cast<int64_t>(std::filesystem::file_size(flags.output))),
                    written.tensors));
}

[[noreturn]] void export_torchscript(const Flags& flags) {
  std::vector<std::string> arguments{"torchscript_export", flags.model.path, "-o", flags.output};
  add_arguments(flags.model.about, arguments);
  arguments.insert(arguments.end(), flags.torchscript.begin(), flags.torchscript.end());
  become_galet_torch("--to torchscript", arguments);
}

void run_export(const Flags& flags) {
  if (flags.to != "onnx" && flags.opset) throw UsageError("--opset is for --to onnx");
  if (flags.to == "c")
    for (const std::string& word : flags.torchscript)
      if (word.starts_with("--") && word != "--data") throw UsageError(word + " is for --to torchscript");
  if (flags.to == "c" && (!flags.model.path.empty() || !flags.c.load_state.empty())) return export_as_c(flags.model, flags.output, flags.c);
  if (flags.model.path.empty()) throw UsageError("model is required");
  if (flags.c.given || !flags.c.save_state.empty() || !flags.c.load_state.empty()) throw UsageError("the flags of C want --to c");
  if (flags.to == "torchscript") export_torchscript(flags);
  if (!flags.torchscript.empty()) throw UsageError(flags.torchscript[0] + " is for --to torchscript");
  if (flags.to == "pth" || flags.to == "safetensors") return export_weights(flags);
  if (flags.to != "onnx")
    throw UsageError(fmt::format("unknown format \"{}\", expected onnx, c, torchscript, pth or safetensors", flags.to));
  const Graph graph = load(flags.model);
  const exporters::OnnxExport written = exporters::export_onnx(graph, flags.output, flags.onnx);
  print_remarks(written.remarks);
  print(fmt::format("{}: {}, opset {}\n", flags.output, bytes_text(static_cast<int64_t>(std::filesystem::file_size(flags.output))),
                    written.opset));
}

/// Handed on as they are: galet-torch knows what they may say.
void add_torchscript_flags(CLI::App& command, const std::shared_ptr<Flags>& flags) {
  const std::string group = "TorchScript (written, loaded again, run and compared by galet-torch)";
  auto option = [&](const char* name, const char* type, const char* what) {
    command
        .add_option_function<std::vector<std::string>>(
            name,
            [flags, name](const std::vector<std::string>& values) {
              for (const std::string& value : values) flags->torchscript.insert(flags->torchscript.end(), {name, value});
              if (std::string_view(name) == "--data") flags->c.data = values.back();
            },
            what)
        ->group(group)
        ->allow_extra_args(false)
        ->type_name(type);
  };
  option("--data", "SPEC", "real images for the comparison (random ones without); with --to c for the test vectors");
  option("--limit", "N", "of these, the first N (100)");
  option("--outputs", "KIND", "packed: one tensor, several outputs flattened and joined; named: a dictionary");
  option("--input", "KIND", "float: (n, c, h, w) as PyTorch feeds it; uint8: pixels (n, h, w, 3), preprocessing inside");
  command
      .add_flag_callback(
          "--mobile", [flags] { flags->torchscript.emplace_back("--mobile"); }, "run libtorch's optimize_for_mobile")
      ->group(group);
  option("--block", "PASS", "a pass of --mobile to leave out; may be repeated");
  option("--target", "java", "leaves out insert_fold_prepack_ops, which the Java binding cannot run");
  option("--bound", "X", "largest mean difference from galet, in codes of the output (1); beyond it the file is deleted");
}

}  // namespace

void add_export(CLI::App& app) {
  CLI::App* command = app.add_subcommand("export",
                                         "write ONNX (quantize/dequantize pairs for integer networks) that onnxruntime runs, C99 for "
                                         "microcontrollers, TorchScript, or the weights for PyTorch");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("-o,--output", flags->output, "the file to write; with --to c the folder")->required()->type_name("FILE");
  command
      ->add_option("--to", flags->to,
                   "format: onnx; c: integer networks as C99; torchscript: float, or with PyTorch's quantized operators; pth or "
                   "safetensors: the parameters alone, by name")
      ->capture_default_str();
  command->add_option("--opset", flags->onnx.opset, "ONNX operator set, raised where the network needs a newer one")
      ->capture_default_str()
      ->check(CLI::Range(13, 21))
      ->each([flags](const std::string&) { flags->opset = true; });
  add_c_flags(*command, flags->c);
  add_torchscript_flags(*command, flags);
  command->footer(
      "Examples:\n  galet export resnet20.galet -o resnet20_int8.onnx\n  galet export tuned.galet --to pth -o tuned.pth\n"
      "  galet export resnet20.galet --to c -o resnet20_c --name resnet20 --budget rom=300k,ram=64k\n"
      "  galet export resnet20.galet --to torchscript --mobile --target java --data folder:cifar10/test -o resnet20.ptl");
  command->get_option("model")->required(false);  // --load-state has it
  command->callback([flags, command] {
    find_c_flags(*command, flags->c);
    run_export(*flags);
  });
}

}  // namespace galet::tools
