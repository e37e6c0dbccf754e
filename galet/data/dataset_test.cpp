#include "galet/data/dataset.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include "galet/data/decode.h"
#include "galet/data/npy.h"
#include "galet/data/test_files.h"

namespace galet::data {
namespace {

std::string big_endian(uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)};
}

std::string idx_images(uint32_t n, uint32_t height, uint32_t width) {
  std::string bytes = big_endian(0x0803) + big_endian(n) + big_endian(height) + big_endian(width);
  for (uint32_t i = 0; i < n * height * width; ++i) bytes.push_back(static_cast<char>(i * 5));
  return bytes;
}
std::string idx_labels(uint32_t n) {
  std::string bytes = big_endian(0x0801) + big_endian(n);
  for (uint32_t i = 0; i < n; ++i) bytes.push_back(static_cast<char>(i % 10));
  return bytes;
}
std::string gzipped(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(plain.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}
std::string cifar_records(int n) {
  std::string bytes;
  for (int i = 0; i < n; ++i) {
    bytes.push_back(static_cast<char>(i % 10));
    for (int p = 0; p < 3072; ++p) bytes.push_back(static_cast<char>(p / 1024 * 80 + p % 61 + i));
  }
  return bytes;
}
std::string refusal(const std::string& spec) {
  return error_of([&] { open_dataset(spec); });
}

TEST_CASE("folder of classes: sorted, nested, labelled") {
  const TestFolder folder;
  const std::string png = encode_png(test_image(4, 3, 3));
  for (const char* name : {"set/dog/b.png", "set/dog/a.PNG", "set/cat/z.png", "set/dog/more/c.png"}) folder.write(name, png);
  folder.write("set/dog/notes.md", "not an image");
  for (const std::string& spec : {"folder:" + (folder / "set"), folder / "set", "folder:" + (folder / "set/")}) {
    const auto set = open_dataset(spec);
    REQUIRE(set->size() == 4);
    CHECK(set->class_names() == std::vector<std::string>{"cat", "dog"});
    CHECK(set->sample_name(1) == folder / "set/dog/a.PNG");
    CHECK(set->sample_name(3) == folder / "set/dog/more/c.png");
    CHECK(set->label(0) == 0);
    const Sample sample = set->get(2);
    CHECK(sample.label == 1);
    CHECK(sample.image == test_image(4, 3, 3));
    CHECK(error_of([&] { set->get(4); }).find("there is no sample 4") != std::string::npos);
  }
}

TEST_CASE("flat folder and list") {
  const TestFolder folder;
  const std::string png = encode_png(test_image(4, 3, 3));
  folder.write("flat/b.png", png);
  folder.write("flat/a b.png", png);
  CHECK(open_dataset("folder:" + (folder / "flat"))->label(0) == -1);
  folder.write("list.txt", "# comment\nflat/b.png 7\r\nflat/a b.png\n\n");
  const auto list = open_dataset("list:" + (folder / "list.txt"));
  REQUIRE(list->size() == 2);
  CHECK(list->label(0) == 7);
  CHECK(list->label(1) == -1);
  CHECK(list->get(1).image.width == 4);
  folder.write("flat/labels.txt", "b.png 2\na b.png 5\n");
  const auto flat = open_dataset(folder / "flat");
  CHECK(flat->label(0) == 5);
  CHECK(flat->label(1) == 2);
  folder.write("flat/labels.txt", "b.png 2\n");
  CHECK(refusal(folder / "flat").find("has no line for a b.png") != std::string::npos);
  folder.write("flat/labels.txt", "b.png 2\na b.png 5\nc.png 1\n");
  CHECK(refusal(folder / "flat").find("names c.png, which is not there") != std::string::npos);
  folder.write("list.txt", "flat/b.png 99999999999999999999\n");
  CHECK(refusal("list:" + (folder / "list.txt")).find("list.txt:1: label is") != std::string::npos);
}

TEST_CASE("CIFAR binary: one file, several, a folder, CIFAR-100") {
  const TestFolder folder;
  folder.write("data_batch_1.bin", cifar_records(3));
  folder.write("data_batch_2.bin", cifar_records(2));
  const auto both = open_dataset("cifar:" + folder.path());
  REQUIRE(both->size() == 5);
  CHECK(both->label(4) == 1);
  const Sample sample = both->get(4);
  CHECK(sample.name == folder / "data_batch_2.bin[1]");
  CHECK(sample.image.at(5, 1)[2] == static_cast<uint8_t>(160 + (2048 + 37) % 61 + 1));
  CHECK(open_dataset("cifar:" + (folder / "data_batch_1.bin") + "," + (folder / "data_batch_2.bin"))->size() == 5);
  folder.write("test_batch.bin", cifar_records(1));
  CHECK(refusal(folder.path()).find(",train or cifar:") != std::string::npos);
  CHECK(open_dataset("cifar:" + folder.path() + ",test")->size() == 1);
  CHECK(open_dataset("cifar:" + folder.path() + ",train")->size() == 5);
  folder.write("hundred.bin", "\x01\x63" + std::string(3072, 'p'));
  CHECK(open_dataset(folder / "hundred.bin")->label(0) == 99);
  folder.write("short.bin", cifar_records(1).substr(0, 3000));
  CHECK(refusal(folder / "short.bin").find("3000 bytes are not a whole number of CIFAR records") != std::string::npos);
  folder.write("label.bin", "\x0b" + std::string(3072, 'p'));
  CHECK(refusal(folder / "label.bin").find("record 0 has label 11, expected 0 to 9") != std::string::npos);
}

TEST_CASE("MNIST idx: plain and gzipped") {
  const TestFolder folder;
  folder.write("train-images-idx3-ubyte", idx_images(12, 5, 4));
  folder.write("train-labels-idx1-ubyte", idx_labels(12));
  folder.write("t10k-images-idx3-ubyte.gz", gzipped(idx_images(3, 5, 4)));
  folder.write("t10k-labels-idx1-ubyte.gz", gzipped(idx_labels(3)));
  CHECK(refusal(folder.path()).find(",train or mnist:") != std::string::npos);
  const auto train = open_dataset("mnist:" + folder.path() + ",train"), test = open_dataset("mnist:" + folder.path() + ",test");
  REQUIRE(train->size() == 12);
  CHECK(train->label(11) == 1);
  CHECK(train->get(1).image.channels == 1);
  CHECK(*train->get(1).image.at(3, 2) == static_cast<uint8_t>((20 + 2 * 4 + 3) * 5));
  REQUIRE(test->size() == 3);
  CHECK(test->get(2).image == train->get(2).image);
  folder.write("x-images-idx3-ubyte", idx_images(2, 5, 4).substr(0, 40));
  CHECK(refusal(folder / "x-images-idx3-ubyte").find("truncated: 40 bytes of values are promised, 24 are there") != std::string::npos);
  folder.write("x-images-idx3-ubyte", big_endian(0x0803) + big_endian(0xffffffff) + big_endian(0xffffffff) + big_endian(0xffffffff));
  CHECK(refusal(folder / "x-images-idx3-ubyte").find("promises more than") != std::string::npos);
  folder.write("x-images-idx3-ubyte", big_endian(0x0d03) + big_endian(1) + big_endian(1) + big_endian(1) + "abcd");
  CHECK(refusal(folder / "x-images-idx3-ubyte").find("element type 0x0d") != std::string::npos);
  folder.write("t10k-images-idx3-ubyte.gz", gzipped(idx_images(3, 5, 4)).substr(0, 30));
  CHECK(refusal(folder / "t10k-images-idx3-ubyte.gz").find("gzip data is truncated") != std::string::npos);
}

TEST_CASE("npy: images and tensors, channels first and last") {
  const TestFolder folder;
  Tensor bytes(DType::u8, {2, 3, 4, 5});
  for (int64_t i = 0; i < bytes.size(); ++i) bytes.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(i);
  write_npy(folder / "a.npy", bytes);
  const auto first = open_dataset(folder / "a.npy");
  REQUIRE(first->size() == 2);
  CHECK(first->get(1).image.at(2, 3)[1] == 60 + 20 + 3 * 5 + 2);
  CHECK(first->label(0) == -1);
  write_npy(folder / "a_labels.npy", Tensor::from<int64_t>({2}, std::vector<int64_t>{4, 9}));
  CHECK(open_dataset(folder / "a.npy")->label(1) == 9);
  write_npy(folder / "a_labels.npy", Tensor::from<int64_t>({3}, std::vector<int64_t>{4, 9, 1}));
  CHECK(refusal(folder / "a.npy").find("3 labels for 2 samples") != std::string::npos);
  write_npy(folder / "b.npy", bytes.reshaped({2, 5, 4, 3}));
  CHECK(open_dataset(folder / "b.npy")->get(1).image.at(2, 3)[1] == 60 + (3 * 4 + 2) * 3 + 1);
  const Tensor floats = bytes.cast(DType::f32);
  write_npy(folder / "c.npy", floats);
  const Sample sample = open_dataset("npy:" + (folder / "c.npy"))->get(1);
  CHECK(sample.tensor.shape() == Shape{3, 4, 5});
  CHECK(sample.tensor.span<float>()[7] == 67.f);
  write_npy(folder / "d.npy", floats.reshaped({2, 5, 4, 3}));
  const Sample last = open_dataset("npy:" + (folder / "d.npy"))->get(0);
  CHECK(last.tensor.shape() == Shape{3, 5, 4});
  CHECK(last.tensor.span<float>()[20 + 6] == 19.f);
  write_npy(folder / "e.npy", bytes.reshaped({2, 60}));
  CHECK(refusal(folder / "e.npy").find("is no array of images") != std::string::npos);
  write_npy(folder / "e.npy", bytes.cast(DType::i32));
  CHECK(refusal(folder / "e.npy").find("expected uint8 images or float32 tensors") != std::string::npos);
}

TEST_CASE("tidewrack spec") {
  const auto set = open_dataset("tidewrack:test,count=20,seed=3,size=16");
  CHECK(set->size() == 20);
  CHECK(set->get(5).image.width == 16);
  CHECK(set->get(5).label == set->label(5));
  CHECK(set->class_names()[9] == "foam");
  CHECK(set->description() == "20 test pictures of 16x16 of tidewrack (seed 3)");
  CHECK(refusal("tidewrack:val").find("expected train or test") != std::string::npos);
  CHECK(refusal("tidewrack:test,count=x").find("count is \"x\"") != std::string::npos);
  CHECK(refusal("tidewrack:test,colour=1").find("expected count=, seed= or size=") != std::string::npos);
  CHECK(refusal("tidewrack").find("tidewrack:train or tidewrack:test") != std::string::npos);
}

TEST_CASE("specs that name nothing") {
  const TestFolder folder;
  std::filesystem::create_directories(folder / "empty");
  std::filesystem::create_directories(folder / "classes/one");
  CHECK(refusal("folder:/nonexistent").find("there is no such folder") != std::string::npos);
  CHECK(refusal("/nonexistent").find("no such file or folder") != std::string::npos);
  CHECK(refusal("pets:x").find("unknown kind \"pets\"") != std::string::npos);
  CHECK(refusal("folder:").find("nothing follows the colon") != std::string::npos);
  CHECK(refusal(folder / "empty").find("no .jpg, .jpeg or .png file in it") != std::string::npos);
  CHECK(refusal(folder / "classes").find("class folder one holds no") != std::string::npos);
  CHECK(refusal(folder.write("a.xyz", "?")).find("its kind cannot be told") != std::string::npos);
}

TEST_CASE("1000 damaged idx, gzip and CIFAR files: an Error or a data set, never a crash") {
  const TestFolder folder;
  const std::string sources[] = {idx_images(4, 6, 6), gzipped(idx_images(4, 6, 6)), cifar_records(2)};
  const std::string names[] = {"m-images-idx3-ubyte", "m-images-idx3-ubyte.gz", "m.bin"};
  Random random(5);
  for (size_t i = 0; i < 3000; ++i) {
    const std::string path = folder.write(names[i % 3], mutated(sources[i % 3], random));
    error_of([&] {
      const auto set = open_dataset(path);
      set->get(set->size() - 1);
    });
  }
}

}  // namespace
}  // namespace galet::data
