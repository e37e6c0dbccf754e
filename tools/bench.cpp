// galet bench: time and memory of one image, each thread count in a process of its own so that peak memory is its own.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "galet/core/isa.h"
#include "galet/evaluate/latency.h"
#include "tools/cli.h"

namespace galet::tools {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  ModelArgument model;
  std::vector<int> threads{1};
  double seconds = 1;
  bool json = false, layers = false;
};

Json measure(const Flags& flags, int threads) {
  const auto begin = std::chrono::steady_clock::now();
  pipeline::LoadedModel model = pipeline::load_model(flags.model.path, flags.model.about);
  pipeline::make_ready(model);
  const double read_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  evaluate::LatencyOptions options;
  options.threads = threads;
  options.seconds = flags.seconds;
  options.layers = flags.layers;
  const evaluate::Latency latency = evaluate::latency(model.graph, options);
  Json row{{"threads", latency.threads},
           {"median_ms", latency.median_ms},
           {"p5_ms", latency.p5_ms},
           {"p95_ms", latency.p95_ms},
           {"load_ms", read_ms + latency.plan_ms},
           {"peak_memory_bytes", evaluate::peak_memory_bytes()},
           {"isa", latency.isa},
           {"runs", latency.runs},
           {"arena_bytes", latency.arena_bytes},
           {"weight_bytes", latency.weight_bytes}};
  if (!flags.layers) return row;
  Json layers = Json::array();
  for (const runtime::StepTiming& step : latency.layers) {
    const double ms = step.calls == 0 ? 0 : 1e3 * step.seconds / static_cast<double>(step.calls);
    layers.push_back({{"name", step.node},
                      {"kernel", step.kernel},
                      {"ms", ms},
                      {"fastest_ms", 1e3 * step.fastest},
                      {"macs", step.macs},
                      {"gmac_per_s", ms > 0 ? static_cast<double>(step.macs) / ms / 1e6 : 0.0}});
  }
  row["layers"] = layers;
  return row;
}

/// Runs measure() in a child process and brings its row back through a pipe.
Json measure_apart(const Flags& flags, int threads) {
  int ends[2];
  if (::pipe(ends) != 0) fail("cannot make a pipe");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) fail("cannot start a process");
  if (child == 0) {
    ::close(ends[0]);
    Json answer;
    try {
      answer = measure(flags, threads);
    } catch (const std::exception& error) {
      answer = Json{{"error", error.what()}};
    }
    const std::string text = answer.dump();
    for (size_t done = 0; done < text.size();) {
      const ssize_t n = ::write(ends[1], text.data() + done, text.size() - done);
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || text.empty())
    fail("the measuring process with {} threads died (signal {})", threads, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  Json answer = Json::parse(text);
  if (answer.contains("error")) throw Error(answer["error"].get<std::string>());
  return answer;
}

void run_bench(const Flags& flags) {
  active_isa();  // a wrong GALET_FORCE_ISA is said at once
  Json rows = Json::array();
  for (const int threads : flags.threads) rows.push_back(measure_apart(flags, threads));
  if (flags.json) return print(rows.dump() + "\n");
  Table table({"threads", "median ms", "p5 ms", "p95 ms", "runs", "load ms", "peak memory", "isa"});
  for (const Json& row : rows)
    table.add({std::to_string(row["threads"].get<int>()), fmt::format("{:.3f}", row["median_ms"].get<double>()),
               fmt::format("{:.3f}", row["p5_ms"].get<double>()), fmt::format("{:.3f}", row["p95_ms"].get<double>()),
               std::to_string(row["runs"].get<int64_t>()), fmt::format("{:.1f}", row["load_ms"].get<double>()),
               bytes_text(row["peak_memory_bytes"].get<int64_t>()), row["isa"].get<std::string>()});
  print(table.text());
  if (!flags.layers) return;
  for (const Json& row : rows) {
    Table layers({fmt::format("layer ({} threads)", row["threads"].get<int>()), "ms", "GMAC/s", "kernel"});
    for (const Json& layer : row["layers"])
      layers.add({layer["name"].get<std::string>(), fmt::format("{:.4f}", layer["ms"].get<double>()),
                  layer["macs"].get<int64_t>() == 0 ? "" : fmt::format("{:.1f}", layer["gmac_per_s"].get<double>()),
                  layer["kernel"].get<std::string>()});
    print("\n" + layers.text());
  }
}

}  // namespace

void add_bench(CLI::App& app) {
  CLI::App* command = app.add_subcommand("bench", "latency of one image, load time, peak memory");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("--threads", flags->threads, "thread counts to measure, e.g. 1,2")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command->add_option("--seconds", flags->seconds, "how long to measure each")->capture_default_str()->check(CLI::Range(0.01, 3600.0));
  command->add_flag("--layers", flags->layers, "time of each layer, and its kernel");
  command->add_flag("--json", flags->json, "one JSON list on stdout");
  command->footer("Examples:\n  galet bench resnet20.galet --threads 1,2\n  GALET_FORCE_ISA=avx2 galet bench resnet20.galet --layers");
  command->callback([flags] { run_bench(*flags); });
}

}  // namespace galet::tools
