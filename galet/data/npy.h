// NumPy's array files (format versions 1 to 3, C order, little endian).
#pragma once

#include <string>

#include "galet/core/tensor.h"

namespace galet::data {

/// The array; its bytes stay in the mapped file where alignment allows. Throws Error, naming the file, for anything that is not such an
/// array.
Tensor read_npy(const std::string& path);
/// Written whole or not at all.
void write_npy(const std::string& path, const Tensor& tensor);

}  // namespace galet::data
