// For tests only: makes the checksums of a mutated .galet file right again, so that deeper checks are reached.
#include <cstring>
#include <string>

#include "galet/package/checksum.h"
#include "galet/package/header.h"

void repair_checksums(std::string& file) {
  using namespace galet::package;
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  const auto bytes = std::as_bytes(std::span(file.data(), file.size()));
  header.metadata_checksum = checksum(bytes.subspan(sizeof header, header.metadata_bytes));
  header.data_checksum = checksum(bytes.subspan(sizeof header + aligned(header.metadata_bytes)));
  std::memcpy(file.data(), &header, sizeof header);
}
