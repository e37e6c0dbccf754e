#include "galet/data/npy.h"

#include <doctest/doctest.h>

#include "galet/core/file.h"
#include "galet/data/test_files.h"

namespace galet::data {
namespace {

TEST_CASE("npy round trip of every type and rank") {
  const TestFolder folder;
  const std::string path = folder / "a.npy";
  const DType types[] = {DType::f32, DType::f64, DType::i8,  DType::u8,  DType::i16,    DType::u16,
                         DType::i32, DType::u32, DType::i64, DType::u64, DType::boolean};
  for (const DType type : types) {
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{0, 4}, Shape{2, 3, 4}}) {
      Tensor tensor(type, shape);
      for (size_t i = 0; i < tensor.byte_size(); ++i)
        tensor.mutable_bytes()[i] = static_cast<std::byte>(type == DType::boolean ? i % 2 : i % 7);
      write_npy(path, tensor);
      CHECK(read_npy(path).same_as(tensor));
    }
  }
}

TEST_CASE("npy header as NumPy writes it") {
  const TestFolder folder;
  write_npy(folder / "a.npy", Tensor::from<float>({2, 1}, std::vector<float>{1, 2}));
  const std::string text = read_file(folder / "a.npy");
  CHECK(text.size() == 128 + 8);
  CHECK(text.substr(10, 58) == "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), ");
  CHECK(text[127] == '\n');
}

TEST_CASE("npy: what is not read says so") {
  const TestFolder folder;
  const auto read = [&](const std::string& dictionary, size_t payload) {
    std::string file = "\x93NUMPY";
    file += {'\1', '\0', static_cast<char>(dictionary.size()), '\0'};
    return error_of([&] { read_npy(folder.write("b.npy", file + dictionary + std::string(payload, 'x'))); });
  };
  CHECK(read("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 12).empty());
  CHECK(read("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 11).find("truncated: f32 of 3 needs 12 bytes, 11 are there") !=
        std::string::npos);
  CHECK(read("{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }", 12).find("element type >f4 is not read") != std::string::npos);
  CHECK(read("{'descr': '<f4', 'fortran_order': True, 'shape': (3,), }", 12).find("Fortran order") != std::string::npos);
  CHECK(read("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }", 12).find("records") != std::string::npos);
  CHECK(read("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 9999999999), }", 12).find("b.npy") != std::string::npos);
  CHECK(read("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967295,), }", 12).find("truncated") != std::string::npos);
  CHECK(read("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }", 12).find("damaged") != std::string::npos);
  CHECK(read("{'fortran_order': False, 'shape': (3,), }", 12).find("has no descr") != std::string::npos);
  CHECK(error_of([&] { read_npy(folder.write("c.npy", "hello")); }).find("not a .npy file") != std::string::npos);
}

TEST_CASE("1000 damaged .npy files: an Error or an array, never a crash") {
  const TestFolder folder;
  write_npy(folder / "a.npy", Tensor(DType::u8, {4, 3, 8, 8}));
  const std::string whole = read_file(folder / "a.npy").substr(0, 400);
  Random random(3);
  for (int i = 0; i < 1000; ++i) {
    const std::string path = folder.write("m.npy", mutated(whole, random));
    error_of([&] { read_npy(path); });
  }
}

}  // namespace
}  // namespace galet::data
