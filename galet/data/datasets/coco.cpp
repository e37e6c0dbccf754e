// COCO's annotations: one JSON file with images, categories and annotations; boxes as left, top, width, height. Categories become labels in
// ascending order of their ids, as pycocotools counts them.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/data/datasets/objects.h"

namespace galet::data {
namespace {

using nlohmann::json;

const json& list_of(const json& root, const char* key, const std::string& file) {
  const auto it = root.find(key);
  if (it == root.end() || !it->is_array()) fail("{}: no list \"{}\" in it, expected COCO's images, categories and annotations", file, key);
  return *it;
}

struct Categories {
  std::vector<std::string> names;
  std::vector<int64_t> ids;
  std::unordered_map<int64_t, int> labels;
};

Categories read_categories(const json& root, const std::string& file) {
  std::vector<std::pair<int64_t, std::string>> found;
  for (const json& one : list_of(root, "categories", file)) {
    const int64_t id = one.at("id").get<int64_t>();
    found.emplace_back(id, one.contains("name") ? one.at("name").get<std::string>() : std::to_string(id));
  }
  std::sort(found.begin(), found.end());
  Categories categories;
  for (const auto& [id, name] : found) {
    if (!categories.labels.emplace(id, static_cast<int>(categories.ids.size())).second) fail("{}: two categories have id {}", file, id);
    categories.ids.push_back(id);
    categories.names.push_back(name);
  }
  return categories;
}

Annotation read_annotation(const json& one, const Categories& categories, const std::string& what) {
  const json& box = one.at("bbox");
  if (!box.is_array() || box.size() != 4) fail("{}: bbox is {}, expected [left, top, width, height]", what, box.dump());
  const double left = box[0].get<double>(), top = box[1].get<double>(), width = box[2].get<double>(), height = box[3].get<double>();
  Annotation made;
  made.box = {static_cast<float>(left), static_cast<float>(top), static_cast<float>(left + width), static_cast<float>(top + height)};
  check_box(made.box, what);
  const int64_t category = one.at("category_id").get<int64_t>();
  const auto label = categories.labels.find(category);
  if (label == categories.labels.end()) fail("{}: category {} is not in the file's list of categories", what, category);
  made.label = label->second;
  made.area = one.contains("area") ? one.at("area").get<float>() : static_cast<float>(width * height);
  if (const auto crowd = one.find("iscrowd"); crowd != one.end())
    made.crowd = crowd->is_boolean() ? crowd->get<bool>() : crowd->get<int64_t>() != 0;
  return made;
}

}  // namespace

std::unique_ptr<Dataset> open_coco(const std::string& where) {
  const Options options = parse_options("coco", where, {"images"});
  const std::string& file = options.first;
  const std::filesystem::path folder =
      options.get("images").empty() ? std::filesystem::path(file).parent_path() : std::filesystem::path(options.get("images"));
  if (!folder.empty() && !is_folder(folder.string())) fail("data set coco:{}: there is no folder {}", where, folder.string());
  std::vector<Labelled> images;
  Categories categories;
  try {
    const json root = json::parse(read_file(file));
    categories = read_categories(root, file);
    std::unordered_map<int64_t, size_t> by_id;
    for (const json& one : list_of(root, "images", file)) {
      const int64_t id = one.at("id").get<int64_t>();
      if (!by_id.emplace(id, images.size()).second) fail("{}: two images have id {}", file, id);
      images.push_back({(folder / one.at("file_name").get<std::string>()).string(), {}, id});
    }
    size_t number = 0;
    for (const json& one : list_of(root, "annotations", file)) {
      const std::string what = fmt::format("{}: annotation {}", file, number++);
      const int64_t id = one.at("image_id").get<int64_t>();
      const auto image = by_id.find(id);
      if (image == by_id.end()) fail("{}: image {} is not in the file's list of images", what, id);
      images[image->second].objects.push_back(read_annotation(one, categories, what));
    }
  } catch (const json::exception& error) {
    fail("{}: {}", file, error.what());
  }
  std::stable_sort(images.begin(), images.end(), [](const Labelled& a, const Labelled& b) { return a.id < b.id; });
  return labelled_images(std::move(images), std::move(categories.names), std::move(categories.ids), where);
}

}  // namespace galet::data
