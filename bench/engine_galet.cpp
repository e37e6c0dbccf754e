// galet's engine for bench/compare.py (bench/engine.py is the same for the others), and the probe of the machine's speed. Reads one command
// a line from stdin, answers each by one line of JSON:
//   galet-bench MODEL THREADS IMAGES.npy     loads, answers {"load_ms", "peak_bytes", "base_bytes", "note"}, then
//       burst SECONDS IMAGE  ->  {"times_ms": [...]}       outputs COUNT FILE.npy  ->  {"images"}
//   galet-bench probe                        probe THREADS  ->  {"clock_ghz", "fma_gmac_per_s"}
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "galet/analysis/machine.h"
#include "galet/core/error.h"
#include "galet/data/npy.h"
#include "galet/evaluate/latency.h"
#include "galet/pipeline/model.h"
#include "galet/runtime/session.h"

namespace {

using namespace galet;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point began) { return std::chrono::duration<double, std::milli>(Clock::now() - began).count(); }
void answer(const Json& json) { std::cout << json.dump() << std::endl; }

class Engine {
 public:
  Engine(const std::string& path, int threads, const std::string& images) : images_(data::read_npy(images)) {
    const int64_t base = evaluate::peak_memory_bytes();
    const auto began = Clock::now();
    pipeline::LoadedModel model = pipeline::load_model(path);
    pipeline::make_ready(model);
    runtime::SessionOptions options;
    options.threads = threads;
    session_ = std::make_unique<runtime::Session>(std::move(model.graph), options);
    const double load_ms = ms_since(began);
    burst(0.02, 0);
    answer({{"load_ms", load_ms},
            {"base_bytes", base},
            {"peak_bytes", evaluate::peak_memory_bytes()},
            {"note", std::string(to_string(session_->isa()))}});
  }

  Json burst(double seconds, int64_t image) {
    const Tensor input = image_at(image);
    session_->run({&input, 1});
    Json times = Json::array();
    for (const auto began = Clock::now(); ms_since(began) < seconds * 1e3 || times.size() < 3;) {
      const auto at = Clock::now();
      session_->run({&input, 1});
      times.push_back(ms_since(at));
    }
    return {{"times_ms", times}};
  }

  Json outputs(int64_t count, const std::string& path) {
    std::vector<float> all;
    Shape shape;
    for (int64_t i = 0; i < count; ++i) {
      const Tensor input = image_at(i);
      const Tensor output = session_->run({&input, 1}).front();
      shape = output.shape();
      all.insert(all.end(), output.data<float>(), output.data<float>() + output.size());
    }
    if (shape.empty()) fail("no images to run");
    shape[0] *= count;
    Tensor written(DType::f32, shape);
    std::memcpy(written.mutable_data<float>(), all.data(), all.size() * sizeof(float));
    data::write_npy(path, written);
    return {{"images", count}};
  }

 private:
  Tensor image_at(int64_t i) const {
    Shape shape = images_.shape();
    const int64_t n = shape[0];
    shape[0] = 1;
    Tensor image(DType::f32, shape);
    std::memcpy(image.mutable_data<float>(), images_.data<float>() + i % n * image.size(),
                static_cast<size_t>(image.size()) * sizeof(float));
    return image;
  }

  Tensor images_;
  std::unique_ptr<runtime::Session> session_;
};

Json execute(Engine* engine, const std::string& line) {
  std::istringstream words(line);
  std::string command, file;
  double number = 0;
  int64_t image = 0;
  words >> command >> number;
  if (command == "probe") {
    const analysis::SpeedProbe speed = analysis::probe_speed(static_cast<int>(number));
    return {{"clock_ghz", speed.clock_ghz}, {"fma_gmac_per_s", speed.fma_f32_gmac_per_s}};
  }
  if (engine == nullptr) fail("unknown command \"{}\", expected: probe THREADS", command);
  if (command == "burst" && words >> image) return engine->burst(number, image);
  if (command == "outputs" && words >> file) return engine->outputs(static_cast<int64_t>(number), file);
  fail("unknown command \"{}\", expected: burst SECONDS IMAGE, or outputs COUNT FILE", line);
}

int serve(int argc, char** argv) {
  std::unique_ptr<Engine> engine;
  if (argc == 4)
    engine = std::make_unique<Engine>(argv[1], std::atoi(argv[2]), argv[3]);
  else if (argc != 2 || std::strcmp(argv[1], "probe") != 0)
    fail("expected: galet-bench MODEL THREADS IMAGES.npy, or galet-bench probe");
  for (std::string line; std::getline(std::cin, line);) answer(execute(engine.get(), line));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve(argc, argv);
  } catch (const std::exception& error) {
    answer({{"error", error.what()}});
    return 1;
  }
}
