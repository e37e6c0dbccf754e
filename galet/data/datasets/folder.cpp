// Images as files: a folder of class folders, a flat folder, a list.
#include <algorithm>
#include <filesystem>
#include <map>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/data/datasets/datasets.h"
#include "galet/data/decode.h"

namespace galet::data {
namespace {

constexpr int64_t kMostLabels = 1 << 24;

struct Entry {
  std::string path;
  int label = -1;
};

class Files : public Dataset {
 public:
  Files(std::vector<Entry> entries, std::vector<std::string> classes, std::string where)
      : entries_(std::move(entries)), classes_(std::move(classes)), where_(std::move(where)) {}
  int64_t size() const override { return static_cast<int64_t>(entries_.size()); }
  Sample get(int64_t index) const override {
    const Entry& entry = at(index);
    return {decode_image(entry.path), {}, entry.label, entry.path};
  }
  std::string sample_name(int64_t index) const override { return at(index).path; }
  int label(int64_t index) const override { return at(index).label; }
  const std::vector<std::string>& class_names() const override { return classes_; }
  std::string description() const override {
    if (classes_.empty()) return fmt::format("{} images in {}", size(), where_);
    return fmt::format("{} images in {} classes in {}", size(), classes_.size(), where_);
  }

 private:
  const Entry& at(int64_t index) const {
    check_index(index, size(), where_);
    return entries_[static_cast<size_t>(index)];
  }
  std::vector<Entry> entries_;
  std::vector<std::string> classes_;
  std::string where_;
};

/// Splits "path with spaces 12" at the last blank; label -1 when what follows it is no number.
Entry parse_line(std::string_view line) {
  const size_t blank = line.find_last_of(" \t,");
  if (blank == line.npos) return {std::string(line), -1};
  const std::string_view last = line.substr(blank + 1);
  if (last.empty() || last.find_first_not_of("-0123456789") != last.npos) return {std::string(line), -1};
  const size_t end = line.find_last_not_of(" \t,", blank);
  return {std::string(line.substr(0, end == line.npos ? 0 : end + 1)), static_cast<int>(parse_number(last, -1, kMostLabels, "label"))};
}

std::vector<Entry> parse_lines(const std::string& file) {
  std::vector<Entry> entries;
  const std::string text = read_file(file);
  int64_t number = 0;
  for (std::string& line : split_at(text, '\n')) {
    ++number;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    try {
      entries.push_back(parse_line(line));
    } catch (const Error& error) {
      fail("{}:{}: {}", file, number, error.what());
    }
    if (entries.back().path.empty()) fail("{}:{}: no path before the label", file, number);
  }
  return entries;
}

void collect(const std::string& dir, int label, int depth, std::vector<Entry>& entries) {
  if (depth > 16) fail("folder {}: nested deeper than 16 levels", dir);
  for (const std::string& name : list_names(dir, false)) {
    if (is_image_name(name)) entries.push_back({dir + "/" + name, label});
  }
  for (const std::string& name : list_names(dir, true)) collect(dir + "/" + name, label, depth + 1, entries);
}

std::vector<Entry> flat_entries(const std::string& dir) {
  std::vector<Entry> entries;
  std::map<std::string, int> labels;
  const bool labelled = exists(dir + "/labels.txt");
  if (labelled) {
    for (const Entry& entry : parse_lines(dir + "/labels.txt")) labels[entry.path] = entry.label;
  }
  for (const std::string& name : list_names(dir, false)) {
    if (!is_image_name(name)) continue;
    const auto found = labels.find(name);
    if (labelled && found == labels.end()) fail("{}/labels.txt has no line for {}", dir, name);
    entries.push_back({dir + "/" + name, labelled ? found->second : -1});
    if (labelled) labels.erase(found);
  }
  if (!labels.empty()) fail("{}/labels.txt names {}, which is not there ({} such lines)", dir, labels.begin()->first, labels.size());
  return entries;
}

}  // namespace

std::unique_ptr<Dataset> open_folder(const std::string& where) {
  std::string dir = where;
  while (dir.size() > 1 && dir.back() == '/') dir.pop_back();
  if (!exists(dir)) fail("data set folder:{}: there is no such folder", dir);
  if (!is_folder(dir)) fail("data set folder:{}: it is a file; list:, cifar:, mnist: and npy: read files", dir);
  std::vector<Entry> entries = flat_entries(dir);
  std::vector<std::string> classes;
  if (entries.empty()) {
    for (const std::string& name : list_names(dir, true)) {
      const size_t before = entries.size();
      collect(dir + "/" + name, static_cast<int>(classes.size()), 0, entries);
      if (entries.size() == before)
        fail("data set folder:{}: class folder {} holds no .jpg, .jpeg or .png file; remove it or fill it", dir, name);
      std::sort(entries.begin() + static_cast<ptrdiff_t>(before), entries.end(),
                [](const Entry& a, const Entry& b) { return a.path < b.path; });
      classes.push_back(name);
    }
  }
  if (entries.empty()) fail("data set folder:{}: no .jpg, .jpeg or .png file in it, nor in folders of it", dir);
  return std::make_unique<Files>(std::move(entries), std::move(classes), dir);
}

std::unique_ptr<Dataset> open_list(const std::string& where) {
  std::vector<Entry> entries = parse_lines(where);
  if (entries.empty()) fail("data set list:{}: it names no image; expected lines \"path [label]\"", where);
  const std::filesystem::path base = std::filesystem::path(where).parent_path();
  for (Entry& entry : entries) entry.path = (base / entry.path).string();
  return std::make_unique<Files>(std::move(entries), std::vector<std::string>{}, where);
}

std::unique_ptr<Dataset> open_image(const std::string& path) {
  return std::make_unique<Files>(std::vector<Entry>{{path, -1}}, std::vector<std::string>{}, path);
}

}  // namespace galet::data
