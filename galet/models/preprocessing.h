// What the models' sources do to images before training and evaluation.
#pragma once

#include "galet/core/preprocessing.h"

namespace galet::models {

/// torchvision: short side to 256, centre 224, ImageNet's mean and deviation.
inline Preprocessing imagenet() {
  Preprocessing p;
  p.resize = 256;
  p.crop_height = p.crop_width = 224;
  p.stretch = false;
  return p;
}

/// akamaster/pytorch_resnet_cifar10: the whole image, and (as written there) ImageNet's mean and deviation, not CIFAR's.
inline Preprocessing whole_image() { return {}; }

/// Values in -1..1.
inline Preprocessing centred() {
  Preprocessing p;
  p.mean = p.std = {0.5f, 0.5f, 0.5f};
  return p;
}

}  // namespace galet::models
