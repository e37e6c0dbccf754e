// What the tests of packages share.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace galet::package::testing {

/// A path of its own, removed at the end.
struct TemporaryFile {
  std::string path = (std::filesystem::temp_directory_path() /
                      ("galet_package_" + std::to_string(::getpid()) + "_" + std::to_string(reinterpret_cast<uintptr_t>(this)) + ".galet"))
                         .string();
  ~TemporaryFile() { std::remove(path.c_str()); }
};

/// Not write_file, which waits for the disk: damaged files are written by the thousand.
inline void put(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace galet::package::testing
