#include "galet/package/encoding.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>

#include "galet/core/file.h"
#include "galet/core/random.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"
#include "galet/package/package.h"
#include "galet/package/packing.h"
#include "galet/package/range_coded.h"
#include "galet/package/sparse.h"
#include "galet/package/testing.h"

using namespace galet;
using package::testing::put;
using package::testing::TemporaryFile;
using namespace galet::package;

std::string with_metadata(const std::string& file, const std::function<void(std::vector<uint8_t>&)>& change);  // repair_test.cpp
std::string with_data(const std::string& file, const std::function<void(std::vector<uint8_t>&)>& change);      // repair_test.cpp

namespace {

/// Codes with the given share of zeros; by block: in blocks of 16x4.
Tensor random_tensor(DType dtype, const Shape& shape, double sparsity, bool by_block, Random& random) {
  Tensor tensor(dtype, shape);
  const int64_t inner = count(shape, 2, shape.size());
  std::vector<bool> kept(static_cast<size_t>(tensor.size()) + 1);
  for (auto&& k : kept) k = random.uniform() >= sparsity;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const int64_t o = i / (shape[1] * inner), c = i / inner % shape[1], k = i % inner;
    if (!kept[static_cast<size_t>(by_block ? ((o / 16 * shape[1] + c / 4) * inner + k) % tensor.size() : i)]) continue;
    const double x = random.normal() * 30;
    const double away = x < 0 ? x - 1 : x + 1;
    switch (dtype) {
      case DType::i8:
        tensor.mutable_data<int8_t>()[i] = static_cast<int8_t>(std::clamp(away, -127., 127.));
        break;
      case DType::f32:
        tensor.mutable_data<float>()[i] = static_cast<float>(away * 0.01);
        break;
      case DType::i32:
        tensor.mutable_data<int32_t>()[i] = static_cast<int32_t>(away * 100);
        break;
      case DType::i64:
        tensor.mutable_data<int64_t>()[i] = static_cast<int64_t>(away * 1e12);
        break;
      case DType::boolean:
        tensor.mutable_bytes()[i] = std::byte{1};
        break;
      default:
        break;
    }
  }
  return tensor;
}

QuantSpec codes_of(int bits) { return {DType::i8, -(1 << (bits - 1)) + 1, (1 << (bits - 1)) - 1, -1, {0.5f}, {0}}; }

/// One layer whose weight has its share of zeros and perhaps a mask.
Graph layer(const Tensor& weight, std::optional<QuantSpec> spec, const Tensor& mask = {}) {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, weight.dim(1)});
  const ValueId w = graph.add_constant("w", weight, std::move(spec));
  graph.add_output(graph.result(graph.add_node(ops::get("linear"), "fc", {x, w})));
  if (mask) Rewriter(graph).set_mask(w, mask);
  return graph;
}

const Tensor& weight_of(const Graph& graph) { return graph.value(*graph.find_value("w")).constant; }

}  // namespace

TEST_CASE("every encoding gives the tensor back, bit by bit, and refuses every cut and anything left over") {
  Random random(1);
  for (const DType dtype : {DType::i8, DType::f32, DType::i32, DType::i64, DType::boolean})
    for (const Shape& shape : {Shape{0, 3}, Shape{1, 1}, Shape{7, 5}, Shape{64, 16, 3, 3}, Shape{33, 7, 1, 1}, Shape{10, 130}})
      for (const double sparsity : {0.0, 0.3, 0.75, 0.98, 1.0})
        for (const bool by_block : {false, true}) {
          CAPTURE(to_string(dtype));
          CAPTURE(to_string(shape));
          CAPTURE(sparsity);
          const Tensor tensor = random_tensor(dtype, shape, sparsity, by_block, random);
          const ValueForm nonzero(dtype, nullptr, false), any(dtype, nullptr, true);
          const std::vector<std::pair<Encoding, std::vector<std::byte>>> encoded{{Encoding::bitmap, bitmap_encode(tensor, nonzero)},
                                                                                 {Encoding::runs, runs_encode(tensor, nonzero)},
                                                                                 {Encoding::blocks, *blocks_encode(tensor, any)},
                                                                                 {Encoding::range_coded, range_encode(tensor)}};
          for (const auto& [encoding, bytes] : encoded) {
            CAPTURE(to_string(encoding));
            CHECK(decode(encoding, bytes, dtype, shape, nullptr, nullptr).same_as(tensor));
            std::vector<std::byte> longer = bytes;
            longer.push_back(std::byte{0});
            CHECK_THROWS_AS(decode(encoding, longer, dtype, shape, nullptr, nullptr), Error);
            if (!bytes.empty())
              CHECK_THROWS_AS(decode(encoding, std::span(bytes).first(bytes.size() - 1), dtype, shape, nullptr, nullptr), Error);
          }
        }
}

TEST_CASE("random bytes are decoded or refused, never more") {
  Random random(2);
  for (int i = 0; i < 4000; ++i) {
    std::vector<std::byte> bytes(random.below(60));
    for (std::byte& b : bytes) b = static_cast<std::byte>(random.below(256));
    const auto encoding = static_cast<Encoding>(1 + random.below(4));
    const QuantSpec spec = codes_of(3);
    const bool low = random.below(2) == 0;
    try {
      decode(encoding, bytes, DType::i8, {4, 2, 3}, low ? &spec : nullptr, nullptr);
    } catch (const Error&) {
    }
  }
}

TEST_CASE("codes of few bits lose their zero: ternary ones take a bit for each that is left") {
  Random random(3);
  for (const int bits : {2, 3, 4, 6, 7}) {
    const QuantSpec spec = codes_of(bits);
    Tensor codes(DType::i8, {64, 64});
    int64_t kept = 0;
    for (int64_t i = 0; i < codes.size(); ++i)
      if (random.below(10) == 0) {
        const auto magnitude = static_cast<int8_t>(1 + random.below(static_cast<uint64_t>(spec.qmax)));
        codes.mutable_data<int8_t>()[i] = random.below(2) == 0 ? magnitude : static_cast<int8_t>(-magnitude);
        ++kept;
      }
    const Encoded stored = encode(codes, &spec, false);
    CHECK(stored.bits == bits);
    CHECK(stored.encoding == Encoding::runs);
    CHECK(stored.size < static_cast<uint64_t>(codes.size() * 6 / 80 + kept * (bits == 2 ? 1 : bits) / 8 + 8));
    CHECK(decode(stored.encoding, stored.bytes, DType::i8, codes.shape(), &spec, nullptr).same_as(codes));
  }
  QuantSpec binary = codes_of(2);
  binary.levels = {-1, 1};
  Tensor codes(DType::i8, {8, 8});
  for (int64_t i = 0; i < 64; ++i) codes.mutable_data<int8_t>()[i] = 1;
  CHECK(encode(codes, &binary, false).encoding == Encoding::dense);
  CHECK_THROWS_WITH_AS(decode(Encoding::bitmap, {}, DType::i8, {8, 8}, &binary, nullptr), "zero is none of its codes", Error);
}

TEST_CASE("a file: (1 - s) of the dense bytes and less than a bit a weight, at every sparsity; never more than dense") {
  Random random(4);
  TemporaryFile file, dense;
  for (const DType dtype : {DType::i8, DType::f32}) {
    const std::optional<QuantSpec> spec = dtype == DType::i8 ? std::optional(codes_of(8)) : std::nullopt;
    for (int step = 0; step < 20; ++step) {
      const double s = 0.05 * step;
      const Tensor weight = random_tensor(dtype, {256, 300}, s, false, random);
      const Graph graph = layer(weight, spec);
      const auto bytes = static_cast<double>(save(graph, file.path));
      const auto d = static_cast<double>(weight.byte_size()), n = static_cast<double>(weight.size());
      CAPTURE(s);
      CHECK(bytes <= d * (1 - s) * 1.05 + n / 8 + 4096);
      CHECK(bytes <= d + 4096);
      CHECK(weight_of(load(file.path)).same_as(weight));
      const auto compressed = static_cast<double>(save(graph, dense.path, {.compress = true}));
      CHECK(compressed <= bytes);
      CHECK(weight_of(load(dense.path)).same_as(weight));
    }
  }
}

TEST_CASE("versions: dense networks stay what older readers know, sparse ones say 3; the same graph gives the same bytes") {
  Random random(5);
  TemporaryFile file, again;
  for (const double s : {0.0, 0.05, 0.5}) {
    save(layer(random_tensor(DType::i8, {128, 128}, s, false, random), codes_of(8)), file.path);
    CHECK(int{read_file(file.path)[8]} == (s < 0.1 ? 1 : 3));
    save(load(file.path), again.path);
    CHECK(read_file(file.path) == read_file(again.path));
  }
}

TEST_CASE("block-sparse tensors are stored by block; the tensors of a file are listed") {
  Random random(6);
  TemporaryFile file;
  const Tensor weight = random_tensor(DType::i8, {128, 256}, 0.75, true, random);
  save(layer(weight, codes_of(8)), file.path);
  const auto tensors = stored_tensors(file.path);
  REQUIRE(tensors.size() == 1);
  CHECK(tensors[0].value == "w");
  CHECK(tensors[0].encoding == "blocks");
  CHECK(tensors[0].elements == 128 * 256);
  CHECK(tensors[0].dense_bytes == 128 * 256);
  CHECK(tensors[0].bytes < 128 * 256 * 3 / 10);
}

TEST_CASE("a mask beside its constant takes next to nothing, whatever its type; other masks are stored as they are") {
  Random random(7);
  TemporaryFile file, bare;
  for (const DType dtype : {DType::f32, DType::u8, DType::boolean}) {
    const Tensor weight = random_tensor(DType::f32, {100, 100}, 0.5, false, random);
    Tensor mask(DType::u8, weight.shape());
    for (int64_t i = 0; i < weight.size(); ++i)
      mask.mutable_data<uint8_t>()[i] = weight.data<float>()[i] != 0 || random.below(100) == 0 ? 1 : 0;  // some kept weights are zero
    const size_t alone = save(layer(weight, std::nullopt), bare.path);
    for (const bool fits : {true, false}) {
      Tensor kept = mask.cast(dtype);
      if (!fits) kept = Tensor(dtype, weight.shape());
      const size_t bytes = save(layer(weight, std::nullopt, kept), file.path);
      const Graph back = load(file.path);
      CHECK(back.value(*back.find_value("w")).mask.same_as(kept));
      CHECK(bytes < alone + (fits ? 300 : 2000));
    }
  }
}

TEST_CASE("damage behind right checksums is refused in one line; what a file asks for is bounded") {
  Random random(8);
  TemporaryFile good, bad;
  save(layer(random_tensor(DType::i8, {64, 64}, 0.8, false, random), codes_of(8)), good.path);
  const std::string bytes = read_file(good.path);
  int refused = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string changed = bytes;
    if (i % 2 == 0)
      changed = with_metadata(bytes, [&](std::vector<uint8_t>& metadata) {
        metadata[random.below(metadata.size())] ^= static_cast<uint8_t>(1 << random.below(8));
      });
    else
      changed = with_data(
          bytes, [&](std::vector<uint8_t>& data) { data[random.below(data.size())] ^= static_cast<uint8_t>(1 << random.below(8)); });
    put(bad.path, changed);
    try {
      load(bad.path);
    } catch (const Error& error) {
      ++refused;
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
  }
  CHECK(refused > 300);
}

TEST_CASE("what a small file can ask for is bounded; what a writer writes can be read") {
  TemporaryFile file;
  // Nothing but zeros, beyond what so few bytes may become: written as it is.
  const Tensor nothing(DType::f32, {4608, 4096});
  CHECK(encode(nothing, nullptr, false).size < 16);
  CHECK(save(layer(nothing, std::nullopt), file.path) > nothing.byte_size());
  CHECK(weight_of(load(file.path)).same_as(nothing));
  // And a file that announces it all the same.
  const Tensor small(DType::f32, {64, 4096});
  save(layer(small, std::nullopt), file.path);
  CHECK(read_file(file.path).size() < 2000);
  const std::string bytes = with_metadata(read_file(file.path), [](std::vector<uint8_t>& metadata) {
    const int64_t from[2]{64, 4096}, to[2]{1 << 14, 4096};
    for (size_t i = 0; i + sizeof from <= metadata.size(); ++i)
      if (std::memcmp(metadata.data() + i, from, sizeof from) == 0) std::memcpy(metadata.data() + i, to, sizeof to);
  });
  put(file.path, bytes);
  CHECK_THROWS_WITH_AS(load(file.path), doctest::Contains("bytes claim to be more than"), Error);
}

TEST_CASE("wide integers that need few bytes are narrowed where a file is encoded at all") {
  for (const auto& values :
       std::vector<std::vector<int64_t>>{{0}, {127, -128}, {128, 5}, {-129, 5}, {1 << 23, 0}, {-(1 << 23), 1}, {int64_t{1} << 40, -1}}) {
    const auto n = static_cast<int64_t>(values.size());
    for (const DType dtype : {DType::i64, DType::i32}) {
      const Tensor tensor = Tensor::from<int64_t>({n}, values).cast(dtype);
      const Encoded stored = encode(tensor, nullptr, false);
      CHECK(stored.size <= tensor.byte_size());
      if (stored.encoding == Encoding::narrow) CHECK(decode(stored.encoding, stored.bytes, dtype, {n}, nullptr, nullptr).same_as(tensor));
    }
  }
  CHECK(encode(Tensor::from<int32_t>({2}, std::vector<int32_t>{-40000, 3}), nullptr, false).size == 6);
  CHECK_THROWS_AS(decode(Encoding::narrow, std::vector<std::byte>(10), DType::i32, {2}, nullptr, nullptr), Error);
  CHECK_THROWS_AS(decode(Encoding::narrow, std::vector<std::byte>(4), DType::f32, {2}, nullptr, nullptr), Error);
}
