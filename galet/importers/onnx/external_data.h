// Weights that lie in files beside the model.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "galet/core/file.h"

namespace galet::importers {

struct ExternalData {
  std::string location, offset, length;  // as in the file; offset and length may be empty
};

/// The bytes, mapped. `size` is what the tensor's shape wants. Throws Error when the location leaves the folder, or the range the file.
std::span<const std::byte> external_bytes(const ExternalData& data, const std::string& folder, size_t size,
                                          std::map<std::string, std::shared_ptr<const MappedFile>>& files,
                                          std::shared_ptr<const MappedFile>& owner);

}  // namespace galet::importers
