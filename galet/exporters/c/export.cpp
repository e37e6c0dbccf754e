// Lowers, plans the arena, holds the budgets, writes the files.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "galet/core/file.h"
#include "galet/core/pixels.h"
#include "galet/exporters/c/c.h"
#include "galet/exporters/c/writer.h"
#include "galet/kernels/reference/arithmetic.h"
#include "galet/runtime/pixels.h"

namespace galet::exporters {
namespace {

using namespace c;

void check_name(const std::string& name) {
  const bool good = !name.empty() && name.size() <= 64 && std::isalpha(static_cast<unsigned char>(name[0])) != 0 &&
                    std::all_of(name.begin(), name.end(), [](unsigned char ch) { return std::isalnum(ch) != 0 || ch == '_'; });
  if (!good || name == "main" || name == "galet")
    fail("\"{}\" cannot be the name of a C export: expected a letter, then letters, digits and _ (64 at most), other than main and galet",
         name);
}

/// Every coded value that a node or the caller makes, under its node's name.
void collect_scales(Lowering& l) {
  const std::string prefix = upper(l.options.name) + "_";
  std::set<std::string> names;
  auto add = [&](const std::string& name, ValueId id) {
    const auto affine = runtime::affine_of(l.value(id));
    if (!affine) return;
    std::string clean;
    for (const char c : name) clean += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    std::string unique = prefix + clean;
    for (int i = 2; !names.insert(unique).second; ++i) unique = prefix + clean + "_" + std::to_string(i);
    l.program.scales.push_back({unique, affine->scale, affine->zero_point});
  };
  for (const ValueId id : l.graph.inputs()) add(l.value(id).name, id);
  for (const NodeId id : l.graph.order())
    for (size_t i = 0; i < l.node(id).results.size(); ++i)
      add(i == 0 ? l.node(id).name : l.value(l.node(id).results[i]).name, l.node(id).results[i]);
}

bool takes_pixels(const Lowering& l) {
  if (l.graph.inputs().size() != 1 || l.value(l.graph.inputs()[0]).shape.size() != 4) return false;
  try {
    runtime::check_pixels(l.graph);
  } catch (const Error&) {
    return false;
  }
  return true;
}

/// One table of 256 codes for each channel of the network, and the pixel's channel that it reads.
void add_pixels(Lowering& l, Interface& interface) {
  const ValueId input = l.graph.inputs()[0];
  const Affine affine = l.affine(input);
  const Preprocessing& p = l.graph.info.preprocessing;
  const PixelLayout layout = pixel_layout(p);
  const int64_t channels = l.value(input).shape[1];
  std::vector<uint8_t> tables, from;
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    from.push_back(static_cast<uint8_t>(layout.from[c]));
    for (int code = 0; code < 256; ++code) tables.push_back(runtime::quantize_real(pixel_value(p, c, static_cast<uint8_t>(code)), affine));
  }
  interface.pixels = true;
  interface.pixel_channels = layout.channels;
  interface.pixel_tables = l.array("pixel_codes", "uint8_t", tables, "code of each pixel value, a channel after the other");
  interface.pixel_from = l.array("pixel_from", "uint8_t", from, "which channel of the pixel");
  interface.image_codes = l.new_buffer("image", count(l.value(input).shape));
  const BufferId parameter = l.buffer(input);
  for (Step& step : l.program.steps)
    if (std::find(step.reads.begin(), step.reads.end(), parameter) != step.reads.end()) step.reads.push_back(interface.image_codes);
  if (!l.program.steps.empty()) l.program.steps.front().reads.push_back(interface.image_codes);
  l.program.texts.insert("pixels");
}

Interface find_interface(Lowering& l) {
  Interface interface;
  for (const ValueId id : l.graph.inputs()) {
    const BufferId buffer = l.buffer(id);
    interface.inputs.push_back({l.program.buffers[static_cast<size_t>(buffer)].name, id, buffer, count(l.value(id).shape), true});
  }
  for (const ValueId id : l.graph.outputs()) {
    const BufferId buffer = l.buffer(id);
    const Buffer& place = l.program.buffers[static_cast<size_t>(buffer)];
    if (place.place != Place::output)
      fail("output \"{}\" is an input or a constant of the network: C has nothing to compute there", l.value(id).name);
    interface.outputs.push_back({place.name, id, buffer, count(l.value(id).shape), runtime::is_coded(l.value(id))});
  }
  if (takes_pixels(l)) add_pixels(l, interface);
  return interface;
}

CSizes sizes_of(const Lowering& l, const Interface& interface) {
  CSizes sizes;
  for (const Constant& constant : l.program.constants) (constant.weight.empty() ? sizes.constants : sizes.weights) += constant.bytes;
  sizes.constants += l.program.struct_bytes;
  sizes.arena = l.program.arena, sizes.live = l.program.live;
  if (!l.program.steps.empty()) sizes.peak_layer = l.program.steps[static_cast<size_t>(l.program.peak_step)].layer;
  if (interface.postprocess_arena > sizes.live) sizes.live = interface.postprocess_arena, sizes.peak_layer = "peaks";
  for (const Port& port : interface.inputs) sizes.input += port.count;
  for (const Port& port : interface.outputs) sizes.output += port.count * (port.coded ? 1 : 4);
  for (const NodeId id : l.graph.order())
    if (l.node(id).op->macs != nullptr) sizes.macs += l.node(id).op->macs(l.graph.call(id));
  return sizes;
}

void check_budgets(const Lowering& l, const CSizes& sizes) {
  const int64_t rom = sizes.weights + sizes.constants;
  if (l.options.rom_budget > 0 && rom > l.options.rom_budget) {
    const auto largest = std::max_element(l.program.constants.begin(), l.program.constants.end(),
                                          [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
    fail(
        "the network needs {} bytes of ROM without code, the budget is {}; its largest array is {} with {} bytes: prune or quantize that "
        "layer to fewer bits",
        rom, l.options.rom_budget, largest->name, largest->bytes);
  }
  if (l.options.ram_budget > 0 && sizes.arena > l.options.ram_budget)
    fail(
        "the network needs an arena of {} bytes, the budget is {}; layer \"{}\" is to blame, which needs {} bytes at once: make its map or "
        "its channels smaller",
        sizes.arena, l.options.ram_budget, sizes.peak_layer, sizes.live);
}

/// Files of a folder that go away again, and the folder where it is new, unless keep() was reached: an export is whole or not there. (Files
/// of an earlier export are replaced one by one.)
class Written {
 public:
  explicit Written(const std::string& folder) : folder_(folder) {
    std::error_code error;
    made_ = std::filesystem::create_directories(folder_, error);
    if (error) fail("cannot make the folder \"{}\": {}", folder, error.message());
  }
  ~Written() {
    std::error_code ignored;
    for (const std::string& name : fresh_) std::filesystem::remove(folder_ / name, ignored);
    if (made_) std::filesystem::remove(folder_, ignored);
  }
  void add(const std::string& name, const std::string& content) {
    const bool is_new = !std::filesystem::exists(folder_ / name);
    write_file((folder_ / name).string(), content);
    names_.push_back(name);
    if (is_new) fresh_.push_back(name);
  }
  std::vector<std::string> keep() {
    fresh_.clear();
    made_ = false;
    return names_;
  }

 private:
  std::filesystem::path folder_;
  bool made_ = false;
  std::vector<std::string> names_, fresh_;
};

}  // namespace

CExport export_c(const Graph& graph, const std::string& folder, const CExportOptions& options) {
  check_name(options.name);
  Lowering l(graph, options);
  plan_fusions(l);
  lower_all(l);
  Interface interface = find_interface(l);
  add_postprocess(l, interface);
  plan_arena(l.program);
  l.program.arena = std::max(l.program.arena, interface.postprocess_arena);
  collect_scales(l);
  CSizes sizes = sizes_of(l, interface);
  check_budgets(l, sizes);
  std::vector<std::pair<std::string, std::string>> files = {{options.name + ".h", write_header(l, interface)},
                                                            {options.name + ".c", write_source(l, interface)}};
  for (const auto& [name, content] : files) sizes.code_lines += std::count(content.begin(), content.end(), '\n');
  files.emplace_back(options.name + "_weights.h", write_weights(l));
  if (options.weights_in_file) {
    const std::vector<int8_t> bytes = weight_file(l);
    files.emplace_back(options.name + ".bin", std::string(bytes.begin(), bytes.end()));
  }
  files.emplace_back(options.name + "_test.h", write_vectors(l, interface));
  files.emplace_back("main.c", write_main(l, interface));
  files.emplace_back("README.md", write_readme(l, interface, sizes));
  Written written(folder);
  for (const auto& [name, content] : files) written.add(name, content);
  return {sizes, l.remarks, written.keep()};
}

}  // namespace galet::exporters
