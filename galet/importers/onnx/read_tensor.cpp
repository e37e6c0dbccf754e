// TensorProto to Tensor. Nothing is allocated before the bytes present have been held against the shape.
#include "galet/importers/onnx/read_tensor.h"

#include <bit>

#include "galet/importers/onnx/external_data.h"
#include "galet/importers/onnx/onnx.h"
#include "onnx.pb.h"

namespace galet::importers {
namespace {

using ::onnx::TensorProto;

/// IEEE 754 binary16, exact.
float half_to_float(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16, exponent = (h >> 10) & 31u, mantissa = h & 0x3ffu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | mantissa << 13);
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

float bfloat_to_float(uint16_t b) { return std::bit_cast<float>(static_cast<uint32_t>(b) << 16); }

size_t file_element_size(int type, DType dtype) {
  if (type == TensorProto::FLOAT16 || type == TensorProto::BFLOAT16) return 2;
  return type == TensorProto::DOUBLE ? 8 : size_of(dtype);
}

/// Elements as they lie in a file, whatever the alignment.
template <typename To, typename From, typename F>
Tensor convert(DType dtype, const Shape& shape, std::span<const std::byte> bytes, F f) {
  Tensor result(dtype, shape);
  To* dst = result.mutable_data<To>();
  for (int64_t i = 0; i < result.size(); ++i) {
    From element;
    std::memcpy(&element, bytes.data() + static_cast<size_t>(i) * sizeof(From), sizeof(From));
    dst[i] = f(element);
  }
  return result;
}

Tensor from_bytes(int type, DType dtype, const Shape& shape, std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner) {
  static_assert(std::endian::native == std::endian::little, "files are little-endian");
  if (type == TensorProto::FLOAT16) return convert<float, uint16_t>(dtype, shape, bytes, half_to_float);
  if (type == TensorProto::BFLOAT16) return convert<float, uint16_t>(dtype, shape, bytes, bfloat_to_float);
  if (type == TensorProto::DOUBLE) return convert<float, double>(dtype, shape, bytes, [](double x) { return static_cast<float>(x); });
  if (type == TensorProto::BOOL) return convert<bool, uint8_t>(dtype, shape, bytes, [](uint8_t x) { return x != 0; });
  if (reinterpret_cast<uintptr_t>(bytes.data()) % size_of(dtype) == 0) return Tensor(dtype, shape, bytes, owner);
  Tensor result(dtype, shape);
  if (!bytes.empty()) std::memcpy(result.mutable_bytes(), bytes.data(), bytes.size());
  return result;
}

template <typename Field, typename F>
Tensor from_field(const Field& field, DType dtype, const Shape& shape, int64_t size, F f) {
  if (field.size() != size) fail("holds {} elements, its shape {} wants {}", field.size(), to_string(shape), size);
  Tensor result(dtype, shape);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* dst = result.mutable_data<T>();
    for (int i = 0; i < field.size(); ++i) dst[i] = static_cast<T>(f(field.Get(i)));
  });
  return result;
}

Tensor from_fields(const TensorProto& t, DType dtype, const Shape& shape, int64_t size) {
  const auto same = [](auto x) { return x; };
  switch (t.data_type()) {
    case TensorProto::FLOAT:
      return from_field(t.float_data(), dtype, shape, size, same);
    case TensorProto::DOUBLE:
      return from_field(t.double_data(), dtype, shape, size, same);
    case TensorProto::INT64:
      return from_field(t.int64_data(), dtype, shape, size, same);
    case TensorProto::UINT32:
    case TensorProto::UINT64:
      return from_field(t.uint64_data(), dtype, shape, size, same);
    case TensorProto::FLOAT16:
      return from_field(t.int32_data(), dtype, shape, size, [](int32_t x) { return half_to_float(static_cast<uint16_t>(x)); });
    case TensorProto::BFLOAT16:
      return from_field(t.int32_data(), dtype, shape, size, [](int32_t x) { return bfloat_to_float(static_cast<uint16_t>(x)); });
    default:
      return from_field(t.int32_data(), dtype, shape, size, same);
  }
}

Tensor read_elements(TensorReader& reader, TensorProto& t) {
  DType dtype;
  if (!galet_dtype(t.data_type(), dtype)) fail("has element type {}, which galet does not read", onnx_type_name(t.data_type()));
  if (t.has_segment()) fail("is stored in segments, which galet does not read");
  const Shape shape(t.dims().begin(), t.dims().end());
  const int64_t size = count(shape);
  const size_t bytes = static_cast<size_t>(size) * file_element_size(t.data_type(), dtype);
  if (t.data_location() == TensorProto::EXTERNAL) {
    ExternalData where;
    for (const auto& entry : t.external_data()) {
      if (entry.key() == "location") where.location = entry.value();
      if (entry.key() == "offset") where.offset = entry.value();
      if (entry.key() == "length") where.length = entry.value();
    }
    std::shared_ptr<const MappedFile> owner;
    const auto found = external_bytes(where, reader.folder, bytes, reader.files, owner);
    return from_bytes(t.data_type(), dtype, shape, found, owner);
  }
  if (!t.has_raw_data()) return from_fields(t, dtype, shape, size);
  if (t.raw_data().size() != bytes)
    fail("holds {} bytes, its shape {} of {} wants {}", t.raw_data().size(), to_string(shape), onnx_type_name(t.data_type()), bytes);
  const std::shared_ptr<const std::string> raw(t.release_raw_data());
  return from_bytes(t.data_type(), dtype, shape, std::as_bytes(std::span(raw->data(), raw->size())), raw);
}

}  // namespace

std::string onnx_type_name(int type) {
  static constexpr const char* kNames[] = {
      "undefined",      "float",      "uint8",          "int8",   "uint16", "int16",      "int32",      "int64",    "string",
      "bool",           "float16",    "double",         "uint32", "uint64", "complex64",  "complex128", "bfloat16", "float8e4m3fn",
      "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4",  "int4",   "float4e2m1", "float8e8m0", "uint2",    "int2"};
  if (type < 0 || type >= static_cast<int>(std::size(kNames))) return "number " + std::to_string(type);
  return kNames[type];
}

bool galet_dtype(int type, DType& dtype) {
  switch (type) {
    case TensorProto::FLOAT:
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
    case TensorProto::DOUBLE:
      dtype = DType::f32;
      return true;
    case TensorProto::UINT8:
      dtype = DType::u8;
      return true;
    case TensorProto::INT8:
      dtype = DType::i8;
      return true;
    case TensorProto::UINT16:
      dtype = DType::u16;
      return true;
    case TensorProto::INT16:
      dtype = DType::i16;
      return true;
    case TensorProto::INT32:
      dtype = DType::i32;
      return true;
    case TensorProto::UINT32:
      dtype = DType::u32;
      return true;
    case TensorProto::INT64:
      dtype = DType::i64;
      return true;
    case TensorProto::UINT64:
      dtype = DType::u64;
      return true;
    case TensorProto::BOOL:
      dtype = DType::boolean;
      return true;
    default:
      return false;
  }
}

Tensor TensorReader::read(TensorProto& tensor) {
  try {
    const int type = tensor.data_type();
    Tensor result = read_elements(*this, tensor);
    if (result.dtype() == DType::f32 && type != TensorProto::FLOAT)
      remarks.push_back({"import_onnx", tensor.name(), "converted to f32", "it is stored as " + onnx_type_name(type), {}});
    return result;
  } catch (const Error& error) {
    fail("tensor \"{}\": {}", tensor.name(), error.what());
  }
}

Tensor read_onnx_tensor(const std::string& path) {
  const auto file = MappedFile::open(path);
  TensorProto tensor;
  if (file->bytes().size() > INT32_MAX || !tensor.ParseFromArray(file->bytes().data(), static_cast<int>(file->bytes().size())))
    fail("{}: not a TensorProto, or damaged", path);
  TensorReader reader;
  try {
    return reader.read(tensor);
  } catch (const Error& error) {
    fail("{}: {}", path, error.what());
  }
}

}  // namespace galet::importers
