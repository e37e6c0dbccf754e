// galet explain: the quantization equation of one layer with its numbers.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "galet/analysis/explain.h"
#include "galet/data/dataset.h"
#include "galet/data/npy.h"
#include "tools/cli.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::string layer, data, codes;
  analysis::ExplainOptions options;
  std::vector<int64_t> at;
  bool json = false;
};

nlohmann::ordered_json json_of(const analysis::ScaleFact& fact) {
  nlohmann::ordered_json row{{"value", fact.value}, {"scale", fact.scale}, {"zero_point", fact.zero_point}};
  if (!fact.origin) return row;
  const auto& o = *fact.origin;
  row["origin"] = {
      {"observer", o.observer}, {"seen", {o.seen_min, o.seen_max}}, {"chosen", {o.clip_min, o.clip_max}}, {"samples", o.samples},
      {"seed", o.seed},         {"adjustments", o.adjustments}};
  return row;
}

nlohmann::ordered_json json_of(const analysis::Worked& w) {
  nlohmann::ordered_json products = nlohmann::json::array();
  for (const auto& p : w.products) products.push_back({p.src_index, p.weight_index, p.src_code, p.weight_code});
  return {{"image", w.image},
          {"channel", w.channel},
          {"y", w.y},
          {"x", w.x},
          {"index", w.dst_index},
          {"sum", w.sum},
          {"bias", w.bias},
          {"accumulator", w.accumulator},
          {"scaled", w.scaled},
          {"code", w.code},
          {"fixed_point_code", w.fixed_point_code},
          {"runtime_code", w.runtime_code},
          {"runtime_real", w.runtime_real},
          {"products", products}};
}

nlohmann::ordered_json json_of(const analysis::Explanation& e) {
  nlohmann::ordered_json root{{"layer", e.layer},
                              {"op", e.op},
                              {"equation", e.equation},
                              {"src", json_of(e.src)},
                              {"dst", json_of(e.dst)},
                              {"weight", e.weight},
                              {"weight_origin", e.weight_origin},
                              {"weight_scales", e.weight_scales},
                              {"m", e.m},
                              {"lo", e.lo},
                              {"hi", e.hi},
                              {"activation", e.activation},
                              {"network_adjustments", e.network_adjustments}};
  root["multipliers"] = nlohmann::json::array(), root["shifts"] = nlohmann::json::array();
  for (const auto& f : e.fixed) root["multipliers"].push_back(f.multiplier), root["shifts"].push_back(f.shift);
  root["chain_begin"] = e.chain_begin;
  root["chain"] = nlohmann::json::array();
  for (const auto& l : e.chain)
    root["chain"].push_back({{"layer", l.layer},
                             {"op", l.op},
                             {"channel", l.channel},
                             {"src_scale", l.src_scale},
                             {"weight_scale", l.weight_scale},
                             {"weight_scale_min", l.weight_scale_min},
                             {"weight_scale_max", l.weight_scale_max},
                             {"dst_scale", l.dst_scale},
                             {"m", l.m}});
  root["chain_product"] = e.chain_product;
  root["telescoped"] = e.telescoped;
  if (e.worked) root["worked"] = json_of(*e.worked);
  return root;
}

void print_scale(const std::string& name, const analysis::ScaleFact& fact) {
  if (fact.scale == 0) return print(fmt::format("{} = none: \"{}\" is real\n", name, fact.value));
  print(fmt::format("{} = {:.9g}, zero point {}    \"{}\"\n", name, fact.scale, fact.zero_point, fact.value));
  if (!fact.origin) return print("    where it came from: the file has no statistics of this value (it came quantized)\n");
  const auto& o = *fact.origin;
  print(fmt::format("    observer {} over {} images (seed {}): seen {:.6g} .. {:.6g}, chosen {:.6g} .. {:.6g}\n", o.observer,
                    o.samples.empty() ? "?" : o.samples, o.seed.empty() ? "?" : o.seed, o.seen_min, o.seen_max, o.clip_min, o.clip_max));
  for (const std::string& adjustment : o.adjustments) print("    then: " + adjustment + "\n");
}

void print_chain(const analysis::Explanation& e) {
  print(fmt::format("\nback to \"{}\" (M = s_src * s_weight / s_dst of each layer that changes the scale):\n", e.chain_begin));
  Table table({"layer", "op", "s_src", "s_weight", "channel", "s_weight of all channels", "s_dst", "M"});
  for (const auto& l : e.chain) {
    const bool weighted = l.weight_scale_max != 1 || l.weight_scale_min != 1;
    table.add({l.layer, l.op, fmt::format("{:.7g}", l.src_scale), weighted ? fmt::format("{:.7g}", l.weight_scale) : "-",
               weighted ? std::to_string(l.channel) : "-",
               weighted ? fmt::format("{:.4g} .. {:.4g}", l.weight_scale_min, l.weight_scale_max) : "-", fmt::format("{:.7g}", l.dst_scale),
               fmt::format("{:.7g}", l.m)});
  }
  print(table.text());
  print(fmt::format("telescoped: product of all M = {:.9g} = s_src of the first * all s_weight / s_dst of the last = {:.9g}\n",
                    e.chain_product, e.telescoped));
}

void print_worked(const analysis::Explanation& e) {
  const analysis::Worked& w = *e.worked;
  print(fmt::format("\nby hand: image {}, channel {}, row {}, column {}\n", w.image, w.channel, w.y, w.x));
  auto products = w.products;
  std::stable_sort(products.begin(), products.end(), [&](const auto& a, const auto& b) {
    auto size = [&](const auto& p) { return std::abs(int64_t{p.src_code - e.src.zero_point} * p.weight_code); };
    return size(a) > size(b);
  });
  constexpr size_t kShown = 8;
  int64_t shown = 0;
  for (size_t i = 0; i < std::min(kShown, products.size()); ++i) {
    const auto& p = products[i];
    const int64_t value = int64_t{p.src_code - e.src.zero_point} * p.weight_code;
    shown += value;
    print(fmt::format("    ({} - {}) * {} = {}\n", p.src_code, e.src.zero_point, p.weight_code, value));
  }
  if (products.size() > kShown) print(fmt::format("    and {} smaller products, together {}\n", products.size() - kShown, w.sum - shown));
  print(fmt::format("    sum {}, bias {}: acc = {}\n", w.sum, w.bias, w.accumulator));
  const auto c = static_cast<size_t>(w.channel);
  print(fmt::format("    {} * {:.9g} = {:.9g}\n", w.accumulator, e.m[c], w.scaled));
  if (e.dst.scale == 0) return print(fmt::format("    the runtime's result: {:.9g}\n", w.runtime_real));
  print(fmt::format("    clamp(rhe({:.9g}) + {}, {}, {}) = {}; the runtime's code: {} ({})\n", w.scaled, e.dst.zero_point, e.lo, e.hi,
                    w.code, w.runtime_code, w.code == w.runtime_code ? "equal" : "DIFFERENT"));
  print(fmt::format("    with integers alone: round({} * {} / 2^{}) + {} = {}\n", w.accumulator, e.fixed[c].multiplier, e.fixed[c].shift,
                    e.dst.zero_point, w.fixed_point_code));
}

void write_codes(const analysis::LayerCodes& codes, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail("cannot make the folder {}: {}", folder, error.message());
  const std::filesystem::path path(folder);
  data::write_npy((path / "src.npy").string(), codes.src);
  data::write_npy((path / "weight.npy").string(), codes.weight);
  if (codes.bias.defined()) data::write_npy((path / "bias.npy").string(), codes.bias);
  data::write_npy((path / "dst.npy").string(), codes.dst);
}

void run_explain(Flags flags) {
  if (!flags.codes.empty() && flags.data.empty()) throw UsageError("--codes writes what an image makes of the layer: give --data too");
  if (flags.at.size() > 2) throw UsageError(fmt::format("--at takes a row and a column, {} numbers given", flags.at.size()));
  if (!flags.at.empty()) flags.options.y = flags.at.at(0), flags.options.x = flags.at.size() > 1 ? flags.at[1] : 0;
  const Graph graph = load_ready(flags.model);
  std::unique_ptr<data::Dataset> dataset;
  if (!flags.data.empty()) dataset = data::open_dataset(flags.data);
  const analysis::Explanation e = analysis::explain(graph, flags.layer, dataset.get(), flags.options);
  if (!flags.codes.empty()) write_codes(e.codes, flags.codes);
  if (flags.json) return print(json_of(e).dump() + "\n");
  print(fmt::format("{} \"{}\"{}\n{}\n\n", e.op, e.layer, e.activation == "none" ? "" : " with " + e.activation, e.equation));
  print_scale("s_src", e.src);
  const auto [low, high] = std::minmax_element(e.weight_scales.begin(), e.weight_scales.end());
  const auto c = static_cast<size_t>(e.channel);
  print(fmt::format("s_weight = {:.9g} for channel {}; {:.6g} .. {:.6g} over {} channels    \"{}\"{}\n", e.weight_scales[c], e.channel,
                    *low, *high, e.weight_scales.size(), e.weight, e.weight_origin.empty() ? "" : "\n    chosen by " + e.weight_origin));
  print_scale("s_dst", e.dst);
  for (const std::string& adjustment : e.network_adjustments) print("    the whole network: " + adjustment + "\n");
  const auto [m_low, m_high] = std::minmax_element(e.m.begin(), e.m.end());
  print(fmt::format("M = {:.9g} for channel {} = {} / 2^{}; {:.6g} .. {:.6g} over the channels\n", e.m[c], e.channel, e.fixed[c].multiplier,
                    e.fixed[c].shift, *m_low, *m_high));
  print_chain(e);
  if (e.worked)
    print_worked(e);
  else
    print("\n(--data SPEC works one result through by hand)\n");
}

}  // namespace

void add_explain(CLI::App& app) {
  CLI::App* command = app.add_subcommand("explain", "the quantization equation of a layer with its numbers, and where they came from");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("layer", flags->layer, "name of a convolution or linear layer, or of its weight or result")
      ->required()
      ->type_name("LAYER");
  command->add_option("--data", flags->data, "images, one of which is worked through by hand")->type_name("SPEC");
  command->add_option("--image", flags->options.image, "which one")->capture_default_str()->check(CLI::NonNegativeNumber);
  command->add_option("--channel", flags->options.channel, "output channel to work through")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--at", flags->at, "row and column of the result; default: where the channel's largest code below its limit lies")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::NonNegativeNumber)
      ->type_name("Y,X");
  command->add_option("--codes", flags->codes, "write the layer's operands and result for that image: src, weight, bias, dst .npy")
      ->type_name("DIR");
  command->add_flag("--json", flags->json, "one JSON object on stdout, with every channel's M and every product");
  command->footer(
      "Examples:\n  galet explain resnet20.galet layer1.0.conv1\n  galet explain resnet20.galet layer1.0.conv1 --data folder:cifar10/test "
      "--image 3 --channel 5");
  command->callback([flags] { run_explain(*flags); });
}

}  // namespace galet::tools
