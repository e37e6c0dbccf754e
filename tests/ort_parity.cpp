// Quantizes a network and writes what tests/ort_parity_test.py compares with ONNX Runtime: the exported QDQ file, the inputs and galet's
// outputs as codes. ort_parity MODEL.onnx CALIBRATION_DATA TEST_DATA IMAGES DIR [RESIZE CROP MEAN MEAN MEAN STD STD STD]
//   DIR/float.onnx; unless CALIBRATION_DATA is "-": DIR/int8.onnx, DIR/inputs.npy, DIR/codes.npy (real values where the output stays
//   float), DIR/layer.NAME.npy: codes of every value of the first image
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "galet/calibrate/calibrate.h"
#include "galet/data/dataset.h"
#include "galet/data/feed.h"
#include "galet/data/npy.h"
#include "galet/exporters/onnx/onnx.h"
#include "galet/importers/onnx/onnx.h"
#include "galet/quantize/quantize.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/session.h"
#include "galet/transform/passes.h"

using namespace galet;

namespace {

Preprocessing preprocessing(char** argv) {
  Preprocessing p;
  p.stretch = false;
  p.resize = std::atoi(argv[6]);
  p.crop_height = p.crop_width = std::atoi(argv[7]);
  for (size_t i = 0; i < 3; ++i) {
    p.mean[i] = std::strtof(argv[8 + i], nullptr);
    p.std[i] = std::strtof(argv[11 + i], nullptr);
  }
  return p;
}

Tensor stacked(const std::vector<Tensor>& images) {
  Shape shape = images[0].shape();
  shape[0] = static_cast<int64_t>(images.size());
  Tensor all(images[0].dtype(), shape);
  std::byte* dst = all.mutable_bytes();
  for (const Tensor& image : images) dst = std::copy_n(image.bytes(), image.byte_size(), dst);
  return all;
}

/// The file read by galet's own importer is the network that was written.
void check_reading_back(const std::string& path, const std::vector<Tensor>& inputs, const std::vector<Tensor>& codes) {
  Graph graph = importers::import_onnx(path).graph;
  transform::simplify(graph);
  runtime::Session session(graph);
  for (size_t i = 0; i < std::min<size_t>(inputs.size(), 20); ++i)
    if (!session.run_codes(std::vector<Tensor>{inputs[i]})[0].same_as(codes[i])) fail("{}: read back, image {} gives other codes", path, i);
}

void run(int argc, char** argv) {
  const std::string dir = argv[5];
  Graph graph = importers::import_onnx(argv[1]).graph;
  if (argc >= 14) graph.info.preprocessing = preprocessing(argv);
  transform::simplify(graph);
  exporters::export_onnx(graph, dir + "/float.onnx");
  if (std::string_view(argv[2]) == "-") return;
  Graph dynamic = graph;
  quantize::QuantizeOptions dynamically;
  dynamically.mode = quantize::Mode::dynamic;
  quantize::quantize(dynamic, dynamically);
  exporters::export_onnx(dynamic, dir + "/dynamic.onnx");
  calibrate::CalibrationOptions calibration;
  calibration.samples = 32;
  calibration.values = quantize::values_to_calibrate(graph);
  calibrate::calibrate(graph, *data::open_dataset(argv[2]), calibration);
  quantize::quantize(graph);
  exporters::export_onnx(graph, dir + "/int8.onnx");

  const auto dataset = data::open_dataset(argv[3]);
  const data::Feed feed(*dataset, graph.info.preprocessing, graph.value(graph.inputs()[0]).shape);
  const int64_t images = std::min<int64_t>(std::atoll(argv[4]), feed.size());
  runtime::Session session(graph);
  runtime::Session dynamic_session(dynamic);
  std::vector<Tensor> inputs, codes, real;
  for (int64_t i = 0; i < images; ++i) {
    inputs.push_back(feed(i * feed.size() / images));  // from all classes
    codes.push_back(session.run_codes(std::vector<Tensor>{inputs.back()})[0]);
    if (i < 50) real.push_back(dynamic_session.run(std::vector<Tensor>{inputs.back()})[0]);
  }
  check_reading_back(dir + "/int8.onnx", inputs, codes);
  data::write_npy(dir + "/inputs.npy", stacked(inputs));
  data::write_npy(dir + "/codes.npy", stacked(codes));
  data::write_npy(dir + "/dynamic.npy", stacked(real));
  runtime::SessionOptions all;
  all.keep_all = true;
  runtime::Session(graph, all).run_visiting(std::vector<Tensor>{inputs[0]}, runtime::Visit::codes, [&](ValueId id, const Tensor& tensor) {
    const Value& value = graph.value(id);
    if (!runtime::is_coded(value)) return;
    std::string name = value.name;
    std::ranges::replace(name, '/', '@');
    data::write_npy(dir + "/layer." + name + ".npy", tensor);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6)
    return std::fprintf(stderr, "usage: ort_parity MODEL.onnx CALIBRATION_DATA TEST_DATA IMAGES DIR [RESIZE CROP MEAN x3 STD x3]\n"), 2;
  try {
    run(argc, argv);
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
  }
  return 0;
}
