// What coco_ap_test.py asks of galet::evaluate: detection_ap SPEC RESULTS.json prints the numbers of detections in COCO's result format,
// with all digits.
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/evaluate/detection/average_precision.h"

int main(int argc, char** argv) {
  using namespace galet;
  if (argc != 3) return 2;
  try {
    const auto dataset = data::open_dataset(argv[1]);
    std::vector<evaluate::ImageDetections> images(static_cast<size_t>(dataset->size()));
    std::map<int64_t, size_t> by_id;
    for (size_t i = 0; i < images.size(); ++i) {
      images[i].objects = dataset->objects(static_cast<int64_t>(i));
      by_id[dataset->image_id(static_cast<int64_t>(i))] = i;
    }
    const int classes = static_cast<int>(dataset->class_names().size());
    std::map<int64_t, int> labels;
    for (int label = 0; label < classes; ++label) labels[dataset->category_id(label)] = label;
    for (const nlohmann::json& one : nlohmann::json::parse(read_file(argv[2]))) {
      const std::vector<double> b = one.at("bbox");
      const Box box{static_cast<float>(b[0]), static_cast<float>(b[1]), static_cast<float>(b[0] + b[2]), static_cast<float>(b[1] + b[3])};
      images[by_id.at(one.at("image_id"))].found.push_back({box, one.at("score").get<float>(), labels.at(one.at("category_id"))});
    }
    const evaluate::CocoResult result = evaluate::coco_ap(images, classes);
    for (const double number : result.numbers) fmt::print("{:.17g}\n", number);
    fmt::print("{:.17g}\n", evaluate::voc_ap(images, classes, evaluate::VocRule::points11).mean);
    fmt::print("{:.17g}\n", evaluate::voc_ap(images, classes, evaluate::VocRule::area).mean);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
