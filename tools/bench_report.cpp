#include "tools/bench_report.h"

#include <nlohmann/json.hpp>

#include "tools/cli.h"

namespace galet::tools {
namespace {

using Json = nlohmann::ordered_json;

std::string number(const Json& row, const char* key, int digits) { return fmt::format("{:.{}f}", row[key].get<double>(), digits); }
/// Empty for nothing.
std::string some(const Json& row, const char* key, int digits) { return row[key].get<double>() > 0 ? number(row, key, digits) : ""; }
std::string percent(const Json& row, const char* key) { return row[key].get<double>() > 0 ? number(row, key, 0) + " %" : ""; }

std::string kinds_table(const Json& row) {
  Table table({fmt::format("kind ({} threads)", row["threads"].get<int>()), "steps", "ms", "share", "MMAC", "GMAC/s", "GB/s", "of peak",
               "of roof"});
  for (const Json& kind : row["kinds"])
    table.add({kind["kind"].get<std::string>(), std::to_string(kind["steps"].get<int64_t>()), number(kind, "fastest_ms", 4),
               fmt::format("{:.1f} %", 100 * kind["share"].get<double>()), fmt::format("{:.1f}", kind["macs"].get<double>() / 1e6),
               some(kind, "gmac_per_s", 1), number(kind, "gb_per_s", 1), percent(kind, "peak_percent"), percent(kind, "roof_percent")});
  return table.text();
}

std::string layers_table(const Json& row) {
  Table table({"layer", "kind", "ms", "share", "MMAC", "GMAC/s", "GB/s", "of peak", "of roof", "kernel", "why"});
  for (const Json& layer : row["layers"])
    table.add({layer["name"].get<std::string>(), layer["kind"].get<std::string>(), number(layer, "fastest_ms", 4),
               fmt::format("{:.1f} %", 100 * layer["share"].get<double>()),
               layer["macs"].get<int64_t>() == 0 ? "" : fmt::format("{:.2f}", layer["macs"].get<double>() / 1e6),
               some(layer, "gmac_per_s", 1), number(layer, "gb_per_s", 1), percent(layer, "peak_percent"), percent(layer, "roof_percent"),
               layer["kernel"].get<std::string>(), layer["why"].get<std::string>()});
  return table.text();
}

}  // namespace

Json machine_json(const analysis::MachinePeaks& peaks) {
  Json reads = Json::array();
  for (const analysis::Bandwidth& read : peaks.reads)
    reads.push_back({{"level", read.level}, {"bytes_per_thread", read.bytes}, {"gb_per_s", read.gb_per_s}});
  return {{"threads", peaks.threads},     {"isa", to_string(peaks.isa)},
          {"clock_ghz", peaks.clock_ghz}, {"dot_i8_gmac_per_s", peaks.dot_i8_gmac_per_s},
          {"dot_i8", peaks.dot_i8},       {"fma_f32_gmac_per_s", peaks.fma_f32_gmac_per_s},
          {"fma_f32", peaks.fma_f32},     {"reads", reads}};
}

Json layers_json(const analysis::SpeedReport& report) {
  Json layers = Json::array();
  for (const analysis::LayerSpeed& layer : report.layers)
    layers.push_back({{"name", layer.name},
                      {"kind", layer.kind},
                      {"kernel", layer.kernel},
                      {"ms", layer.ms},
                      {"fastest_ms", layer.fastest_ms},
                      {"share", layer.share},
                      {"macs", layer.macs},
                      {"bytes", layer.bytes},
                      {"gmac_per_s", layer.gmac_per_s},
                      {"gb_per_s", layer.gb_per_s},
                      {"peak_percent", layer.peak_percent},
                      {"roof_percent", layer.roof_percent},
                      {"memory_bound", layer.memory_bound},
                      {"why", layer.note}});
  return layers;
}

Json kinds_json(const analysis::SpeedReport& report) {
  Json kinds = Json::array();
  for (const analysis::KindSpeed& kind : report.kinds)
    kinds.push_back({{"kind", kind.kind},
                     {"steps", kind.steps},
                     {"fastest_ms", kind.fastest_ms},
                     {"share", kind.share},
                     {"macs", kind.macs},
                     {"bytes", kind.bytes},
                     {"gmac_per_s", kind.gmac_per_s},
                     {"gb_per_s", kind.gb_per_s},
                     {"peak_percent", kind.peak_percent},
                     {"roof_percent", kind.roof_percent}});
  return kinds;
}

std::string machine_table(const Json& machines) {
  std::vector<std::string> header{"this machine at best"};
  for (const Json& machine : machines) {
    const int threads = machine["threads"].get<int>();
    header.push_back(fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"));
  }
  Table table(header);
  const auto row = [&](const std::string& name, const auto& cell) {
    std::vector<std::string> cells{name};
    for (const Json& machine : machines) cells.push_back(cell(machine));
    table.add(cells);
  };
  const Json& first = machines.front();
  row("clock, GHz", [](const Json& m) { return number(m, "clock_ghz", 2); });
  row(fmt::format("int8 products, GMAC/s ({})", first["dot_i8"].get<std::string>()),
      [](const Json& m) { return number(m, "dot_i8_gmac_per_s", 0); });
  row(fmt::format("float products, GMAC/s ({})", first["fma_f32"].get<std::string>()),
      [](const Json& m) { return number(m, "fma_f32_gmac_per_s", 0); });
  for (size_t level = 0; level < first["reads"].size(); ++level)
    row(fmt::format("reading {}, GB/s", first["reads"][level]["level"].get<std::string>()),
        [&](const Json& m) { return level < m["reads"].size() ? number(m["reads"][level], "gb_per_s", 1) : std::string(); });
  return table.text();
}

std::string bench_table(const Json& rows) {
  Table table({"threads", "images", "images/s at p5", "median ms", "p5 ms", "p95 ms", "runs", "load ms", "peak memory", "isa"});
  for (const Json& row : rows)
    table.add({std::to_string(row["threads"].get<int>()), std::to_string(row["images"].get<int64_t>()), number(row, "images_per_second", 1),
               number(row, "median_ms", 3), number(row, "p5_ms", 3), number(row, "p95_ms", 3), std::to_string(row["runs"].get<int64_t>()),
               number(row, "load_ms", 1), bytes_text(row["peak_memory_bytes"].get<int64_t>()), row["isa"].get<std::string>()});
  std::string text = table.text();
  for (const Json& row : rows) {
    if (!row.contains("layers")) continue;
    text += "\n" + machine_table(Json::array({row["machine"]})) + "\n" + kinds_table(row) + "\n" + layers_table(row);
    text +=
        "\nms: the fastest call. of peak: of the products a second above. of roof: of what products and bytes allow, whichever takes "
        "longer.\n";
  }
  return text;
}

namespace {

analysis::MachinePeaks peaks_of(const Json& row) {
  analysis::MachinePeaks peaks;
  peaks.threads = row.at("threads"), peaks.isa = parse_isa(row.at("isa").get<std::string>()), peaks.clock_ghz = row.at("clock_ghz");
  peaks.dot_i8_gmac_per_s = row.at("dot_i8_gmac_per_s"), peaks.fma_f32_gmac_per_s = row.at("fma_f32_gmac_per_s");
  peaks.dot_i8 = row.at("dot_i8"), peaks.fma_f32 = row.at("fma_f32");
  for (const Json& read : row.at("reads")) peaks.reads.push_back({read.at("level"), read.at("bytes_per_thread"), read.at("gb_per_s")});
  return peaks;
}

analysis::LayerSpeed layer_of(const Json& row) {
  analysis::LayerSpeed layer;
  layer.name = row.at("name"), layer.kernel = row.at("kernel"), layer.kind = row.at("kind"), layer.note = row.at("why");
  layer.ms = row.at("ms"), layer.fastest_ms = row.at("fastest_ms"), layer.share = row.at("share");
  layer.macs = row.at("macs"), layer.bytes = row.at("bytes");
  layer.gmac_per_s = row.at("gmac_per_s"), layer.gb_per_s = row.at("gb_per_s");
  layer.peak_percent = row.at("peak_percent"), layer.roof_percent = row.at("roof_percent"), layer.memory_bound = row.at("memory_bound");
  return layer;
}

}  // namespace

report::Timing timing_of(const Json& row) {
  report::Timing timing;
  timing.images = row.at("images"), timing.load_ms = row.at("load_ms"), timing.peak_memory_bytes = row.at("peak_memory_bytes");
  evaluate::Latency& latency = timing.latency;
  latency.threads = row.at("threads"), latency.isa = row.at("isa"), latency.runs = row.at("runs");
  latency.median_ms = row.at("median_ms"), latency.p5_ms = row.at("p5_ms"), latency.p95_ms = row.at("p95_ms");
  latency.arena_bytes = row.at("arena_bytes"), latency.weight_bytes = row.at("weight_bytes");
  if (!row.contains("layers")) return timing;
  timing.machine = peaks_of(row.at("machine"));
  timing.layers.emplace();
  for (const Json& layer : row.at("layers")) timing.layers->layers.push_back(layer_of(layer));
  return timing;
}

}  // namespace galet::tools
