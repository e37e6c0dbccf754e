// As strict as the format's own reader: names once, tensors side by side without gaps or overlaps, nothing behind them, so that no byte of
// a file is unaccounted for.
#include "galet/importers/safetensors/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace galet::importers {
namespace {

using Bytes = std::span<const std::byte>;
using Json = nlohmann::ordered_json;
constexpr uint64_t kMaxHeader = 100'000'000;  // the format's own limit

struct Entry {
  std::string name;
  Element element = Element::f32;
  Shape shape;
  uint64_t begin = 0, end = 0;
};

uint64_t header_size(Bytes bytes) {
  uint64_t size = 0;
  for (size_t i = 0; i < 8; ++i) size |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
  return size;
}

Element element_of(const std::string& name, const std::string& dtype) {
  constexpr std::pair<std::string_view, Element> kTypes[] = {
      {"F32", Element::f32}, {"F64", Element::f64}, {"F16", Element::f16},     {"BF16", Element::bf16}, {"I8", Element::i8},
      {"U8", Element::u8},   {"I16", Element::i16}, {"U16", Element::u16},     {"I32", Element::i32},   {"U32", Element::u32},
      {"I64", Element::i64}, {"U64", Element::u64}, {"BOOL", Element::boolean}};
  for (const auto& [text, element] : kTypes)
    if (text == dtype) return element;
  fail("tensor \"{}\" has the type {}, which galet does not read", name, dtype.substr(0, 20));
}

uint64_t whole(const std::string& name, const Json& number) {
  if (!number.is_number_unsigned()) fail("tensor \"{}\": extents and offsets must be whole numbers", name);
  return number.get<uint64_t>();
}

Entry parse_entry(const std::string& name, const Json& json) {
  if (name.empty() || name.size() > 1000) fail("a tensor's name has {} characters, expected 1 to 1000", name.size());
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 32 || c == 127) fail("a tensor's name holds control characters");
  const bool whole_entry = json.is_object() && json.contains("dtype") && json["dtype"].is_string() && json.contains("shape") &&
                           json["shape"].is_array() && json.contains("data_offsets") && json["data_offsets"].is_array() &&
                           json["data_offsets"].size() == 2;
  if (!whole_entry) fail("tensor \"{}\" lacks dtype, shape or data_offsets", name);
  Entry entry{name,
              element_of(name, json["dtype"].get<std::string>()),
              {},
              whole(name, json["data_offsets"][0]),
              whole(name, json["data_offsets"][1])};
  if (json["shape"].size() > 64) fail("tensor \"{}\" has {} dimensions", name, json["shape"].size());
  for (const Json& extent : json["shape"]) {
    const uint64_t value = whole(name, extent);
    if (value > (uint64_t{1} << 40)) fail("tensor \"{}\" has an extent of {}", name, value);
    entry.shape.push_back(static_cast<int64_t>(value));
  }
  if (entry.end < entry.begin || entry.end - entry.begin != static_cast<uint64_t>(count(entry.shape)) * size_of(entry.element))
    fail("tensor \"{}\" of {} {} has data_offsets {}..{}", name, to_string(entry.element), to_string(entry.shape), entry.begin, entry.end);
  return entry;
}

/// The parser keeps the last of two equal names in silence; a reader that keeps the first would see another network.
Json parse_header(std::string_view text) {
  std::vector<std::set<std::string>> names;
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) {
      if (names.size() > 4) fail("its header is nested");
      names.emplace_back();
    }
    if (event == Json::parse_event_t::array_start && names.empty()) fail("its header is no JSON object");
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key && !names.back().insert(value.get<std::string>()).second)
      fail("two tensors or fields are named \"{}\"", value.get<std::string>().substr(0, 100));
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::exception& error) {
    fail("its header is no JSON: {}", error.what());
  }
}

}  // namespace

bool is_safetensors(Bytes bytes) {
  return bytes.size() >= 10 && header_size(bytes) <= kMaxHeader && header_size(bytes) >= 2 && bytes[8] == std::byte{'{'};
}

StateDict read_safetensors(Bytes bytes, std::shared_ptr<const void> owner) {
  if (bytes.size() < 10) fail("{} bytes are no safetensors file", bytes.size());
  const uint64_t size = header_size(bytes);
  if (size > kMaxHeader || size > bytes.size() - 8) fail("a header of {} bytes is announced, the file has {}", size, bytes.size());
  const Json header = parse_header({reinterpret_cast<const char*>(bytes.data()) + 8, size});
  if (!header.is_object()) fail("its header is no JSON object");
  const Bytes data = bytes.subspan(8 + size);
  std::vector<Entry> entries;
  for (const auto& [name, json] : header.items())
    if (name != "__metadata__") entries.push_back(parse_entry(name, json));
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  uint64_t at = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != at) fail("tensor \"{}\" begins at byte {}, expected {}: tensors overlap or leave gaps", entry.name, entry.begin, at);
    at = entry.end;
    if (at > data.size()) fail("it is cut off in tensor \"{}\"", entry.name);
  }
  if (at != data.size()) fail("{} bytes follow the last tensor", data.size() - at);
  StateDict state{.path = {}, .format = "safetensors", .key = {}, .tensors = {}, .notes = {}};
  size_t copied = 0;
  for (const Entry& entry : entries)
    state.tensors.push_back({entry.name,
                             to_tensor(entry.element, entry.shape, data.subspan(entry.begin, entry.end - entry.begin), owner, copied),
                             entry.element});
  return state;
}

}  // namespace galet::importers
