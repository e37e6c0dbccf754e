// CIFAR's binary format: records of one label byte (CIFAR-100: coarse, then fine) and 3072 bytes (3, 32, 32).
#include <filesystem>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/data/datasets/memory.h"

namespace galet::data {
namespace {

constexpr int64_t kPixels = 3 * 32 * 32;

struct Format {
  int64_t labels;  // label bytes a record; the last one counts
  int classes;
};

Format format_of(int64_t bytes, const std::string& path) {
  if (bytes > 0 && bytes % (kPixels + 1) == 0) return {1, 10};
  if (bytes > 0 && bytes % (kPixels + 2) == 0) return {2, 100};
  fail("{}: {} bytes are not a whole number of CIFAR records (3073 bytes each, CIFAR-100: 3074); it is truncated or no CIFAR binary file",
       path, bytes);
}

Block read_block(const std::string& path, int& classes) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  const Format format = format_of(static_cast<int64_t>(bytes.size()), path);
  if (classes != 0 && classes != format.classes) fail("{}: a CIFAR-{} file among CIFAR-{} files", path, format.classes, classes);
  classes = format.classes;
  Block block;
  block.name = path;
  block.owner = file;
  block.stride = kPixels + format.labels;
  block.count = static_cast<int64_t>(bytes.size()) / block.stride;
  block.first = reinterpret_cast<const uint8_t*>(bytes.data()) + format.labels;
  for (int64_t i = 0; i < block.count; ++i) {
    const int label = block.first[i * block.stride - 1];
    if (label >= classes) fail("{}: record {} has label {}, expected 0 to {}", path, i, label, classes - 1);
    block.labels.push_back(label);
  }
  return block;
}

std::vector<std::string> files_of(const std::string& dir, const std::string& split) {
  std::vector<std::string> files;
  bool train = false, test = false;
  for (const std::string& name : list_names(dir, false)) {
    if (!name.ends_with(".bin")) continue;
    const bool is_test = name.starts_with("test");
    if ((split == "train" && is_test) || (split == "test" && !is_test)) continue;
    (is_test ? test : train) = true;
    files.push_back(dir + "/" + name);
  }
  if (files.empty()) fail("data set cifar:{}: no {}.bin file in it", dir, split == "test" ? "test*" : "");
  if (train && test) fail("data set cifar:{}: it holds training and test files; write cifar:{},train or cifar:{},test", dir, dir, dir);
  return files;
}

std::vector<std::string> class_names(const std::string& file, int classes) {
  const std::string dir = std::filesystem::path(file).parent_path().string(), base = dir.empty() ? "." : dir;
  for (const char* names : {"batches.meta.txt", "fine_label_names.txt"}) {
    const std::string path = base + "/" + names;
    if (!exists(path)) continue;
    std::vector<std::string> lines = split_at(read_file(path), '\n');
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    if (static_cast<int>(lines.size()) == classes) return lines;
  }
  return {};
}

}  // namespace

std::unique_ptr<Dataset> open_cifar(const std::string& where) {
  std::vector<std::string> files = split_at(where, ',');
  if (is_folder(files[0])) {
    if (files.size() > 2 || (files.size() == 2 && files[1] != "train" && files[1] != "test"))
      fail("data set cifar:{}: expected cifar:DIR, cifar:DIR,train or cifar:DIR,test", where);
    files = files_of(files[0], files.size() == 2 ? files[1] : "");
  }
  std::vector<Block> blocks;
  int classes = 0;
  for (const std::string& file : files) blocks.push_back(read_block(file, classes));
  return std::make_unique<Blocks>(std::move(blocks), 3, 32, 32, true, class_names(files[0], classes), where);
}

}  // namespace galet::data
