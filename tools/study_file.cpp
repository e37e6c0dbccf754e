#include "tools/study_file.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "galet/calibrate/observer.h"
#include "galet/core/file.h"
#include "galet/data/dataset.h"
#include "galet/package/checksum.h"
#include "galet/pipeline/study.h"
#include "galet/pipeline/sweep.h"

namespace galet::tools {
namespace {

volatile std::sig_atomic_t g_writing = 0, g_interrupted = 0;
char g_message[512] = "";

[[noreturn]] void leave() {
  [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, g_message, std::strlen(g_message));
  ::_exit(130);
}

void on_interrupt(int) {
  if (g_writing == 0) leave();
  g_interrupted = 1;
}

void set_message(const std::string& text) {
  g_writing = 1;
  std::strncpy(g_message, text.c_str(), sizeof g_message - 1);
  g_writing = 0;
  if (g_interrupted != 0) leave();
}

}  // namespace

void add_study_flags(CLI::App& command, StudyFlags& flags) {
  add_model(command, flags.model);
  command.add_option("--data", flags.data, "images to calibrate on, and to evaluate where there is no --eval")
      ->required()
      ->type_name("SPEC");
  command.add_option("--eval", flags.eval, "images to evaluate on")->type_name("SPEC");
  command.add_option("--limit", flags.limit, "evaluate N images only, spread evenly")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command.add_option("--samples", flags.recipe.calibration.samples, "calibration images, drawn at random")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command.add_option("--seed", flags.recipe.calibration.seed, "of that draw")->capture_default_str();
  command.add_option("--observer", flags.recipe.calibration.observer, "activations' ranges where they are not what is varied")
      ->capture_default_str()
      ->type_name("NAME");
  command.add_option("--weights", flags.weights, "weights' ranges where they are not what is varied: min_max or mse")
      ->capture_default_str()
      ->type_name("NAME");
  command.add_flag("--per-tensor", flags.per_tensor, "one scale for each weight instead of one for each output channel");
  command.add_option("--threads", flags.recipe.calibration.threads, "0: one per processor")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  command
      .add_option("--state", flags.state, "where results are kept while they come; default: a file beside you, named for model and study")
      ->type_name("FILE");
  command.add_flag("--fresh", flags.fresh, "forget what an earlier run left there");
  command.add_flag("--json", flags.json, "one JSON object on stdout");
  add_report_flags(command, flags.report);
}

StudyFile::StudyFile(const StudyFlags& flags, const std::string& kind)
    : path_(flags.state.empty() ? std::filesystem::path(flags.model.path).stem().string() + "." + kind + ".json" : flags.state),
      fresh_(flags.fresh) {
  g_interrupted = 0;
  set_message("\ngalet: interrupted before the first point was measured\n");
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

StudyFile::~StudyFile() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

std::string StudyFile::read() const { return !fresh_ && std::filesystem::exists(path_) ? read_file(path_) : std::string(); }

void StudyFile::check_writable() const {
  if (std::filesystem::exists(path_) && !std::filesystem::is_regular_file(path_))
    fail("cannot keep results in {}: it is not a file", path_);
  const std::string probe = path_ + ".probe";
  write_file(probe, std::string(4096, ' '));
  std::filesystem::remove(probe);
}

void StudyFile::write(const std::string& json, size_t done, size_t all) const {
  g_writing = 1;
  write_file(path_, json);
  g_writing = 0;
  set_message(fmt::format("\ngalet: interrupted; {} of {} points are kept in {}: the same command goes on from there\n", done, all, path_));
}

evaluate::StudySettings study_settings(const StudyFlags& flags, const data::Dataset& calibration, const data::Dataset& evaluation,
                                       const std::string& more) {
  const auto file = MappedFile::open(flags.model.path);
  return {.model = std::filesystem::path(flags.model.path).filename().string(),
          .weights = fmt::format("{} bytes, checksum {:016x}", file->bytes().size(), package::checksum(file->bytes())),
          .calibration = fmt::format("{} images, seed {}, of {}", std::min(flags.recipe.calibration.samples, calibration.size()),
                                     flags.recipe.calibration.seed, calibration.description()),
          .data = pipeline::SpreadImages(evaluation, flags.limit).description(),
          .recipe = pipeline::recipe_text(flags.recipe) + more};
}

void write_study_report(const StudyFlags& flags, const evaluate::StudySettings& settings, report::Findings findings) {
  if (!flags.report.wanted()) return;
  findings.title = std::filesystem::path(flags.model.path).stem().string();
  findings.about.emplace_back("model", settings.model + ", " + settings.weights);
  findings.about.emplace_back("calibration", settings.calibration);
  findings.about.emplace_back("evaluation", settings.data);
  findings.about.emplace_back("recipe", settings.recipe);
  write_report(flags.report, std::move(findings));
}

std::string top1_text(const evaluate::Measured& measured) { return measured.labelled ? fmt::format("{:.2f} %", 100 * measured.top1) : "-"; }
std::string decibels(double sqnr_db) { return std::isfinite(sqnr_db) ? fmt::format("{:.1f}", sqnr_db) : "exact"; }

}  // namespace galet::tools
