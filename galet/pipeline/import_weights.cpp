#include "galet/pipeline/import_weights.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <span>

#include "galet/core/file.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/parameters.h"
#include "galet/package/package.h"

namespace galet::pipeline {
namespace {

bool is_name(const std::string& model) { return models::is_name(model); }

bool has_options(const models::Options& options) {
  return options.classes != 0 || options.height != 0 || options.width != 0 || !options.shortcut.empty() || !options.backbone.empty() ||
         !options.fpn.empty() || !options.head.empty();
}

/// Zeros that take the memory of the largest parameter, however many ask for them.
class Zeros {
 public:
  Tensor operator()(const std::string&, const Shape& shape) {
    const size_t bytes = static_cast<size_t>(count(shape)) * sizeof(float);
    if (block_ == nullptr || bytes > block_->byte_size()) block_ = std::make_shared<const Tensor>(DType::f32, shape);
    return {DType::f32, shape, std::span(block_->bytes(), bytes), block_};
  }

 private:
  std::shared_ptr<const Tensor> block_;
};

/// Weights may also come from a network: an .onnx or .galet file whose parameters are floats.
importers::StateDict read_weights(const std::string& path, const std::string& key, std::vector<std::string>& notes) {
  if (!path.ends_with(".onnx") && !package::is_package(path)) return importers::read_weights(path, key);
  if (!key.empty()) fail("{}: --key is for checkpoints, and this is no file of weights", path);
  const LoadedModel loaded = load_model(path);
  importers::StateDict state{.path = path, .format = loaded.package ? "galet" : "ONNX", .key = {}, .tensors = {}, .notes = {}};
  for (const ValueId id : ops::parameters_of(loaded.graph)) {
    const Value& value = loaded.graph.value(id);
    if (value.quant) fail("{}: its parameter \"{}\" is quantized; weights come from float networks", path, value.name);
    state.tensors.push_back({value.name, value.constant, value.dtype == DType::f64 ? importers::Element::f64 : importers::Element::f32});
  }
  if (state.tensors.empty()) fail("{}: the network has no parameters", path);
  notes.push_back(fmt::format("{}: the parameters of a network, without the network", path));
  return state;
}

/// A file's network must still have the parameters as trained: float, and not folded into one another.
Graph network_of_file(const ImportWeights& request, std::vector<std::string>& notes) {
  if (has_options(request.options)) fail("{}: classes, input size and shortcut are for models by name; a file has its own", request.model);
  LoadedModel loaded = load_model(request.model, request.about);
  for (const ValueId id : ops::parameters_of(loaded.graph))
    if (loaded.graph.value(id).quant)
      fail("{}: its parameter \"{}\" is quantized; weights go into float networks", request.model, loaded.graph.value(id).name);
  notes = std::move(loaded.notes);
  return std::move(loaded.graph);
}

/// Parameters without weights get the values with which training starts.
void draw_first_values(Graph& graph, const ImportWeights& request, const importers::KeyReport& report) {
  std::set<std::string> linked;
  for (const auto& matched : report.matched) linked.insert(matched.parameter);
  if (linked.size() == report.parameters) return;
  models::Options options = request.options;
  options.parameter = [&, zeros = Zeros()](const std::string& name, const Shape& shape) mutable {
    return linked.contains(name) ? zeros(name, shape) : Tensor();
  };
  const Graph fresh = models::build(request.model, options);
  Rewriter rewriter(graph);
  for (const ValueId id : ops::parameters_of(graph)) {
    const std::string& name = graph.value(id).name;
    if (!linked.contains(name)) rewriter.set_constant(id, fresh.value(*fresh.find_value(name)).constant);
  }
}

/// The last layer alone has another number of outputs, batch norms are missing, or the shortcuts have weights.
std::string advice_on(const ImportWeights& request, const importers::KeyReport& report) {
  const int64_t classes = request.options.classes != 0 ? request.options.classes : models::get(request.model).classes;
  for (const auto& m : report.mismatched)
    if (!m.found.empty() && m.found.size() == m.wanted.size() && m.wanted[0] == classes && m.found[0] != classes &&
        std::equal(m.found.begin() + 1, m.found.end(), m.wanted.begin() + 1))
      return fmt::format("it looks like --classes {}", m.found[0]);
  const auto is_statistic = [](const std::string& name) { return name.ends_with("running_mean"); };
  const bool wants_norms =
      std::any_of(report.missing.begin(), report.missing.end(), [&](const auto& m) { return is_statistic(m.parameter); });
  const bool has_norms =
      std::any_of(report.matched.begin(), report.matched.end(), [&](const auto& m) { return is_statistic(m.parameter); }) ||
      std::any_of(report.unexpected.begin(), report.unexpected.end(), [&](const auto& u) { return is_statistic(u.renamed); });
  if (wants_norms && !has_norms)
    return "the weights come from a network whose batch norms were folded or never were; this model has them apart";
  const bool has_choice = !models::get(request.model).shortcuts.empty();
  for (const auto& u : report.unexpected)
    if (has_choice && u.renamed.find(".shortcut.") != std::string::npos) return "it looks like --shortcut B";
  for (const auto& m : report.missing)
    if (has_choice && m.parameter.find(".shortcut.") != std::string::npos) return "it looks like --shortcut A";
  for (const auto& m : report.mismatched)
    if (m.parameter == "fc1.weight" && m.found.size() == 2 && m.found[0] == m.wanted[0]) return "it looks like another --input-size";
  return {};
}

std::string file_names(const std::vector<std::string>& files) {
  std::vector<std::string> names;
  for (const std::string& file : files) names.push_back(std::filesystem::path(file).filename().string());
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

ImportedWeights import_weights(const ImportWeights& request) {
  const bool by_name = is_name(request.model);
  if (!by_name && !std::filesystem::is_regular_file(request.model)) models::get(request.model);  // says which names there are
  ImportedWeights out;
  importers::LinkOptions link;
  link.automatic = request.map == "auto";
  link.allow = request.allow;
  if (!link.automatic && !request.map.empty()) {
    out.rules = read_file(request.map);
    link.rules = importers::KeyRules::parse(out.rules, request.map);
  }
  models::Options options = request.options;
  options.parameter = Zeros();  // first values are drawn only where they are needed
  out.graph = by_name ? models::build(request.model, options) : network_of_file(request, out.notes);

  std::vector<importers::StateDict> files;
  for (const std::string& file : request.files) files.push_back(read_weights(file, request.key, out.notes));
  out.report = importers::link_weights(out.graph, files, std::move(link));
  for (const std::string& line : out.report.proposed) out.rules += line + "\n";
  out.notes.insert(out.notes.end(), out.report.notes.begin(), out.report.notes.end());
  ModelInfo& info = out.graph.info;
  info.metadata["weights"] = file_names(request.files);
  if (!by_name) return out;
  info.metadata["source"] = files.front().format;
  if (!out.report.complete()) out.advice = advice_on(request, out.report);
  draw_first_values(out.graph, request, out.report);
  info.preprocessing = apply(request.about, info.preprocessing);
  if (info.preprocessing.assumed)
    out.notes.push_back(fmt::format("preprocessing assumed: {}'s usual one (--resize --crop --mean --std --order)", request.model));
  return out;
}

}  // namespace galet::pipeline
