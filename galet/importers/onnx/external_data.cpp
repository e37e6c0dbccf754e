#include "galet/importers/onnx/external_data.h"

#include <charconv>
#include <filesystem>

#include "galet/core/error.h"

namespace galet::importers {
namespace {

uint64_t number(const std::string& text, const char* what, uint64_t missing) {
  if (text.empty()) return missing;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) fail("external data: {} \"{}\" is no number", what, text);
  return value;
}

/// A location is a relative path that ends up inside the folder, symbolic links followed.
std::string resolve(const std::string& location, const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path relative(location);
  if (location.empty() || location.find('\0') != std::string::npos || relative.is_absolute())
    fail("external data: location \"{}\" is not a path relative to the model", location);
  std::error_code error;
  const fs::path root = fs::weakly_canonical(folder.empty() ? fs::path(".") : fs::path(folder), error);
  const fs::path path = fs::weakly_canonical(root / relative, error);
  const fs::path inside = path.lexically_relative(root);
  if (error || inside.empty() || *inside.begin() == "..") fail("external data: location \"{}\" leaves the folder of the model", location);
  return path.string();
}

}  // namespace

std::span<const std::byte> external_bytes(const ExternalData& data, const std::string& folder, size_t size,
                                          std::map<std::string, std::shared_ptr<const MappedFile>>& files,
                                          std::shared_ptr<const MappedFile>& owner) {
  auto& file = files[data.location];
  if (!file) file = MappedFile::open(resolve(data.location, folder));
  const uint64_t offset = number(data.offset, "offset", 0), length = number(data.length, "length", size);
  if (length != size) fail("external data: {} bytes in \"{}\", expected {}", length, data.location, size);
  const std::span<const std::byte> bytes = file->bytes();
  if (offset > bytes.size() || length > bytes.size() - offset)
    fail("external data: bytes {} to {} of \"{}\", which has {}", offset, offset + length, data.location, bytes.size());
  owner = file;
  return bytes.subspan(offset, length);
}

}  // namespace galet::importers
