// galet run: one picture through a network.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "galet/data/decode.h"
#include "galet/data/npy.h"
#include "galet/data/preprocess.h"
#include "galet/runtime/session.h"
#include "tools/cli.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::vector<std::string> pictures;
  int top = 5, threads = 1;
  bool json = false, explain = false;
};

Tensor read_input(const std::string& path, const Graph& graph, bool pixels) {
  const Shape& shape = graph.value(graph.inputs()[0]).shape;
  if (path.ends_with(".npy")) return data::read_npy(path).cast(DType::f32);
  if (shape.size() != 4) fail("the network's input is {}, a picture needs NCHW: give a .npy file", to_string(shape));
  const data::Preprocessor preprocessor(graph.info.preprocessing, shape[1], shape[2], shape[3]);
  const data::Image image = data::decode_image(path);
  if (pixels) {
    const data::Image shaped = preprocessor.pixels(image);
    return Tensor::from<uint8_t>({1, shaped.height, shaped.width, shaped.channels}, shaped.pixels);
  }
  Tensor input(DType::f32, {1, shape[1], shape[2], shape[3]});
  preprocessor.run(image, input.mutable_data<float>());
  return input;
}

/// Softmax unless the scores are probabilities already.
std::vector<double> probabilities(const Tensor& output) {
  const auto scores = output.span<float>();
  std::vector<double> p(scores.begin(), scores.end());
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  if (std::all_of(p.begin(), p.end(), [](double x) { return x >= 0; }) && std::abs(sum - 1) < 1e-2) return p;
  const double high = *std::max_element(p.begin(), p.end());
  double total = 0;
  for (double& x : p) total += x = std::exp(x - high);
  for (double& x : p) x /= total;
  return p;
}

void run_run(const Flags& flags) {
  const Graph graph = load_ready(flags.model);
  if (graph.inputs().size() != 1) fail("{} has {} inputs, galet run feeds one", flags.model.path, graph.inputs().size());
  runtime::SessionOptions options;
  options.threads = flags.threads;
  options.pixels =
      std::none_of(flags.pictures.begin(), flags.pictures.end(), [](const std::string& path) { return path.ends_with(".npy"); });
  runtime::Session session(graph, options);
  if (flags.explain) print_remarks(session.remarks());
  nlohmann::ordered_json root = nlohmann::json::array();
  for (const std::string& picture : flags.pictures) {
    const Tensor input = read_input(picture, graph, options.pixels);
    const std::vector<Tensor> outputs = session.run({&input, 1});
    if (outputs.size() != 1 || outputs[0].rank() < 2 || outputs[0].size() != outputs[0].dim(1)) {
      nlohmann::ordered_json shapes = nlohmann::json::array();
      for (size_t i = 0; i < outputs.size(); ++i) {
        const std::string& name = graph.value(graph.outputs()[i]).name;
        const auto values = outputs[i].cast(DType::f32);
        const auto [low, high] = std::minmax_element(values.span<float>().begin(), values.span<float>().end());
        shapes.push_back({{"name", name}, {"shape", outputs[i].shape()}, {"min", *low}, {"max", *high}});
        if (!flags.json) print(fmt::format("{}: {} {} min {:.6g} max {:.6g}\n", picture, name, to_string(outputs[i].shape()), *low, *high));
      }
      root.push_back({{"file", picture}, {"outputs", shapes}});
      continue;
    }
    const std::vector<double> p = probabilities(outputs[0]);
    std::vector<size_t> rank(p.size());
    std::iota(rank.begin(), rank.end(), size_t{0});
    std::stable_sort(rank.begin(), rank.end(), [&](size_t i, size_t j) { return p[i] > p[j]; });
    rank.resize(std::min(rank.size(), static_cast<size_t>(flags.top)));
    nlohmann::ordered_json rows = nlohmann::json::array();
    if (!flags.json && flags.pictures.size() > 1) print(picture + "\n");
    for (const size_t i : rank) {
      const std::string label = i < graph.info.labels.size() ? graph.info.labels[i] : "class " + std::to_string(i);
      rows.push_back({{"index", i}, {"label", label}, {"probability", p[i]}, {"score", outputs[0].data<float>()[i]}});
      if (!flags.json) print(fmt::format("{:6.2f} %  {}\n", 100 * p[i], label));
    }
    root.push_back({{"file", picture}, {"top", rows}});
  }
  if (flags.json) print((flags.pictures.size() == 1 ? root[0] : nlohmann::ordered_json{{"pictures", root}}).dump() + "\n");
}

}  // namespace

void add_run(CLI::App& app) {
  CLI::App* command = app.add_subcommand("run", "classify pictures");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("pictures", flags->pictures, "JPEG, PNG or .npy (n, c, h, w) files")->required()->type_name("FILE...");
  command->add_option("--top", flags->top, "how many classes to show")->capture_default_str()->check(CLI::Range(1, 100000));
  command->add_option("--threads", flags->threads, "0: one per processor")->capture_default_str()->check(CLI::Range(0, 1024));
  command->add_flag("--explain", flags->explain, "which kernel runs each node and why, on stderr");
  command->add_flag("--json", flags->json, "one JSON object on stdout");
  command->footer("Example:\n  galet run resnet20.galet picture.jpg --top 5");
  command->callback([flags] { run_run(*flags); });
}

}  // namespace galet::tools
