// The openers behind open_dataset, one a kind; `where` is what follows the colon.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "galet/data/dataset.h"

namespace galet::data {

std::unique_ptr<Dataset> open_folder(const std::string& where);
std::unique_ptr<Dataset> open_list(const std::string& where);
std::unique_ptr<Dataset> open_cifar(const std::string& where);
std::unique_ptr<Dataset> open_mnist(const std::string& where);
std::unique_ptr<Dataset> open_npy(const std::string& where);
std::unique_ptr<Dataset> open_tidewrack(const std::string& where);
std::unique_ptr<Dataset> open_coco(const std::string& where);
std::unique_ptr<Dataset> open_voc(const std::string& where);
std::unique_ptr<Dataset> open_yolo(const std::string& where);
std::unique_ptr<Dataset> open_tidewrack_scenes(const std::string& where);
/// One image, no label.
std::unique_ptr<Dataset> open_image(const std::string& path);

std::vector<std::string> split_at(std::string_view text, char separator);
/// Files (or folders) directly in `dir`, sorted bytewise, names only. Throws Error when `dir` is no folder.
std::vector<std::string> list_names(const std::string& dir, bool folders);
bool is_folder(const std::string& path);
bool exists(const std::string& path);
bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings);  // letter case ignored
bool is_image_name(std::string_view name);
/// A whole number in [low, high], else throws Error: "`what` is "text", expected ...".
int64_t parse_number(std::string_view text, int64_t low, int64_t high, std::string_view what);
/// Throws Error unless 0 <= index < size.
void check_index(int64_t index, int64_t size, std::string_view what);

}  // namespace galet::data
