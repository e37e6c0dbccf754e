#include "galet/data/datasets/objects.h"

#include <algorithm>
#include <cmath>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/data/decode.h"

namespace galet::data {
namespace {

class LabelledImages : public Dataset {
 public:
  LabelledImages(std::vector<Labelled> images, std::vector<std::string> classes, std::vector<int64_t> categories, std::string where)
      : images_(std::move(images)), classes_(std::move(classes)), categories_(std::move(categories)), where_(std::move(where)) {}
  int64_t size() const override { return static_cast<int64_t>(images_.size()); }
  Sample get(int64_t index) const override { return {decode_image(at(index).path), {}, -1, at(index).path}; }
  std::string sample_name(int64_t index) const override { return at(index).path; }
  int label(int64_t index) const override {
    at(index);
    return -1;
  }
  const std::vector<std::string>& class_names() const override { return classes_; }
  bool has_objects() const override { return true; }
  const std::vector<Annotation>& objects(int64_t index) const override { return at(index).objects; }
  int64_t image_id(int64_t index) const override { return at(index).id; }
  int64_t category_id(int label) const override {
    return label >= 0 && static_cast<size_t>(label) < categories_.size() ? categories_[static_cast<size_t>(label)] : label;
  }
  std::string description() const override {
    size_t objects = 0;
    for (const Labelled& image : images_) objects += image.objects.size();
    return fmt::format("{} images with {} objects of {} classes in {}", size(), objects, classes_.size(), where_);
  }

 private:
  const Labelled& at(int64_t index) const {
    check_index(index, size(), where_);
    return images_[static_cast<size_t>(index)];
  }
  std::vector<Labelled> images_;
  std::vector<std::string> classes_;
  std::vector<int64_t> categories_;
  std::string where_;
};

}  // namespace

std::unique_ptr<Dataset> labelled_images(std::vector<Labelled> images, std::vector<std::string> classes, std::vector<int64_t> categories,
                                         std::string where) {
  if (images.empty()) fail("data set {}: no images in it", where);
  return std::make_unique<LabelledImages>(std::move(images), std::move(classes), std::move(categories), std::move(where));
}

std::string Options::get(std::string_view key, std::string otherwise) const {
  for (const auto& [name, value] : values)
    if (name == key) return value;
  return otherwise;
}

Options parse_options(std::string_view kind, const std::string& where, std::initializer_list<std::string_view> known) {
  const std::vector<std::string> parts = split_at(where, ',');
  Options options{parts[0], {}};
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equal = parts[i].find('=');
    const std::string key = parts[i].substr(0, equal);
    if (std::find(known.begin(), known.end(), key) == known.end() || equal == std::string::npos || equal + 1 == parts[i].size())
      fail("data set {}:{}: option \"{}\" does not exist, expected {}=", kind, where, parts[i], fmt::join(known, "= or "));
    options.values.emplace_back(key, parts[i].substr(equal + 1));
  }
  return options;
}

std::vector<std::string> read_lines(const std::string& path) {
  std::vector<std::string> lines;
  for (std::string& line : split_at(read_file(path), '\n')) {
    const size_t begin = line.find_first_not_of(" \t\r"), end = line.find_last_not_of(" \t\r");
    if (begin != line.npos) lines.push_back(line.substr(begin, end - begin + 1));
  }
  return lines;
}

void check_box(const Box& box, std::string_view what) {
  constexpr float kMost = 1 << 24;
  for (const float edge : {box.left, box.top, box.right, box.bottom})
    if (!std::isfinite(edge) || std::fabs(edge) > kMost) fail("{}: a box with an edge at {}, expected pixels", what, edge);
  if (box.right < box.left || box.bottom < box.top)
    fail("{}: the box ({}, {}, {}, {}) has its right before its left or its bottom before its top", what, box.left, box.top, box.right,
         box.bottom);
}

}  // namespace galet::data
