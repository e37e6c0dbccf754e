#include "galet/pipeline/export_state.h"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "galet/core/file.h"
#include "galet/package/package.h"

namespace galet::pipeline {
namespace {

constexpr int kVersion = 1;
constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(const std::string& bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) text += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string from_base64(const std::string& text, const std::string& what, const std::string& path) {
  std::string bytes;
  if (text.size() % 4 != 0) fail("{}: {} is cut off", path, what);
  for (size_t i = 0; i < text.size(); i += 4) {
    uint32_t group = 0;
    size_t padding = 0;
    for (size_t k = 0; k < 4; ++k) {
      const char* digit = text[i + k] == '=' ? nullptr : std::char_traits<char>::find(kDigits, 64, text[i + k]);
      const bool pads = text[i + k] == '=' && k >= 2 && i + 4 == text.size();
      if (digit == nullptr && !pads) fail("{}: {} is damaged near character {}", path, what, i + k);
      padding += pads;
      group = group << 6 | (digit == nullptr ? 0u : static_cast<uint32_t>(digit - kDigits));
    }
    for (size_t k = 0; k + padding < 3; ++k) bytes += static_cast<char>(group >> (16 - 8 * k) & 255);
  }
  return bytes;
}

/// A test image, 8-bit pixels (1, h, w, channels).
Tensor read_image(const nlohmann::json& image, const std::string& path) {
  const Shape shape = image.at("shape").get<Shape>();
  const std::string bytes = from_base64(image.at("pixels").get<std::string>(), "a test image", path);
  int64_t count = 1;
  for (const int64_t extent : shape) {
    if (extent < 1 || extent > 65536 || count > 1 << 24) fail("{}: a test image has no proper shape", path);
    count *= extent;
  }
  if (shape.size() != 4 || shape[0] != 1 || count != static_cast<int64_t>(bytes.size()))
    fail("{}: a test image has {} bytes, which is not its shape", path, bytes.size());
  return Tensor::from<uint8_t>(shape, std::vector<uint8_t>(bytes.begin(), bytes.end()));
}

/// A file that is gone when its owner is.
struct Temporary {
  std::string path;
  ~Temporary() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
};

std::string temporary_path() { return (std::filesystem::temp_directory_path() / fmt::format("galet_state_{}.galet", getpid())).string(); }

}  // namespace

void save_export_state(const Graph& graph, const exporters::CExportOptions& options, const std::string& path) {
  const Temporary package{temporary_path()};
  package::save(graph, package.path);
  nlohmann::ordered_json state = {{"galet_export_state", kVersion},
                                  {"to", "c"},
                                  {"name", options.name},
                                  {"weights", options.weights_in_file ? "files" : "inline"},
                                  {"requantize", options.fixed_point ? "fixed" : "float"},
                                  {"postprocess", options.postprocess},
                                  {"rom_budget", options.rom_budget},
                                  {"ram_budget", options.ram_budget},
                                  {"vectors", options.test_vectors},
                                  {"network", to_base64(read_file(package.path))}};
  for (const Tensor& image : options.images) {
    const auto pixels = image.span<uint8_t>();
    state["images"].push_back({{"shape", image.shape()}, {"pixels", to_base64({pixels.begin(), pixels.end()})}});
  }
  write_file(path, state.dump(1) + "\n");
}

ExportState load_export_state(const std::string& path) {
  ExportState loaded;
  std::string package;
  try {
    const nlohmann::json state = nlohmann::json::parse(read_file(path));
    if (state.at("galet_export_state").get<int>() != kVersion || state.at("to") != "c")
      fail("{}: a state of version {} for \"{}\", expected version {} for \"c\"", path, state.at("galet_export_state").dump(),
           state.at("to").dump(), kVersion);
    exporters::CExportOptions& options = loaded.options;
    options.name = state.at("name").get<std::string>();
    options.weights_in_file = state.at("weights") == "files";
    options.fixed_point = state.at("requantize") == "fixed";
    options.postprocess = state.at("postprocess").get<std::vector<std::string>>();
    options.rom_budget = state.at("rom_budget").get<int64_t>();
    options.ram_budget = state.at("ram_budget").get<int64_t>();
    options.test_vectors = state.at("vectors").get<int>();
    if (options.test_vectors < 1 || options.test_vectors > 1000)
      fail("{}: {} test vectors, expected 1 to 1000", path, options.test_vectors);
    if (state.contains("images"))
      for (const auto& image : state.at("images")) options.images.push_back(read_image(image, path));
    package = from_base64(state.at("network").get<std::string>(), "the network", path);
  } catch (const nlohmann::json::exception& error) {
    fail("{}: no state of an export: {}", path, error.what());
  }
  const Temporary file{temporary_path()};
  write_file(file.path, package);
  loaded.graph = package::load(file.path);
  return loaded;
}

}  // namespace galet::pipeline
