// PKWARE's APPNOTE, sections 4.3 (records) and 4.5.3 (64-bit extra field).
#include "galet/importers/pytorch/zip_archive.h"

#include <algorithm>

#include "galet/core/crc32.h"
#include "galet/core/error.h"

namespace galet::importers {
namespace {

using Bytes = std::span<const std::byte>;

uint64_t number(Bytes bytes, size_t at, size_t width) {
  if (at > bytes.size() || bytes.size() - at < width) fail("zip archive is cut off: a record at byte {} does not fit", at);
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i) value |= std::to_integer<uint64_t>(bytes[at + i]) << (8 * i);
  return value;
}

uint16_t u16(Bytes bytes, size_t at) { return static_cast<uint16_t>(number(bytes, at, 2)); }
uint32_t u32(Bytes bytes, size_t at) { return static_cast<uint32_t>(number(bytes, at, 4)); }
uint64_t u64(Bytes bytes, size_t at) { return number(bytes, at, 8); }

Bytes part(Bytes bytes, uint64_t begin, uint64_t size, std::string_view what) {
  if (begin > bytes.size() || size > bytes.size() - begin)
    fail("zip archive is damaged: {} at byte {} with {} bytes does not fit into {}", what, begin, size, bytes.size());
  return bytes.subspan(begin, size);
}

std::string_view text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

struct Directory {
  uint64_t begin = 0, size = 0, count = 0;
};

/// From the record at the end, which a comment of up to 64 KB may follow; its 64-bit form where that says so.
Directory find_directory(Bytes bytes) {
  constexpr size_t kEnd = 22;
  for (size_t back = kEnd; back <= bytes.size() && back <= kEnd + 0xffff; ++back) {
    const size_t at = bytes.size() - back;
    if (u32(bytes, at) != 0x06054b50 || u16(bytes, at + 20) != back - kEnd) continue;
    Directory d{u32(bytes, at + 16), u32(bytes, at + 12), u16(bytes, at + 10)};
    if (at >= 20 && u32(bytes, at - 20) == 0x07064b50) {
      const uint64_t record = u64(bytes, at - 12);
      part(bytes, record, 56, "its 64-bit end record");
      if (u32(bytes, record) != 0x06064b50) fail("zip archive is damaged: no 64-bit end record at byte {}", record);
      d = {u64(bytes, record + 48), u64(bytes, record + 40), u64(bytes, record + 32)};
    }
    part(bytes, d.begin, d.size, "its directory");
    return d;
  }
  fail("zip archive has no directory at its end: the file is cut off");
}

/// Replaces the fields that stand at their maximum by those of the 64-bit extra field, in the order of the standard.
void widen(Bytes extra, uint64_t& size, uint64_t& packed, uint64_t& begin) {
  for (size_t at = 0; at + 4 <= extra.size();) {
    const uint16_t id = u16(extra, at), length = u16(extra, at + 2);
    const Bytes body = part(extra, at + 4, length, "an extra field");
    if (id == 1) {
      size_t next = 0;
      for (uint64_t* field : {&size, &packed, &begin})
        if (*field == 0xffffffffu) {
          *field = u64(body, next);
          next += 8;
        }
      return;
    }
    at += 4 + size_t{length};
  }
}

void check_name(std::string_view name) {
  if (name.empty()) fail("zip archive has a member without a name");
  std::string shown(name);
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 32 || c == 127) fail("zip archive has a member whose name holds control characters");
  const bool leads_out =
      name.front() == '/' || name.find('\\') != std::string_view::npos || ("/" + shown + "/").find("/../") != std::string::npos;
  if (leads_out) fail("zip archive has a member \"{}\": names that lead out of the archive are refused", shown);
}

}  // namespace

ZipArchive::ZipArchive(Bytes bytes) {
  const Directory directory = find_directory(bytes);
  if (directory.count > directory.size / 46) fail("zip archive is damaged: {} members do not fit into its directory", directory.count);
  size_t at = directory.begin;
  for (uint64_t i = 0; i < directory.count; ++i) {
    const Bytes record = part(bytes, at, 46, "a directory record");
    if (u32(record, 0) != 0x02014b50) fail("zip archive is damaged: no directory record at byte {}", at);
    const uint16_t flags = u16(record, 8), method = u16(record, 10), name_size = u16(record, 28), extra_size = u16(record, 30);
    uint64_t packed = u32(record, 20), size = u32(record, 24), begin = u32(record, 42);
    Member member{text(part(bytes, at + 46, name_size, "a name")), {}, u32(record, 16), method, 0};
    check_name(member.name);
    widen(part(bytes, at + 46 + name_size, extra_size, "an extra field"), size, packed, begin);
    at += 46 + size_t{name_size} + extra_size + u16(record, 32);
    if ((flags & 0x41) != 0) fail("zip member \"{}\" is encrypted", member.name);
    if (method == 0 && size != packed)
      fail("zip archive is damaged: member \"{}\" is stored, but {} bytes became {}", member.name, size, packed);
    const Bytes local = part(bytes, begin, 30, "a member's header");
    if (u32(local, 0) != 0x04034b50) fail("zip archive is damaged: no header of \"{}\" at byte {}", member.name, begin);
    if (text(part(bytes, begin + 30, u16(local, 26), "a name")) != member.name)
      fail("zip archive is damaged: member \"{}\" has another name at byte {}", member.name, begin);
    member.begin = begin;
    member.bytes = part(bytes, begin + 30 + u16(local, 26) + u16(local, 28), packed, "a member");
    members_.push_back(member);
  }
  std::sort(members_.begin(), members_.end(), [](const Member& a, const Member& b) { return a.begin < b.begin; });
  for (size_t i = 1; i < members_.size(); ++i)
    if (members_[i].begin < static_cast<size_t>(members_[i - 1].bytes.data() + members_[i - 1].bytes.size() - bytes.data()))
      fail("zip archive is damaged: members \"{}\" and \"{}\" overlap", members_[i - 1].name, members_[i].name);
  if (!members_.empty() &&
      static_cast<size_t>(members_.back().bytes.data() + members_.back().bytes.size() - bytes.data()) > directory.begin)
    fail("zip archive is damaged: member \"{}\" overlaps the directory", members_.back().name);
  std::sort(members_.begin(), members_.end(), [](const Member& a, const Member& b) { return a.name < b.name; });
  for (size_t i = 1; i < members_.size(); ++i)
    if (members_[i].name == members_[i - 1].name) fail("zip archive has two members \"{}\"", members_[i].name);
}

const ZipArchive::Member* ZipArchive::find(std::string_view name) const {
  const auto at = std::lower_bound(members_.begin(), members_.end(), name, [](const Member& m, std::string_view n) { return m.name < n; });
  return at != members_.end() && at->name == name ? &*at : nullptr;
}

void ZipArchive::check(const Member& member) {
  if (member.method != 0)
    fail("zip member \"{}\" is compressed; torch.save stores without compression: load the file and save it again", member.name);
  if (crc32(member.bytes) != member.crc) fail("zip member \"{}\" is damaged: its checksum is wrong", member.name);
}

}  // namespace galet::importers
