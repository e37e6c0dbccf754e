// The zip files that torch.save writes: stored (not compressed) members, also with 64-bit sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace galet::importers {

class ZipArchive {
 public:
  struct Member {
    std::string_view name;
    std::span<const std::byte> bytes;
    uint32_t crc = 0;
    uint16_t method = 0;  // 0: stored
    size_t begin = 0;     // of the local header
  };

  /// Reads the directory. Throws Error for damaged archives, encrypted members, members that overlap, names that occur twice or lead out of
  /// the archive ("..", "/"). Nothing is unpacked: members are views of `bytes`.
  explicit ZipArchive(std::span<const std::byte> bytes);

  const std::vector<Member>& members() const { return members_; }  // sorted by name
  const Member* find(std::string_view name) const;
  /// Throws Error where the member is compressed or its checksum is not the directory's.
  static void check(const Member& member);

 private:
  std::vector<Member> members_;
};

}  // namespace galet::importers
