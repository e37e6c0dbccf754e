// Data sets with boxes: COCO, VOC, YOLO, and what is said of damaged ones.
#include <doctest/doctest.h>

#include <cstdlib>

#include "galet/data/dataset.h"
#include "galet/data/decode.h"
#include "galet/data/test_files.h"

namespace galet::data {
namespace {

std::string refusal(const std::string& spec) {
  return error_of([&] { open_dataset(spec); });
}
bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

const char* const kCoco = R"({"images": [{"id": 9, "file_name": "b.png", "width": 8, "height": 6}, {"id": 4, "file_name": "a.png"}],
  "categories": [{"id": 70, "name": "dog"}, {"id": 3, "name": "cat"}],
  "annotations": [{"id": 1, "image_id": 9, "category_id": 70, "bbox": [1, 2, 3.5, 2], "area": 5.5, "iscrowd": 0},
                  {"id": 2, "image_id": 9, "category_id": 3, "bbox": [0, 0, 8, 6], "iscrowd": 1}]})";

TEST_CASE("coco: images by id, categories by id, crowds and areas") {
  const TestFolder folder;
  folder.write("pictures/a.png", encode_png(test_image(4, 4, 3)));
  folder.write("pictures/b.png", encode_png(test_image(8, 6, 3)));
  const std::string file = folder.write("notes.json", kCoco), spec = "coco:" + file + ",images=" + (folder / "pictures");
  const auto set = open_dataset(spec);
  REQUIRE(set->size() == 2);
  CHECK(set->has_objects());
  CHECK(set->class_names() == std::vector<std::string>{"cat", "dog"});
  CHECK(set->category_id(1) == 70);
  CHECK(set->image_id(0) == 4);
  CHECK(set->objects(0).empty());
  REQUIRE(set->objects(1).size() == 2);
  CHECK(set->objects(1)[0] == Annotation{{1, 2, 4.5f, 4}, 1, 5.5f});
  CHECK(set->objects(1)[1] == Annotation{{0, 0, 8, 6}, 0, 48.f, true});
  CHECK(set->get(1).image.width == 8);
  CHECK(set->label(1) == -1);
  CHECK(says(error_of([&] { set->objects(2); }), "there is no sample 2"));
  CHECK(says(refusal("coco:" + file + ",split=x"), "option \"split=x\" does not exist, expected images="));
  CHECK(says(refusal("coco:" + file + ",images=/nowhere"), "there is no folder /nowhere"));
}

TEST_CASE("coco: damaged files are refused in a sentence") {
  const TestFolder folder;
  const std::string good = kCoco;
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    return refusal("coco:" + folder.write("bad.json", text));
  };
  CHECK(says(changed("\"annotations\"", "\"notes\""), "no list \"annotations\""));
  CHECK(says(changed("\"category_id\": 70", "\"category_id\": 71"), "category 71 is not in"));
  CHECK(says(changed("\"image_id\": 9", "\"image_id\": 8"), "image 8 is not in"));
  CHECK(says(changed("[1, 2, 3.5, 2]", "[1, 2, -3.5, 2]"), "right before its left"));
  CHECK(says(changed("[1, 2, 3.5, 2]", "[1, 2, 3.5]"), "expected [left, top, width, height]"));
  CHECK(says(changed("[1, 2, 3.5, 2]", "[1, 2, 1e30, 2]"), "expected pixels"));
  CHECK(says(changed("\"id\": 4", "\"id\": 9"), "two images have id 9"));
  CHECK(says(changed("\"id\": 3", "\"id\": 70"), "two categories have id 70"));
  CHECK(says(changed("\"bbox\"", "bbox"), "parse error"));
  CHECK(says(changed("70,", "\"seventy\","), "type must be number"));
  Random random(7);
  for (int i = 0; i < 300; ++i) refusal("coco:" + folder.write("bad.json", mutated(good, random)));  // an Error or none, never a crash
}

std::string voc_xml(const std::string& objects) { return "<annotation><filename>x</filename>" + objects + "</annotation>"; }
std::string voc_object(const std::string& name, const std::string& box, const std::string& more = "") {
  return "<object><name>" + name + "</name>" + more + "<bndbox>" + box + "</bndbox></object>";
}
const char* const kBox = "<xmin>2</xmin><ymin>1</ymin><xmax>4</xmax><ymax>3</ymax>";

TEST_CASE("voc: splits, classes of the whole folder, pixels counted from 1") {
  const TestFolder folder;
  const std::string image = encode_png(test_image(8, 6, 3));
  folder.write("voc/JPEGImages/one.png", image);
  folder.write("voc/JPEGImages/two.png", image);
  folder.write("voc/Annotations/one.xml", voc_xml(voc_object("bird", kBox, "<difficult>1</difficult>")));
  folder.write("voc/Annotations/two.xml", voc_xml(voc_object("ape &amp; co", kBox) + voc_object("bird", kBox)));
  folder.write("voc/ImageSets/Main/test.txt", "one\r\n\n");
  folder.write("voc/ImageSets/Main/bird_test.txt", "one  1\ntwo -1\n");
  folder.write("voc/ImageSets/Main/gone.txt", "three\n");
  const std::string root = folder / "voc";
  const auto set = open_dataset("voc:" + root + "/,split=test");
  REQUIRE(set->size() == 1);
  CHECK(set->class_names() == std::vector<std::string>{"ape & co", "bird"});
  REQUIRE(set->objects(0).size() == 1);
  CHECK(set->objects(0)[0] == Annotation{{1, 0, 4, 3}, 1, 9.f, false, true});
  CHECK(open_dataset(root)->size() == 2);
  CHECK(open_dataset("voc:" + root + ",split=bird_test")->size() == 2);
  CHECK(says(refusal("voc:" + root + ",split=gone"), "three.xml is missing"));
  CHECK(says(refusal("voc:" + root + ",split=train"), "there is no"));
  CHECK(says(refusal("voc:" + (folder / "nowhere")), "there is no folder"));
  const auto damaged = [&](const std::string& xml) {
    folder.write("voc/Annotations/one.xml", xml);
    return refusal("voc:" + root);
  };
  CHECK(says(damaged("<annotation><object>"), "not XML"));
  CHECK(says(damaged("<html></html>"), "no <annotation>"));
  CHECK(says(damaged(voc_xml("<object></object>")), "no <name> or no <bndbox>"));
  CHECK(says(damaged(voc_xml(voc_object("bird", "<xmin>2</xmin>"))), "ymin is \"\", expected a number"));
  CHECK(says(damaged(voc_xml(voc_object("bird", "<xmin>9</xmin><ymin>1</ymin><xmax>4</xmax><ymax>3</ymax>"))), "right before its left"));
  Random random(3);
  const std::string good = voc_xml(voc_object("bird", kBox));
  for (int i = 0; i < 300; ++i) damaged(mutated(good, random));
}

TEST_CASE("yolo: fractions of the image, names from a file") {
  const TestFolder folder;
  folder.write("set/images/train/a.png", encode_png(test_image(20, 10, 3)));
  folder.write("set/images/train/b.png", encode_png(test_image(4, 4, 3)));
  folder.write("set/labels/train/a.txt", "1 0.5 0.5 0.25 1\n0 .1 .2 .2 .4\n");
  const std::string root = folder / "set";
  auto set = open_dataset("yolo:" + root);
  REQUIRE(set->size() == 2);
  REQUIRE(set->objects(0).size() == 2);
  CHECK(set->objects(0)[0] == Annotation{{7.5f, 0, 12.5f, 10}, 1, 50.f});
  CHECK(set->objects(1).empty());
  CHECK(set->class_names() == std::vector<std::string>{"0", "1"});
  folder.write("set/classes.txt", "leaf\nstone\n");
  CHECK(open_dataset("yolo:" + root + ",split=train")->class_names()[1] == "stone");
  const auto damaged = [&](const std::string& text) {
    folder.write("set/labels/train/a.txt", text);
    return refusal("yolo:" + root);
  };
  CHECK(says(damaged("0 1 2 3"), "4 words"));
  CHECK(says(damaged("0 1 2 3 x"), "\"x\" is no number"));
  CHECK(says(damaged("2 .5 .5 .5 .5"), "class 2, but 2 classes have names"));
  CHECK(says(damaged("-1 .5 .5 .5 .5"), "the class"));
  CHECK(says(damaged("0 .5 .5 -1 .5"), "right before its left"));
  CHECK(says(damaged("0 nan .5 1 .5"), "expected pixels"));
}

TEST_CASE("image_size reads headers") {
  const TestFolder folder;
  CHECK(image_size(folder.write("a.png", encode_png(test_image(7, 5, 1)))).width == 7);
  CHECK(says(error_of([&] { image_size(folder.write("b.jpg", "\xff\xd8\xff\xe0")); }), "b.jpg"));
  CHECK(says(error_of([&] { image_size(folder.write("c.jpg", "")); }), "empty"));
}

TEST_CASE("bccd's own splits") {
  const char* data = std::getenv("GALET_DATA");
  if (data == nullptr || !std::filesystem::is_directory(std::string(data) + "/bccd/BCCD")) {
    MESSAGE("skipped: no GALET_DATA/bccd");
    return;
  }
  const std::string root = "voc:" + std::string(data) + "/bccd/BCCD";
  const auto train = open_dataset(root + ",split=train"), val = open_dataset(root + ",split=val"),
             test = open_dataset(root + ",split=test");
  CHECK(train->class_names() == std::vector<std::string>{"Platelets", "RBC", "WBC"});
  CHECK(train->size() == 205);
  CHECK(val->size() == 87);
  CHECK(test->size() == 72);
  const ImageSize size = image_size(test->sample_name(0));
  CHECK(size.width == 640);
  CHECK(size.height == 480);
  for (int64_t i = 0; i < test->size(); ++i)
    for (const Annotation& one : test->objects(i)) CHECK((one.box.right <= 640 && one.box.bottom <= 480));
}

}  // namespace
}  // namespace galet::data
