// Pascal VOC: Annotations/NAME.xml beside JPEGImages/NAME.jpg, and lists of names in ImageSets/Main. Corners are the first and last pixel
// of the object, counted from 1: (xmin - 1, ymin - 1, xmax, ymax) are its edges, so that the areas are VOC's own, which adds 1 to each
// side.
#include <algorithm>
#include <filesystem>
#include <map>
#include <pugixml.hpp>
#include <set>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/data/datasets/objects.h"

namespace galet::data {
namespace {

struct Named {
  std::string name;
  Annotation object;
};

float number(const pugi::xml_node& parent, const char* child, const std::string& what) {
  const pugi::xml_text text = parent.child(child).text();
  char* end = nullptr;
  const std::string value = text.as_string();
  const float parsed = std::strtof(value.c_str(), &end);
  if (value.empty() || *end != '\0') fail("{}: {} is \"{}\", expected a number", what, child, value);
  return parsed;
}

std::vector<Named> read_objects(const std::string& path) {
  const std::string content = read_file(path);
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(content.data(), content.size());
  if (!parsed) fail("{}: not XML: {} (byte {})", path, parsed.description(), parsed.offset);
  const pugi::xml_node root = document.child("annotation");
  if (!root) fail("{}: no <annotation> in it, expected Pascal VOC's XML", path);
  std::vector<Named> objects;
  for (const pugi::xml_node& node : root.children("object")) {
    const std::string what = fmt::format("{}: object {}", path, objects.size());
    const pugi::xml_node corners = node.child("bndbox");
    Named made{node.child("name").text().as_string(), {}};
    if (made.name.empty() || !corners) fail("{} has no <name> or no <bndbox>", what);
    made.object.box = {std::max(number(corners, "xmin", what) - 1.f, 0.f), std::max(number(corners, "ymin", what) - 1.f, 0.f),
                       number(corners, "xmax", what), number(corners, "ymax", what)};
    check_box(made.object.box, what);
    made.object.area = made.object.box.area();
    made.object.difficult = node.child("difficult").text().as_int() != 0;
    objects.push_back(std::move(made));
  }
  return objects;
}

/// The first word of each line: files of one class have "NAME 1" or "NAME -1".
std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> names;
  for (const std::string& line : read_lines(list)) {
    names.push_back(line.substr(0, line.find_first_of(" \t")));
    if (names.back().find('/') != std::string::npos || names.back() == "..") fail("{}: \"{}\" is no name of an image", list, names.back());
  }
  return names;
}

std::string image_path(const std::string& folder, const std::string& name) {
  for (const char* ending : {".jpg", ".jpeg", ".png", ".JPG"})
    if (exists(folder + "/" + name + ending)) return folder + "/" + name + ending;
  fail("{}/{}.jpg (or .jpeg, .png): no such image", folder, name);
}

/// Classes of the whole folder, whatever the split, so that every split counts them alike.
std::vector<std::string> all_classes(const std::string& annotations, std::map<std::string, std::vector<Named>>& read) {
  std::set<std::string> found;
  for (const std::string& file : list_names(annotations, false)) {
    if (!file.ends_with(".xml")) continue;
    const std::string name = file.substr(0, file.size() - 4);
    for (const Named& one : read[name] = read_objects(annotations + "/" + file)) found.insert(one.name);
  }
  return {found.begin(), found.end()};
}

}  // namespace

std::unique_ptr<Dataset> open_voc(const std::string& where) {
  const Options options = parse_options("voc", where, {"split"});
  std::string root = options.first;
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  const std::string annotations = root + "/Annotations", pictures = root + "/JPEGImages", lists = root + "/ImageSets/Main";
  for (const std::string& folder : {annotations, pictures})
    if (!is_folder(folder))
      fail("data set voc:{}: there is no folder {}; expected Annotations, JPEGImages and ImageSets/Main", where, folder);
  std::map<std::string, std::vector<Named>> read;
  std::vector<std::string> classes = all_classes(annotations, read), names;
  if (const std::string split = options.get("split"); split.empty()) {
    for (const auto& [name, objects] : read) names.push_back(name);
  } else {
    const std::string list = lists + "/" + split + ".txt";
    if (!exists(list)) fail("data set voc:{}: there is no {}", where, list);
    names = names_in(list);
  }
  std::vector<Labelled> images;
  for (const std::string& name : names) {
    const auto it = read.find(name);
    if (it == read.end()) fail("data set voc:{}: {}/{}.xml is missing", where, annotations, name);
    Labelled image{image_path(pictures, name), {}, static_cast<int64_t>(images.size())};
    for (const Named& one : it->second) {
      image.objects.push_back(one.object);
      image.objects.back().label = static_cast<int>(std::lower_bound(classes.begin(), classes.end(), one.name) - classes.begin());
    }
    images.push_back(std::move(image));
  }
  return labelled_images(std::move(images), std::move(classes), {}, where);
}

}  // namespace galet::data
