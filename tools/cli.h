// What the subcommands share: flags, tables, the progress bar.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "galet/core/error.h"
#include "galet/core/progress.h"
#include "galet/core/remark.h"
#include "galet/package/package.h"
#include "galet/pipeline/model.h"

namespace CLI {
class App;
}

namespace galet::tools {

/// Flags that contradict each other or the data: exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string one_line(std::string text);
/// " quantize" when the first argument is a subcommand, else "".
std::string chosen_command(int argc, char** argv);

/// The words of this command line, as a shell would need them: "galet", then the arguments.
std::vector<std::string>& command_words();

/// A bar on stderr with rate and time left, from the second second on; silent when stderr is no terminal.
class ProgressBar : public Progress {
 public:
  ProgressBar();
  ~ProgressBar() override;
  void start(std::string_view what, int64_t total) override;
  void update(int64_t done) override;
  void finish() override;

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_ = false, drawn_ = false;
  std::string what_;
  int64_t total_ = 0;
  Clock::time_point begin_{}, last_{};
};

/// A text table: columns aligned, the first one left, the others right.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// "1,094,123"
std::string grouped(int64_t n);
/// "1.07 MB" (powers of 1000)
std::string bytes_text(int64_t bytes);

/// The positional MODEL of a command, and the flags that say what the file does not.
struct ModelArgument {
  std::string path;
  pipeline::ModelFlags about;
};
void add_model(CLI::App& command, ModelArgument& model);
void add_about_flags(CLI::App& command, pipeline::ModelFlags& flags);
/// These flags as they stand on a command line, for galet-torch.
void add_arguments(const pipeline::ModelFlags& flags, std::vector<std::string>& arguments);
/// Reads the model; notes (assumed preprocessing) go to stderr.
Graph load(const ModelArgument& model);
Graph load(const std::string& path, const pipeline::ModelFlags& about);
/// The same, ready to run: a package is run as it was written, anything else is simplified first.
Graph load_ready(const ModelArgument& model);
Graph load_ready(const std::string& path, const pipeline::ModelFlags& about);

/// --compress, for commands that write .galet files.
void add_compress(CLI::App& command, package::SaveOptions& options);

void print_remarks(const Remarks& remarks);
/// Writes to stdout; a full pipe or disk is an Error.
void print(const std::string& text);

}  // namespace galet::tools
