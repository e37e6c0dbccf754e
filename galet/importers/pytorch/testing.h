// Writes zip files and pickles byte by byte, so that tests can make any that PyTorch would not.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "galet/core/crc32.h"
#include "galet/importers/pytorch/pytorch.h"

namespace galet::importers::testing {

inline std::string le(uint64_t value, size_t width) {
  std::string out;
  for (size_t i = 0; i < width; ++i) out += static_cast<char>(i < 8 ? value >> (8 * i) & 0xff : 0);
  return out;
}

inline std::string text(std::string_view value) { return "X" + le(value.size(), 4) + std::string(value); }
inline std::string global(std::string_view module, std::string_view name) {
  return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}
inline std::string integer(int64_t value) { return "\x8a\x08" + le(static_cast<uint64_t>(value), 8); }
inline std::string tuple(const std::vector<int64_t>& values) {
  std::string out = "(";
  for (const int64_t value : values) out += integer(value);
  return out + "t";
}
inline std::string storage(std::string_view key, int64_t count, std::string_view type = "FloatStorage", std::string_view module = "torch") {
  return "(" + text("storage") + global(module, type) + text(key) + text("cpu") + integer(count) + "tQ";
}
inline std::string tensor(const std::string& from, int64_t offset, const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  return global("torch._utils", "_rebuild_tensor_v2") + "(" + from + integer(offset) + tuple(shape) + tuple(strides) + "\x89" +
         global("collections", "OrderedDict") + ")RtR";
}
/// A dict of one item.
inline std::string dict(std::string_view key, const std::string& value) { return "}" + text(key) + value + "s"; }
inline std::string pickle(const std::string& body) { return "\x80\x02" + body + "."; }

struct ZipMember {
  std::string name, data;
  std::string local_name{};  // where it is to differ
  uint16_t method = 0, flags = 0;
  int64_t begin = -1;  // where the directory is to say something else
  uint32_t crc_change = 0;
};

inline std::string zip(const std::vector<ZipMember>& members, bool wide = false) {
  std::string out, directory;
  for (const ZipMember& m : members) {
    const size_t at = out.size();
    const uint32_t crc = crc32(std::as_bytes(std::span(m.data.data(), m.data.size()))) ^ m.crc_change;
    const std::string& local = m.local_name.empty() ? m.name : m.local_name;
    const std::string middle = le(m.flags, 2) + le(m.method, 2) + le(0, 4) + le(crc, 4);
    out += "PK\x03\x04" + le(0, 2) + middle + le(m.data.size(), 4) + le(m.data.size(), 4) + le(local.size(), 2) + le(0, 2) + local + m.data;
    const uint64_t begin = m.begin < 0 ? at : static_cast<uint64_t>(m.begin);
    const std::string extra = wide ? le(1, 2) + le(24, 2) + le(m.data.size(), 8) + le(m.data.size(), 8) + le(begin, 8) : "";
    const uint64_t size = wide ? 0xffffffffu : m.data.size();
    directory += "PK\x01\x02" + le(0, 4) + middle + le(size, 4) + le(size, 4) + le(m.name.size(), 2) + le(extra.size(), 2) + le(0, 10) +
                 le(wide ? 0xffffffffu : begin, 4) + m.name + extra;
  }
  const size_t begin = out.size(), n = members.size();
  out += directory;
  if (wide) {
    const size_t record = out.size();
    out += "PK\x06\x06" + le(44, 8) + le(0, 4) + le(0, 8) + le(n, 8) + le(n, 8) + le(directory.size(), 8) + le(begin, 8);
    out += "PK\x06\x07" + le(0, 4) + le(record, 8) + le(1, 4);
  }
  return out + "PK\x05\x06" + le(0, 4) + le(wide ? 0xffff : n, 2) + le(wide ? 0xffff : n, 2) +
         le(wide ? 0xffffffffu : directory.size(), 4) + le(wide ? 0xffffffffu : begin, 4) + le(0, 2);
}

inline std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

/// A torch.save file of this pickle, with storage "0".
inline std::string torch_zip(const std::string& body, const std::string& data = floats({1, 2, 3, 4, 5, 6})) {
  return zip({{"archive/data.pkl", pickle(body)}, {"archive/version", "3\n"}, {"archive/data/0", data}});
}

inline StateDict read(const std::string& file, const std::string& key = {}) {
  const auto kept = std::make_shared<const std::string>(file);
  return read_pytorch(std::as_bytes(std::span(kept->data(), kept->size())), kept, key);
}

}  // namespace galet::importers::testing
