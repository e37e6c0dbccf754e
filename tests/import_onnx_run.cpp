// galet_import_onnx_run MODEL DIR [reference]: imports MODEL, reads DIR/input_N.pb, writes DIR/galet_N.f32 (raw float32, or the integers'
// values as float32): what import_onnx_test.py compares with onnxruntime.
#include <cstdio>
#include <cstring>
#include <exception>

#include "galet/core/file.h"
#include "galet/importers/onnx/onnx.h"
#include "galet/runtime/session.h"
#include "tests/run_reference.h"

int main(int argc, char** argv) {
  try {
    if (argc < 3) return 2;
    const std::string folder = argv[2];
    const galet::importers::OnnxImport import = galet::importers::import_onnx(argv[1]);
    galet::verify(import.graph);
    std::vector<galet::Tensor> inputs;
    for (size_t i = 0; i < import.graph.inputs().size(); ++i)
      inputs.push_back(galet::importers::read_onnx_tensor(folder + "/input_" + std::to_string(i) + ".pb"));
    const bool reference = argc > 3 && std::strcmp(argv[3], "reference") == 0;
    const auto outputs = reference ? galet::tests::run_reference(import.graph, inputs) : galet::runtime::Session(import.graph).run(inputs);
    for (size_t i = 0; i < outputs.size(); ++i) {
      const galet::Tensor f32 = outputs[i].cast(galet::DType::f32);
      galet::write_file(folder + "/galet_" + std::to_string(i) + ".f32", {f32.bytes(), f32.byte_size()});
    }
    std::printf("%zu nodes, first node %s\n", import.graph.order().size(), import.graph.node(import.graph.order().front()).name.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
