// For the tests: a JPEG encoder's output, since the library itself writes none. Defined in jpeg_sample_test.cpp.
#pragma once

#include <string>

#include "galet/data/image.h"

namespace galet::data {

/// libjpeg's own encoding of an image of 1, 3 or (as CMYK) 4 channels.
std::string encode_jpeg(const Image& image, int quality, bool progressive);

}  // namespace galet::data
