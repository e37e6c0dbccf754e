#include "tools/ranges_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace galet::tools {
namespace {

nlohmann::ordered_json json_of(const analysis::TensorRange& t, bool channels) {
  nlohmann::ordered_json row{{"name", t.name},
                             {"kind", to_string(t.kind)},
                             {"layer", t.layer},
                             {"op", t.op},
                             {"shape", t.shape},
                             {"count", t.count},
                             {"min", t.min},
                             {"max", t.max},
                             {"mean", t.mean},
                             {"sigma", t.sigma},
                             {"zero_percent", t.zero_percent},
                             {"unused_codes_percent", t.unused_codes_percent},
                             {"unused_codes_tensor_percent", t.unused_codes_tensor_percent},
                             {"empty_codes", t.empty_codes},
                             {"dead_channels", t.dead_channels}};
  row["sigmas"] = nlohmann::json::array();
  for (const auto& s : t.sigmas)
    row["sigmas"].push_back(
        {{"n", s.n}, {"low", s.low}, {"high", s.high}, {"outside_percent", s.outside_percent}, {"wasted_codes", s.wasted_codes}});
  row["dwarfing"] = nlohmann::json::array();
  for (const auto& d : t.dwarfing) row["dwarfing"].push_back({{"channel", d.channel}, {"ratio", d.ratio}});
  row["histogram"] = {{"low", t.histogram.low}, {"width", t.histogram.width}, {"counts", t.histogram.counts}};
  if (t.coded)
    row["codes"] = {{"min", t.code_min},
                    {"max", t.code_max},
                    {"scale", t.scale},
                    {"zero_point", t.zero_point},
                    {"saturated_percent", t.saturated_percent}};
  if (!channels) return row;
  row["channels"] = nlohmann::json::array();
  for (const auto& c : t.channels) row["channels"].push_back({{"min", c.min}, {"max", c.max}, {"mean", c.mean}, {"sigma", c.sigma}});
  return row;
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace

nlohmann::ordered_json ranges_json(const analysis::Ranges& ranges, bool channels) {
  nlohmann::ordered_json root{{"images", ranges.images}, {"data", ranges.data}, {"seed", ranges.seed}, {"seconds", ranges.seconds}};
  const auto& f = ranges.footprint;
  root["footprint"] = {{"weights", f.weights},
                       {"biases", f.biases},
                       {"scales", f.scales},
                       {"float_bytes", f.weight_bytes(32)},
                       {"int8_bytes", f.weight_bytes(8)},
                       {"int4_bytes", f.weight_bytes(4)},
                       {"int2_bytes", f.weight_bytes(2)},
                       {"bias_bytes", f.bias_bytes()}};
  root["tensors"] = nlohmann::json::array();
  for (const auto& t : ranges.tensors) root["tensors"].push_back(json_of(t, channels));
  return root;
}

std::string ranges_csv(const analysis::Ranges& ranges, bool channels) {
  std::string out =
      "name,kind,layer,op,channel,count,min,max,mean,sigma,zero_percent,unused_codes_percent,unused_codes_tensor_percent,empty_codes";
  if (!ranges.tensors.empty())
    for (const auto& s : ranges.tensors[0].sigmas)
      out += fmt::format(",low_{0:g},high_{0:g},outside_percent_{0:g},wasted_codes_{0:g}", s.n);
  out += "\n";
  for (const auto& t : ranges.tensors) {
    const std::string who = fmt::format("{},{},{},{}", quoted(t.name), to_string(t.kind), quoted(t.layer), quoted(t.op));
    out += fmt::format("{},,{},{},{},{},{},{},{},{},{}", who, t.count, t.min, t.max, t.mean, t.sigma, t.zero_percent,
                       t.unused_codes_percent, t.unused_codes_tensor_percent, t.empty_codes);
    for (const auto& s : t.sigmas) out += fmt::format(",{},{},{},{}", s.low, s.high, s.outside_percent, s.wasted_codes);
    out += "\n";
    if (!channels) continue;
    for (size_t c = 0; c < t.channels.size(); ++c)
      out += fmt::format("{},{},,{},{},{},{}\n", who, c, t.channels[c].min, t.channels[c].max, t.channels[c].mean, t.channels[c].sigma);
  }
  return out;
}

}  // namespace galet::tools
