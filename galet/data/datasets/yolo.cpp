// YOLO's text files: images/**/NAME.jpg and labels/**/NAME.txt (or both side by side) with lines "class cx cy width height", fractions of
// the image's sides. Names of the classes are the lines of classes.txt, obj.names or names.txt in the folder, if one is there.
#include <algorithm>
#include <charconv>
#include <filesystem>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/data/datasets/objects.h"
#include "galet/data/decode.h"

namespace galet::data {
namespace {

constexpr int kMostClasses = 1 << 16;

void collect(const std::string& folder, int depth, std::vector<std::string>& paths) {
  if (depth > 16) fail("folder {}: nested deeper than 16 levels", folder);
  for (const std::string& name : list_names(folder, false))
    if (is_image_name(name)) paths.push_back(folder + "/" + name);
  for (const std::string& name : list_names(folder, true)) collect(folder + "/" + name, depth + 1, paths);
}

/// images/a/b.jpg to labels/a/b.txt, where `root` has both folders.
std::string label_path(const std::string& root, const std::string& image) {
  std::filesystem::path path(image);
  path.replace_extension(".txt");
  const std::string plain = path.string(), prefix = root + "/images/";
  return plain.starts_with(prefix) ? root + "/labels/" + plain.substr(prefix.size()) : plain;
}

double number(std::string_view word, const std::string& what) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) fail("{}: \"{}\" is no number", what, word);
  return value;
}

Annotation parse_line(const std::string& line, int width, int height, const std::string& what) {
  std::vector<std::string> words = split_at(line, ' ');
  std::erase(words, "");
  if (words.size() != 5) fail("{}: {} words, expected \"class cx cy width height\"", what, words.size());
  Annotation made;
  made.label = static_cast<int>(parse_number(words[0], 0, kMostClasses - 1, what + ": the class"));
  const double cx = number(words[1], what) * width, cy = number(words[2], what) * height, w = number(words[3], what) * width,
               h = number(words[4], what) * height;
  made.box = {static_cast<float>(cx - w / 2), static_cast<float>(cy - h / 2), static_cast<float>(cx + w / 2),
              static_cast<float>(cy + h / 2)};
  check_box(made.box, what);
  made.area = static_cast<float>(w * h);
  return made;
}

}  // namespace

std::unique_ptr<Dataset> open_yolo(const std::string& where) {
  const Options options = parse_options("yolo", where, {"split"});
  std::string root = options.first;
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  if (!is_folder(root)) fail("data set yolo:{}: there is no folder {}", where, root);
  std::string pictures = is_folder(root + "/images") ? root + "/images" : root;
  if (const std::string split = options.get("split"); !split.empty()) pictures += "/" + split;
  std::vector<std::string> paths, classes;
  collect(pictures, 0, paths);
  for (const char* name : {"classes.txt", "obj.names", "names.txt"}) {
    if (!classes.empty() || !exists(root + "/" + name)) continue;
    classes = read_lines(root + "/" + name);
  }
  const size_t named = classes.size();
  std::vector<Labelled> images;
  for (const std::string& path : paths) {
    Labelled image{path, {}, static_cast<int64_t>(images.size())};
    // An image without a file has no objects: that is how YOLO's tools write it.
    if (const std::string labels = label_path(root, path); exists(labels)) {
      const ImageSize size = image_size(path);
      int64_t line_number = 0;
      for (const std::string& line : read_lines(labels)) {
        const std::string what = fmt::format("{}: object {}", labels, ++line_number);
        image.objects.push_back(parse_line(line, size.width, size.height, what));
        const size_t label = static_cast<size_t>(image.objects.back().label);
        if (named > 0 && label >= named) fail("{}: class {}, but {} classes have names", what, label, named);
        while (classes.size() <= label) classes.push_back(std::to_string(classes.size()));
      }
    }
    images.push_back(std::move(image));
  }
  return labelled_images(std::move(images), std::move(classes), {}, where);
}

}  // namespace galet::data
