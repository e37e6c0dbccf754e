#include "tools/cli.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

namespace galet::tools {

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::vector<std::string>& command_words() {
  static std::vector<std::string> words;
  return words;
}

std::string chosen_command(int argc, char** argv) {
  static constexpr const char* kNames[] = {
#define COMMAND(name) #name,
#include "tools/commands.inc"
#undef COMMAND
  };
  for (const char* name : kNames)
    if (argc > 1 && std::string(argv[1]) == name) return std::string(" ") + name;
  return "";
}

ProgressBar::ProgressBar() : terminal_(::isatty(STDERR_FILENO) != 0) {}
ProgressBar::~ProgressBar() { finish(); }

void ProgressBar::start(std::string_view what, int64_t total) {
  finish();
  what_ = what;
  total_ = total;
  begin_ = last_ = Clock::now();
}

void ProgressBar::update(int64_t done) {
  const auto now = Clock::now();
  if (!terminal_ || now - begin_ < std::chrono::seconds(1) || now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const double rate = static_cast<double>(done) / seconds;
  if (total_ <= 0) {
    std::fprintf(stderr, "\r\033[K%s: %lld, %.0f/s", what_.c_str(), static_cast<long long>(done), rate);
    return;
  }
  const double left = rate > 0 ? static_cast<double>(total_ - done) / rate : 0;
  const int filled = static_cast<int>(30 * done / total_);
  std::fprintf(stderr, "\r\033[K%s [%-30s] %lld/%lld  %.0f/s  %.0f s left", what_.c_str(),
               std::string(static_cast<size_t>(filled), '#').c_str(), static_cast<long long>(done), static_cast<long long>(total_), rate,
               left);
}

void ProgressBar::finish() {
  if (drawn_) std::fprintf(stderr, "\r\033[K");
  drawn_ = false;
}

std::string Table::text() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      line += i == 0 ? row[i] + space : "  " + space + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string grouped(int64_t n) {
  std::string digits = std::to_string(n < 0 ? -n : n);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return n < 0 ? "-" + digits : digits;
}

std::string bytes_text(int64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} KB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.2f} MB", static_cast<double>(bytes) / 1e6);
}

void add_about_flags(CLI::App& command, pipeline::ModelFlags& flags) {
  const std::string group = "Preprocessing (of an .onnx file; a .galet file carries its own)";
  command.add_option("--resize", flags.resize, "resize the short side to N pixels, bilinear with antialiasing")
      ->group(group)
      ->type_name("N");
  command.add_option("--crop", flags.crop, "then cut the centre, N or HxW")->group(group)->type_name("N|HxW");
  command.add_flag("--letterbox", flags.letterbox, "then fit it into the network's input, keeping its aspect ratio, on gray (code 114)")
      ->group(group);
  command.add_option("--mean", flags.mean, "per channel, of values in 0..1, e.g. 0.485,0.456,0.406")
      ->group(group)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("A,B,C");
  command.add_option("--std", flags.std, "per channel, e.g. 0.229,0.224,0.225")
      ->group(group)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("A,B,C");
  command.add_option("--order", flags.order, "channel order: rgb, bgr or gray")->group(group)->type_name("ORDER");
  command
      .add_option("--detections", flags.detections,
                  "which outputs are boxes and scores, e.g. boxes=boxes,scores=scores,relative=1,background=1,score=0.05,iou=0.5,k=100: "
                  "suppression is added, and the network is a detector")
      ->group("Models that leave something open")
      ->type_name("SPEC");
  command.add_option("--input-shape", flags.input_shapes, "NAME=1x3x320x320, for extents that an ONNX file leaves open")
      ->allow_extra_args(false)
      ->group("Models that leave something open")
      ->type_name("NAME=SHAPE");
}

void add_arguments(const pipeline::ModelFlags& flags, std::vector<std::string>& arguments) {
  auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) arguments.insert(arguments.end(), {name, value});
  };
  add("--resize", flags.resize == 0 ? "" : std::to_string(flags.resize));
  add("--crop", flags.crop);
  if (flags.letterbox) arguments.push_back("--letterbox");
  add("--mean", fmt::format("{}", fmt::join(flags.mean, ",")));
  add("--std", fmt::format("{}", fmt::join(flags.std, ",")));
  add("--order", flags.order);
  add("--detections", flags.detections);
  for (const std::string& shape : flags.input_shapes) add("--input-shape", shape);
}

void add_model(CLI::App& command, ModelArgument& model) {
  command.add_option("model", model.path, "a .onnx or .galet file")->required()->type_name("MODEL");
  add_about_flags(command, model.about);
}

void add_compress(CLI::App& command, package::SaveOptions& options) {
  command.add_flag("--compress", options.compress, "entropy code the weights: fewer bytes, slower to load; the same network");
}

namespace {

pipeline::LoadedModel load_with_notes(const std::string& path, const pipeline::ModelFlags& about) {
  pipeline::LoadedModel model = pipeline::load_model(path, about);
  for (const std::string& note : model.notes) std::fprintf(stderr, "galet: note: %s\n", note.c_str());
  return model;
}

}  // namespace

Graph load(const std::string& path, const pipeline::ModelFlags& about) { return std::move(load_with_notes(path, about).graph); }

Graph load_ready(const std::string& path, const pipeline::ModelFlags& about) {
  pipeline::LoadedModel model = load_with_notes(path, about);
  pipeline::make_ready(model);
  return std::move(model.graph);
}

Graph load_ready(const ModelArgument& model) { return load_ready(model.path, model.about); }

Graph load(const ModelArgument& model) { return load(model.path, model.about); }

void print_remarks(const Remarks& remarks) {
  for (const Remark& remark : remarks) {
    std::string line = fmt::format("{}: {}: {}", remark.step, remark.node, remark.decision);
    if (!remark.reason.empty()) line += " (" + remark.reason + ")";
    for (const auto& [name, number] : remark.numbers) line += fmt::format(" {}={:.6g}", name, number);
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail("cannot write to standard output");
}

}  // namespace galet::tools
