// galet bench: time and memory of one image, each thread count in a process of its own so that peak memory is its own.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "galet/analysis/layer_speed.h"
#include "galet/analysis/machine.h"
#include "galet/core/isa.h"
#include "galet/evaluate/latency.h"
#include "tools/bench_report.h"
#include "tools/cli.h"
#include "tools/report_files.h"

namespace galet::tools {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  ModelArgument model;
  std::vector<int> threads{1};
  std::vector<int64_t> images{1};
  double seconds = 1;
  bool json = false, layers = false, machine = false, pixels = false;
  ReportFiles report;
};

Json measure(const Flags& flags, int threads, int64_t images) {
  const auto begin = std::chrono::steady_clock::now();
  pipeline::LoadedModel model = pipeline::load_model(flags.model.path, flags.model.about);
  pipeline::make_ready(model);
  const double read_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  evaluate::LatencyOptions options;
  options.threads = threads;
  options.seconds = flags.seconds;
  options.layers = flags.layers;
  options.images = images;
  options.pixels = flags.pixels;
  const evaluate::Latency latency = evaluate::latency(flags.layers ? Graph(model.graph) : std::move(model.graph), options);
  Json row{{"threads", latency.threads},
           {"images", images},
           {"images_per_second", 1e3 * static_cast<double>(images) / latency.p5_ms},
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
  const analysis::MachinePeaks peaks = analysis::measure_machine({.threads = {latency.threads}}).front();
  const analysis::SpeedReport report = analysis::layer_speeds(model.graph, latency.layers, latency.remarks, peaks);
  row["machine"] = machine_json(peaks);
  row["kinds"] = kinds_json(report);
  row["layers"] = layers_json(report);
  return row;
}

/// Runs measure() in a child process and brings its row back through a pipe.
Json measure_apart(const Flags& flags, int threads, int64_t images) {
  int ends[2];
  if (::pipe(ends) != 0) fail("cannot make a pipe");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) fail("cannot start a process");
  if (child == 0) {
    ::close(ends[0]);
    Json answer;
    try {
      answer = measure(flags, threads, images);
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
  if (flags.machine) {
    if (flags.report.wanted()) throw UsageError("--machine measures the machine alone: a report is about a model");
    if (!flags.model.path.empty())
      throw UsageError(
          "--machine measures the machine alone: leave the model out, or take --layers\n  galet bench --machine --threads 1,2");
    Json machines = Json::array();
    for (const analysis::MachinePeaks& peaks : analysis::measure_machine({.threads = flags.threads}))
      machines.push_back(machine_json(peaks));
    return print(flags.json ? machines.dump() + "\n" : machine_table(machines));
  }
  if (flags.model.path.empty()) throw UsageError("which model? (--machine goes without one)");
  check_report_files(flags.report);
  Json rows = Json::array();
  for (const int threads : flags.threads)
    for (const int64_t images : flags.images) rows.push_back(measure_apart(flags, threads, images));
  if (flags.report.wanted()) {
    const Graph graph = load_ready(flags.model);
    report::Findings findings;
    findings.title = model_title(flags.model.path);
    findings.models.push_back(report_model_file(form_name(graph), flags.model.path, &graph));
    for (const Json& row : rows) findings.models.back().timings.push_back(timing_of(row));
    write_report(flags.report, std::move(findings));
  }
  print(flags.json ? rows.dump() + "\n" : bench_table(rows));
}

}  // namespace

void add_bench(CLI::App& app) {
  CLI::App* command = app.add_subcommand("bench", "latency of one image, load time, peak memory; or the peaks of this machine");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->get_option("model")->required(false);
  command->add_option("--threads", flags->threads, "thread counts to measure, e.g. 1,2")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command->add_option("--images", flags->images, "images given at once, e.g. 1,8,32; times are of one run of so many")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str()
      ->check(CLI::Range(1, 65536));
  command->add_option("--seconds", flags->seconds, "how long to measure each")->capture_default_str()->check(CLI::Range(0.01, 3600.0));
  command->add_flag("--layers", flags->layers, "time of each layer against this machine's peaks, its kernel, and why not faster");
  command->add_flag("--machine", flags->machine,
                    "no model: what this machine can do at most (products, FMA, reading caches and memory, clock)");
  command->add_flag("--pixels", flags->pixels, "the image is given as 8-bit pixels instead of floats");
  command->add_flag("--json", flags->json, "one JSON list on stdout");
  add_report_flags(*command, flags->report);
  command->footer(
      "Examples:\n  galet bench resnet20.galet --threads 1,2\n  GALET_FORCE_ISA=avx2 galet bench resnet20.galet --layers\n  galet bench "
      "--machine --threads 1,2");
  command->callback([flags] { run_bench(*flags); });
}

}  // namespace galet::tools
