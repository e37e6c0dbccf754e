// galet export --to c.
#include "tools/export_c.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <sstream>

#include "galet/data/dataset.h"
#include "galet/data/preprocess.h"
#include "galet/pipeline/export_state.h"
#include "galet/runtime/pixels.h"

namespace galet::tools {
namespace {

/// "rom=256k,ram=64k"
void read_budget(const std::string& text, exporters::CExportOptions& options) {
  std::stringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const size_t equal = part.find('=');
    const std::string what = part.substr(0, equal);
    char unit = 0, rest = 0;
    long long bytes = 0;
    const int read = equal == std::string::npos ? 0 : std::sscanf(part.c_str() + equal + 1, "%lld%c%c", &bytes, &unit, &rest);
    const bool known = read == 1 || (read == 2 && (unit == 'k' || unit == 'M'));
    if (!known || bytes <= 0 || bytes > (1 << 30) || (what != "rom" && what != "ram"))
      throw UsageError(fmt::format("budget \"{}\": expected rom=BYTES,ram=BYTES, either or both, with k or M for 1024 or 1048576", text));
    int64_t& budget = what == "rom" ? options.rom_budget : options.ram_budget;
    if (budget != 0) throw UsageError(fmt::format("budget \"{}\": {} is given twice", text, what));
    bytes *= unit == 'k' ? 1024 : unit == 'M' ? 1024 * 1024 : 1;
    budget = bytes;
  }
}

/// The first pictures of a data set as the network's pixels.
std::vector<Tensor> pictures(const Graph& graph, const std::string& spec, int count) {
  runtime::check_pixels(graph);
  const auto dataset = data::open_dataset(spec);
  if (dataset->size() < count) throw UsageError(fmt::format("--vectors {}: {} has {} pictures", count, spec, dataset->size()));
  const Shape shape = graph.value(graph.inputs()[0]).shape;
  const data::Preprocessor preprocessor(graph.info.preprocessing, shape[1], shape[2], shape[3]);
  std::vector<Tensor> images;
  for (int64_t i = 0; i < count; ++i) {
    const data::Image image = preprocessor.pixels(dataset->get(i).image);
    images.push_back(Tensor::from<uint8_t>({1, image.height, image.width, image.channels}, image.pixels));
  }
  return images;
}

}  // namespace

void add_c_flags(CLI::App& command, CFlags& flags) {
  constexpr const char* kGroup = "With --to c";
  command.add_option("--name", flags.options.name, "of files and functions")->capture_default_str()->group(kGroup);
  command.add_option("--weights", flags.weights, "inline (arrays) or files (NAME.bin, handed to NAME_run)")
      ->capture_default_str()
      ->group(kGroup);
  command.add_option("--requantize", flags.requantize, "float (the runtime's integers) or fixed (cheaper without FPU)")
      ->capture_default_str()
      ->group(kGroup);
  command.add_option("--budget", flags.budget, "rom=BYTES,ram=BYTES (k, M): fail, naming the layer, where it does not fit")->group(kGroup);
  command.add_option("--postprocess", flags.options.postprocess, "argmax, topk:K, softmax, peaks:THRESHOLD: functions of the outputs")
      ->delimiter(',')
      ->group(kGroup);
  command.add_option("--save-state", flags.save_state, "keep model and flags in a JSON file")->type_name("FILE")->group(kGroup);
  command.add_option("--load-state", flags.load_state, "such a file instead of MODEL and flags: the same bytes again")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_option("--vectors", flags.options.test_vectors,
                  "test vectors to write: of made-up images, or with --data SPEC of its first ones")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000))
      ->group(kGroup);
}

void find_c_flags(const CLI::App& command, CFlags& flags) {
  for (const char* name : {"--name", "--weights", "--requantize", "--budget", "--postprocess", "--vectors"})
    flags.given = flags.given || command.get_option(name)->count() > 0;
}

void export_as_c(const ModelArgument& model, const std::string& folder, const CFlags& flags) {
  if (flags.weights != "inline" && flags.weights != "files")
    throw UsageError(fmt::format("--weights {}: expected inline or files", flags.weights));
  if (flags.requantize != "float" && flags.requantize != "fixed")
    throw UsageError(fmt::format("--requantize {}: expected float or fixed", flags.requantize));
  pipeline::ExportState state{{}, flags.options};
  state.options.weights_in_file = flags.weights == "files";
  state.options.fixed_point = flags.requantize == "fixed";
  if (!flags.budget.empty()) read_budget(flags.budget, state.options);
  if (flags.load_state.empty()) {
    state.graph = load_ready(model);
    if (!flags.data.empty()) state.options.images = pictures(state.graph, flags.data, state.options.test_vectors);
  } else {
    if (!model.path.empty() || flags.given || !flags.data.empty())
      throw UsageError("--load-state says which model and how: it goes with -o alone");
    state = pipeline::load_export_state(flags.load_state);
  }
  const exporters::CExport written = exporters::export_c(state.graph, folder, state.options);
  if (!flags.save_state.empty()) pipeline::save_export_state(state.graph, state.options, flags.save_state);
  print_remarks(written.remarks);
  const exporters::CSizes& sizes = written.sizes;
  print(fmt::format("{}: {}.c and .h of {} lines; ROM {} (weights {}) and code, RAM {} (at least {}, at \"{}\") and {} of the caller's\n",
                    folder, state.options.name, grouped(sizes.code_lines), grouped(sizes.weights + sizes.constants), grouped(sizes.weights),
                    grouped(sizes.arena), grouped(sizes.live), sizes.peak_layer, grouped(sizes.input + sizes.output)));
}

}  // namespace galet::tools
