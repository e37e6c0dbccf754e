// galet export: to files that others run.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "galet/exporters/onnx/onnx.h"
#include "galet/exporters/weights/weights.h"
#include "tools/cli.h"
#include "tools/export_c.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::string output, to = "onnx";
  exporters::OnnxExportOptions onnx;
  CFlags c;
};

void export_weights(const Flags& flags) {
  const Graph graph = load(flags.model);
  const auto write = flags.to == "pth" ? exporters::export_pth : exporters::export_safetensors;
  const exporters::WeightsExport written = write(graph, flags.output);
  for (const std::string& note : written.notes) std::fprintf(stderr, "galet: note: %s\n", note.c_str());
  print(fmt::format("{}: {}, {} tensors\n", flags.output, bytes_text(static_cast<int64_t>(std::filesystem::file_size(flags.output))),
                    written.tensors));
}

void run_export(const Flags& flags) {
  if (flags.to == "c" && (!flags.model.path.empty() || !flags.c.load_state.empty())) return export_as_c(flags.model, flags.output, flags.c);
  if (flags.model.path.empty()) throw UsageError("model is required");
  if (flags.c.given || !flags.c.save_state.empty() || !flags.c.load_state.empty()) throw UsageError("the flags of C want --to c");
  if (flags.to == "pth" || flags.to == "safetensors") return export_weights(flags);
  if (flags.to != "onnx") throw UsageError(fmt::format("unknown format \"{}\", expected onnx, c, pth or safetensors", flags.to));
  const Graph graph = load(flags.model);
  const exporters::OnnxExport written = exporters::export_onnx(graph, flags.output, flags.onnx);
  print_remarks(written.remarks);
  print(fmt::format("{}: {}, opset {}\n", flags.output, bytes_text(static_cast<int64_t>(std::filesystem::file_size(flags.output))),
                    written.opset));
}

}  // namespace

void add_export(CLI::App& app) {
  CLI::App* command = app.add_subcommand("export",
                                         "write ONNX (quantize/dequantize pairs for integer networks) that onnxruntime runs, C99 for "
                                         "microcontrollers, or the weights for PyTorch");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("-o,--output", flags->output, "the file to write; with --to c the folder")->required()->type_name("FILE");
  command->add_option("--to", flags->to, "format: onnx; c: integer networks as C99; pth or safetensors: the parameters alone, by name")
      ->capture_default_str();
  command->add_option("--opset", flags->onnx.opset, "ONNX operator set, raised where the network needs a newer one")
      ->capture_default_str()
      ->check(CLI::Range(13, 21));
  add_c_flags(*command, flags->c);
  command->footer(
      "Examples:\n  galet export resnet20.galet -o resnet20_int8.onnx\n  galet export tuned.galet --to pth -o tuned.pth\n"
      "  galet export resnet20.galet --to c -o resnet20_c --name resnet20 --budget rom=300k,ram=64k");
  command->get_option("model")->required(false);  // --load-state has it
  command->callback([flags, command] {
    find_c_flags(*command, flags->c);
    run_export(*flags);
  });
}

}  // namespace galet::tools
