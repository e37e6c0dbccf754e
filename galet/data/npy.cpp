#include "galet/data/npy.h"

#include <charconv>
#include <cstring>
#include <string_view>

#include "galet/core/file.h"

namespace galet::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct Code {
  std::string_view text;
  DType type;
};
constexpr Code kCodes[] = {{"<f4", DType::f32}, {"<f8", DType::f64}, {"|i1", DType::i8},     {"|u1", DType::u8},
                           {"<i2", DType::i16}, {"<u2", DType::u16}, {"<i4", DType::i32},    {"<u4", DType::u32},
                           {"<i8", DType::i64}, {"<u8", DType::u64}, {"|b1", DType::boolean}};

DType type_of(std::string_view code, const std::string& path) {
  for (const Code& known : kCodes) {
    if (code == known.text) return known.type;
  }
  fail("{}: element type {} is not read; convert the array to little-endian float32 or uint8", path, code);
}

/// The text after `'key':` in the header's dictionary, without leading spaces.
std::string_view value_of(std::string_view header, std::string_view key, const std::string& path) {
  const size_t at = header.find(fmt::format("'{}'", key));
  const size_t colon = at == header.npos ? at : header.find(':', at);
  const size_t value = colon == header.npos ? colon : header.find_first_not_of(' ', colon + 1);
  if (value == header.npos) fail("{}: damaged: its header has no {}", path, key);
  return header.substr(value);
}

Shape parse_shape(std::string_view text, const std::string& path) {
  Shape shape;
  const size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == text.npos) fail("{}: damaged: its shape is no tuple", path);
  text = text.substr(1, end - 1);
  while (true) {
    const size_t digit = text.find_first_not_of(" ,");
    if (digit == text.npos) return shape;
    int64_t extent = -1;
    const auto [rest, error] = std::from_chars(text.data() + digit, text.data() + text.size(), extent);
    if (error != std::errc() || extent < 0 || shape.size() >= 32) fail("{}: damaged: its shape is ({})", path, text);
    shape.push_back(extent);
    text = text.substr(static_cast<size_t>(rest - text.data()));
    if (!text.empty() && text[0] != ',' && text[0] != ' ') fail("{}: damaged: its shape ends with \"{}\"", path, text);
  }
}

}  // namespace

Tensor read_npy(const std::string& path) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < 12 || !text.starts_with(kMagic)) fail("{}: not a .npy file (it does not start with \\x93NUMPY)", path);
  const int version = text[6];
  if (version < 1 || version > 3) fail("{}: .npy format version {} is not read, expected 1 to 3", path, version);
  const size_t length_bytes = version == 1 ? 2 : 4;
  size_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i) length |= static_cast<size_t>(static_cast<uint8_t>(text[8 + i])) << (8 * i);
  const size_t start = 8 + length_bytes;
  if (length > text.size() - start) fail("{}: truncated within its header", path);
  const std::string_view header = text.substr(start, length), code = value_of(header, "descr", path);
  const size_t quote = code.size() < 2 || code[0] != '\'' ? code.npos : code.find('\'', 1);
  if (quote == code.npos) fail("{}: its elements are records; expected plain numbers", path);
  const DType type = type_of(code.substr(1, quote - 1), path);
  if (value_of(header, "fortran_order", path).starts_with("True"))
    fail("{}: stored in Fortran order; save it with numpy.ascontiguousarray", path);
  Shape shape = parse_shape(value_of(header, "shape", path), path);
  int64_t elements = 0;
  try {
    elements = count(shape);
  } catch (const Error& error) {
    fail("{}: {}", path, error.what());
  }
  const size_t wanted = static_cast<size_t>(elements) * size_of(type);
  const auto data = bytes.subspan(start + length);
  if (data.size() < wanted)
    fail("{}: truncated: {} of {} needs {} bytes, {} are there", path, to_string(type), to_string(shape), wanted, data.size());
  if (type == DType::boolean) {
    for (const std::byte b : data.first(wanted)) {
      if (b > std::byte{1}) fail("{}: damaged: a truth value is {}", path, static_cast<int>(b));
    }
  }
  if (reinterpret_cast<uintptr_t>(data.data()) % size_of(type) == 0) return Tensor(type, std::move(shape), data.first(wanted), file);
  Tensor tensor(type, std::move(shape));
  if (wanted > 0) std::memcpy(tensor.mutable_bytes(), data.data(), wanted);
  return tensor;
}

void write_npy(const std::string& path, const Tensor& tensor) {
  std::string_view code;
  for (const Code& known : kCodes) {
    if (known.type == tensor.dtype()) code = known.text;
  }
  std::string extents;
  for (const int64_t extent : tensor.shape()) extents += fmt::format("{}, ", extent);
  if (tensor.rank() > 1) extents.resize(extents.size() - 2);
  if (tensor.rank() == 1) extents.resize(extents.size() - 1);  // (5,)
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", code, extents);
  header.append(63 - (10 + header.size()) % 64, ' ');  // elements start at a multiple of 64
  header += '\n';
  std::string file(kMagic);
  file += {'\1', '\0', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  file += header;
  if (tensor.byte_size() > 0) file.append(reinterpret_cast<const char*>(tensor.bytes()), tensor.byte_size());
  write_file(path, file);
}

}  // namespace galet::data
