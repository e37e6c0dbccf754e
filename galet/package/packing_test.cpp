#include "galet/package/packing.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <numeric>

#include "galet/core/file.h"
#include "galet/core/random.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"
#include "galet/package/package.h"

using namespace galet;
using namespace galet::package;

namespace {

QuantSpec weight_of_levels(std::vector<int32_t> levels) {
  QuantSpec spec{DType::i8, levels.front(), levels.back(), -1, {0.5f}, {0}};
  spec.levels = std::move(levels);
  return spec;
}

QuantSpec weight_of_range(int32_t lo, int32_t hi) { return {DType::i8, lo, hi, -1, {0.5f}, {0}}; }

Tensor random_codes(const QuantSpec& spec, int64_t n, Random& random) {
  Tensor codes(DType::i8, {n});
  for (int64_t i = 0; i < n; ++i) {
    const auto place = static_cast<int32_t>(random.below(static_cast<uint64_t>(code_count(spec))));
    codes.mutable_data<int8_t>()[i] =
        static_cast<int8_t>(spec.levels.empty() ? spec.qmin + place : spec.levels[static_cast<size_t>(place)]);
  }
  return codes;
}

}  // namespace

TEST_CASE("codes of 1 to 7 bits: bytes as announced, back as they were") {
  Random random(1);
  std::vector<QuantSpec> specs{weight_of_levels({-1, 1}), weight_of_levels({-3, -1, 1, 3}), weight_of_levels({-127, -40, 0, 40, 127})};
  for (const int bits : {2, 3, 4, 5, 6, 7}) specs.push_back(weight_of_range(-(1 << (bits - 1)) + 1, (1 << (bits - 1)) - 1));
  specs.push_back(weight_of_range(-1, 1));
  const std::vector<int> bits{1, 2, 3, 2, 3, 4, 5, 6, 7, 2};
  for (size_t i = 0; i < specs.size(); ++i)
    for (const int64_t n : {0, 1, 7, 8, 9, 64, 1001}) {
      CAPTURE(i);
      CAPTURE(n);
      CHECK(packed_bits(specs[i]) == bits[i]);
      const Tensor codes = random_codes(specs[i], n, random);
      std::vector<std::byte> packed = pack_codes(codes, specs[i]);
      CHECK(packed.size() == static_cast<size_t>((n * bits[i] + 7) / 8));
      CHECK(unpack_codes(packed, {n}, specs[i]).same_as(codes));
      if (n == 0) continue;
      packed.push_back(std::byte{0});
      CHECK_THROWS_AS(unpack_codes(packed, {n}, specs[i]), Error);
      packed.pop_back();
      if (n * bits[i] % 8 != 0) {
        packed.back() |= std::byte{0x80};
        CHECK_THROWS_AS(unpack_codes(packed, {n}, specs[i]), Error);
      }
    }
  CHECK(packed_bits(weight_of_range(-127, 127)) == 0);
  CHECK_THROWS_WITH_AS(unpack_codes(std::vector{std::byte{3}}, {1}, weight_of_range(-1, 1)), "code number 3 of 3", Error);
}

TEST_CASE("a low-bit network: packed in the file, whole again when read; others keep version 1") {
  const std::string path = (std::filesystem::temp_directory_path() / fmt::format("galet_packing_test_{}.galet", ::getpid())).string();
  Random random(2);
  for (const bool low : {true, false}) {
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 64});
    const QuantSpec spec = low ? weight_of_levels({-3, -1, 1, 3}) : weight_of_range(-127, 127);
    const ValueId w = graph.add_constant("w", random_codes(spec, 64 * 128, random).reshaped({128, 64}), spec);
    graph.add_output(graph.result(graph.add_node(ops::get("linear"), "fc", {x, w})));
    QuantSpec src{DType::u8, 0, 255, -1, {0.1f}, {0}};
    if (low) src.qmax = 200, src.levels = {0, 50, 90, 200};
    Rewriter(graph).set_quant(x, src);
    save(graph, path);
    CHECK(int{read_file(path)[8]} == (low ? 2 : 1));
    CHECK(sections(path).constants == (low ? 64 * 128 / 4 : 64 * 128));
    CHECK(stored_constant(graph.value(w)).bytes == (low ? 64 * 128 / 4 : 64 * 128));
    const Graph back = load(path);
    CHECK(back.value(*back.find_value("w")).constant.same_as(graph.value(w).constant));
    CHECK(back.value(*back.find_value("w")).quant == graph.value(w).quant);
    CHECK(back.value(*back.find_value("x")).quant == src);
  }
  std::remove(path.c_str());
}
