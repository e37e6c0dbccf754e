// For tests only: changes the metadata of a .galet file and makes header and checksums right again, so that deeper checks are reached.
#include <zlib.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "galet/package/checksum.h"
#include "galet/package/header.h"

std::string with_metadata(const std::string& file, const std::function<void(std::vector<uint8_t>&)>& change) {
  using namespace galet::package;
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  std::vector<uint8_t> metadata(header.inflated_bytes);
  uLongf size = metadata.size();
  uncompress(metadata.data(), &size, reinterpret_cast<const Bytef*>(file.data() + sizeof header), header.metadata_bytes);
  change(metadata);
  uLongf packed = compressBound(metadata.size());
  std::string deflated(packed, '\0');
  compress2(reinterpret_cast<Bytef*>(deflated.data()), &packed, metadata.data(), metadata.size(), 9);
  deflated.resize(packed);
  const std::string data = file.substr(sizeof header + aligned(header.metadata_bytes));
  header.metadata_bytes = deflated.size();
  header.metadata_checksum = checksum(std::as_bytes(std::span(deflated.data(), deflated.size())));
  deflated.resize(aligned(deflated.size()), '\0');
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + deflated + data;
}

std::string with_data(const std::string& file, const std::function<void(std::vector<uint8_t>&)>& change) {
  using namespace galet::package;
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  const size_t begin = sizeof header + aligned(header.metadata_bytes);
  std::vector<uint8_t> data(file.begin() + static_cast<std::ptrdiff_t>(begin), file.end());
  change(data);
  header.data_bytes = data.size();
  header.data_checksum = checksum(std::as_bytes(std::span(data)));
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + file.substr(sizeof header, begin - sizeof header) +
         std::string(data.begin(), data.end());
}
