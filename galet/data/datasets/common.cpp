// Small helpers of the openers, and open_dataset itself.
#include <algorithm>
#include <charconv>
#include <filesystem>

#include "galet/core/error.h"
#include "galet/data/datasets/datasets.h"

namespace galet::data {
namespace {

namespace fs = std::filesystem;

struct Kind {
  std::string_view name;
  std::unique_ptr<Dataset> (*open)(const std::string& where);
};
constexpr Kind kKinds[] = {{"folder", open_folder}, {"list", open_list},
                           {"cifar", open_cifar},   {"mnist", open_mnist},
                           {"npy", open_npy},       {"tidewrack", open_tidewrack},
                           {"coco", open_coco},     {"voc", open_voc},
                           {"yolo", open_yolo},     {"tidewrack_scenes", open_tidewrack_scenes}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::unique_ptr<Dataset> guess(const std::string& path) {
  if (!exists(path)) {
    fail(
        "data set {}: no such file or folder; expected a path, or folder:DIR, list:FILE, cifar:FILE, mnist:DIR, npy:FILE, tidewrack:test, "
        "coco:FILE, voc:DIR, yolo:DIR",
        path);
  }
  if (is_folder(path)) {
    const auto names = list_names(path, false);
    const auto any = [&](auto test) { return std::any_of(names.begin(), names.end(), test); };
    if (any([](const std::string& n) { return n.find("-images-idx3-ubyte") != n.npos || n.find("-images.idx3-ubyte") != n.npos; }))
      return open_mnist(path);
    if (any([](const std::string& n) { return n.ends_with(".bin"); }) && !any(is_image_name)) return open_cifar(path);
    if (is_folder(path + "/Annotations") && is_folder(path + "/JPEGImages")) return open_voc(path);
    return open_folder(path);
  }
  if (path.ends_with(".npy")) return open_npy(path);
  if (path.ends_with(".json")) return open_coco(path);
  if (path.ends_with(".bin")) return open_cifar(path);
  if (path.find("ubyte") != path.npos) return open_mnist(path);
  if (path.ends_with(".txt") || path.ends_with(".lst")) return open_list(path);
  if (is_image_name(path)) return open_image(path);
  fail("data set {}: its kind cannot be told from its name; write folder:, list:, cifar:, mnist: or npy: before it", path);
}

}  // namespace

std::vector<std::string> split_at(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::vector<std::string> list_names(const std::string& dir, bool folders) {
  std::error_code error;
  fs::directory_iterator it(dir, error);
  if (error) fail("cannot list folder {}: {}", dir, error.message());
  std::vector<std::string> names;
  for (; it != fs::directory_iterator(); it.increment(error)) {
    if (error) break;
    std::error_code ignored;
    std::string name = it->path().filename().string();
    if (it->is_directory(ignored) == folders && name[0] != '.') names.push_back(std::move(name));
  }
  if (error) fail("cannot list folder {}: {}", dir, error.message());
  std::sort(names.begin(), names.end());
  return names;
}

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) {
    return name.size() >= ending.size() && std::equal(ending.begin(), ending.end(), name.end() - static_cast<ptrdiff_t>(ending.size()),
                                                      [](char a, char b) { return a == lower(b); });
  });
}

bool is_image_name(std::string_view name) { return ends_with_any(name, {".jpg", ".jpeg", ".png"}); }

int64_t parse_number(std::string_view text, int64_t low, int64_t high, std::string_view what) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    fail("{} is \"{}\", expected a whole number from {} to {}", what, text, low, high);
  }
  return value;
}

void check_index(int64_t index, int64_t size, std::string_view what) {
  if (index < 0 || index >= size) fail("{}: there is no sample {}, it has {}", what, index, size);
}

std::unique_ptr<Dataset> open_dataset(const std::string& spec) {
  const size_t colon = spec.find(':');
  if (colon != spec.npos) {
    for (const Kind& kind : kKinds) {
      if (spec.compare(0, colon, kind.name) != 0) continue;
      if (colon + 1 == spec.size()) fail("data set {}: nothing follows the colon", spec);
      return kind.open(spec.substr(colon + 1));
    }
    if (!exists(spec))
      fail("data set {}: unknown kind \"{}\", expected folder, list, cifar, mnist, npy, tidewrack, coco, voc, yolo or tidewrack_scenes",
           spec, spec.substr(0, colon));
  }
  if (spec == "tidewrack") fail("data set tidewrack: name its split: tidewrack:train or tidewrack:test");
  return guess(spec);
}

}  // namespace galet::data
