// What tests/export_c_test.py compares C with: images of a data set as the C takes them, and the runtime's answers, raw.
//   export_c_run MODEL DATA COUNT DIR [fixed]   writes DIR/images.bin and DIR/answers.bin: (pixels or codes, answers) of each image in turn
//   export_c_run build NETWORK SIZE FILE        a network by name with its first values, as a package
//   export_c_run heatmap FILE                   a small network that ends in a map of (1, 2, 16, 16), quantized
//   export_c_run sweep FIRST COUNT DIR [fixed]  exports random networks of these seeds into DIR/SEED; each brings its own test
#include <algorithm>
#include <cstdio>

#include "galet/core/file.h"
#include "galet/data/dataset.h"
#include "galet/data/feed.h"
#include "galet/data/preprocess.h"
#include "galet/exporters/c/c.h"
#include "galet/models/models.h"
#include "galet/package/package.h"
#include "galet/pipeline/model.h"
#include "galet/runtime/session.h"
#include "tests/random_c_network.h"

using namespace galet;

namespace {

/// (h, w, c) of a rank-4 tensor's elements, as C has them.
std::string as_c_has_it(const Tensor& tensor) {
  const Shape& s = tensor.shape();
  const size_t element = tensor.byte_size() / static_cast<size_t>(std::max<int64_t>(tensor.size(), 1));
  const char* bytes = reinterpret_cast<const char*>(tensor.bytes());
  std::string out(bytes, tensor.byte_size());
  if (s.size() != 4) return out;
  const auto channels = static_cast<size_t>(s[1]), plane = static_cast<size_t>(s[2] * s[3]);
  for (size_t i = 0; i < channels * plane; ++i)
    std::copy_n(bytes + i * element, element, out.begin() + static_cast<std::ptrdiff_t>((i % plane * channels + i / plane) * element));
  return out;
}

void run_model(const std::string& model, const std::string& data, int64_t count, const std::string& dir, bool fixed_point) {
  pipeline::LoadedModel loaded = pipeline::load_model(model);
  pipeline::make_ready(loaded);
  const Graph& graph = loaded.graph;
  const auto dataset = data::open_dataset(data);
  const Shape& input = graph.value(graph.inputs()[0]).shape;
  const data::Preprocessor preprocessor(graph.info.preprocessing, input[1], input[2], input[3]);
  runtime::SessionOptions options;
  options.pixels = true, options.fixed_point = options.reference = fixed_point;
  runtime::Session session(graph, options);
  std::string images, answers;
  for (int64_t i = 0; i < std::min(count, dataset->size()); ++i) {
    const data::Image shaped = preprocessor.pixels(dataset->get(i).image);
    const Tensor pixels = Tensor::from<uint8_t>({1, shaped.height, shaped.width, shaped.channels}, shaped.pixels);
    images.append(reinterpret_cast<const char*>(pixels.bytes()), pixels.byte_size());
    for (const Tensor& answer : session.run_codes({&pixels, 1})) answers += as_c_has_it(answer);
  }
  write_file(dir + "/images.bin", images);
  write_file(dir + "/answers.bin", answers);
}

void sweep(int64_t first, int64_t count, const std::string& dir, bool fixed_point) {
  for (int64_t seed = first; seed < first + count; ++seed) {
    exporters::CExportOptions options;
    options.name = "net" + std::to_string(seed);
    options.fixed_point = fixed_point;
    options.weights_in_file = seed % 7 == 3;
    const Graph graph = testing::RandomNetwork(static_cast<uint64_t>(seed)).make();
    try {
      exporters::export_c(graph, dir + "/" + std::to_string(seed), options);
    } catch (const Error& error) {
      fail("seed {}: {}", seed, error.what());
    }
  }
}

Graph heatmap() {
  runtime::testing::NetworkBuilder b(3, true);
  const ValueId x = b.input({1, 3, 16, 16});
  b.graph.add_output(b.conv(x, 2, 3, {{"pads", Ints{1, 1, 1, 1}}}));
  return std::move(b.graph);
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() == 2 && args[0] == "heatmap") {
    package::save(heatmap(), args[1]);
    return 0;
  }
  if (args.size() < 4) fail("export_c_run MODEL DATA COUNT DIR [fixed]");
  if (args[0] == "build") {
    models::Options options;
    options.height = options.width = std::stoll(args[2]);
    package::save(models::build(args[1], options), args[3]);
    return 0;
  }
  if (args[0] == "sweep") {
    sweep(std::stoll(args[1]), std::stoll(args[2]), args[3], args.size() > 4);
    return 0;
  }
  run_model(args[0], args[1], std::stoll(args[2]), args[3], args.size() > 4);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "export_c_run: %s\n", error.what());
  return 1;
}
