// Labelled images by index, wherever they lie.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "galet/core/box.h"
#include "galet/core/tensor.h"
#include "galet/data/image.h"

namespace galet::data {

struct Sample {
  Image image;     // to be preprocessed; or else
  Tensor tensor;   // f32 (channels, height, width) or another shape: taken as it is
  int label = -1;  // -1: unknown
  std::string name;
};

/// An object in an image.
struct Annotation {
  Box box;  // in pixels of the image as it is stored
  int label = 0;
  float area = 0;          // of the object (COCO: of its outline), in pixels: what small, medium and large mean
  bool crowd = false;      // COCO: a region of many; finding something in it is neither right nor wrong
  bool difficult = false;  // VOC: likewise, once
  bool operator==(const Annotation&) const = default;
};

/// Every method may be called from many threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual int64_t size() const = 0;
  /// Sample `index` of [0, size()). Throws Error, naming the sample, where it cannot be read.
  virtual Sample get(int64_t index) const = 0;
  /// Name without reading the sample: a path, or "cifar.bin[17]".
  virtual std::string sample_name(int64_t index) const = 0;
  /// Label without decoding the sample; -1: unknown.
  virtual int label(int64_t index) const = 0;
  /// Names of the classes by label; empty when nobody gave them.
  virtual const std::vector<std::string>& class_names() const = 0;
  /// Whether the data set says where objects are.
  virtual bool has_objects() const { return false; }
  /// Objects of the sample, without decoding it.
  virtual const std::vector<Annotation>& objects(int64_t /*index*/) const {
    static const std::vector<Annotation> kNone;
    return kNone;
  }
  /// What result files call the sample.
  virtual int64_t image_id(int64_t index) const { return index; }
  /// What they call a class.
  virtual int64_t category_id(int label) const { return label; }
  /// One line: "5000 images in 10 classes in cifar10/test".
  virtual std::string description() const = 0;
};

/// Opens `spec`, always in the same order (paths sorted bytewise). Images with labels:
///   folder:DIR                 CLASS/**/*.{jpg,jpeg,png}, classes sorted; or the images of a flat folder, with labels from DIR/labels.txt
///                              ("file label" lines) if it is there
///   list:FILE                  lines "path [label]", relative to FILE's folder
///   cifar:FILE[,FILE]          CIFAR-10 or CIFAR-100 binary;  cifar:DIR[,train|test]
///   mnist:FILE                 idx images, plain or .gz, labels beside them;  mnist:DIR[,train|test]
///   npy:FILE                   uint8 images or float32 tensors, (n, c, h, w) or (n, h, w, c) or (n, h, w); labels from FILE_labels.npy
///   tidewrack:train|test[,count=N,seed=S,size=32]
/// Images with boxes (docs/detectors.md):
///   coco:FILE.json[,images=DIR]
///   voc:DIR[,split=test]
///   yolo:DIR
///   tidewrack_scenes:train|test[,count=N,seed=S,size=256]
/// A bare path is guessed. Throws Error that says what was expected.
std::unique_ptr<Dataset> open_dataset(const std::string& spec);

}  // namespace galet::data
