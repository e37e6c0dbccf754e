// Data sets of images with boxes, once their files have been read.
#pragma once

#include <string>
#include <vector>

#include "galet/data/datasets/datasets.h"

namespace galet::data {

struct Labelled {
  std::string path;
  std::vector<Annotation> objects;
  int64_t id = 0;  // Dataset::image_id
};

/// Throws Error where there is no image.
std::unique_ptr<Dataset> labelled_images(std::vector<Labelled> images, std::vector<std::string> classes, std::vector<int64_t> categories,
                                         std::string where);

/// Parts of "FIRST,key=value,.."; throws Error for keys that are not in `known`.
struct Options {
  std::string first;
  std::vector<std::pair<std::string, std::string>> values;
  std::string get(std::string_view key, std::string otherwise = {}) const;
};
Options parse_options(std::string_view kind, const std::string& where, std::initializer_list<std::string_view> known);

/// Lines without blanks at their ends; empty ones dropped.
std::vector<std::string> read_lines(const std::string& path);

/// Finite, within +-2^24, right and bottom not before left and top; else Error, naming `what`.
void check_box(const Box& box, std::string_view what);

}  // namespace galet::data
