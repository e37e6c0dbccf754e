// Reading files whole or mapped, and writing them whole or not at all.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace galet {

/// A file mapped into memory, read-only. Throws Error (with the path and the system's reason) when it cannot be opened or is no regular
/// file.
class MappedFile {
 public:
  static std::shared_ptr<const MappedFile> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// Whoever has turned bytes of a mapped file into something of its own may say so: their pages leave this process's memory, and come back
/// from the file should anybody read them, or their neighbours, again. Does nothing for bytes that lie in no mapped file.
void release_mapped(std::span<const std::byte> bytes);

/// Bytes that are about to be read (of a mapped file) or written (fresh memory) from end to end: their pages are made ready at once instead
/// of one by one when touched. Changes no byte; does nothing where the system cannot.
void expect_reading(std::span<const std::byte> bytes);
void expect_writing(std::span<std::byte> bytes);

/// The whole content. Throws Error when it cannot be read.
std::string read_file(const std::string& path);
/// Writes to a temporary file beside `path`, flushes it to disk, then renames: the old file stays whole until the new one is. Throws Error,
/// leaving nothing.
void write_file(const std::string& path, std::span<const std::byte> bytes);
void write_file(const std::string& path, const std::string& text);

}  // namespace galet
