#include "galet/importers/safetensors/safetensors.h"

#include <doctest/doctest.h>

#include "galet/core/random.h"

namespace galet::importers {
namespace {

std::string file(const std::string& header, const std::string& data) {
  std::string out;
  for (size_t i = 0; i < 8; ++i) out += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return out + header + data;
}

StateDict read(const std::string& text) {
  const auto kept = std::make_shared<const std::string>(text);
  return read_safetensors(std::as_bytes(std::span(kept->data(), kept->size())), kept);
}

void refused(const std::string& text, const char* says) { CHECK_THROWS_WITH(read(text), doctest::Contains(says)); }

}  // namespace

TEST_CASE("safetensors are read") {
  const StateDict state =
      read(file(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},)"
                R"("a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"e":{"dtype":"F32","shape":[0,2],"data_offsets":[12,12]}})",
                std::string("\x05\0\0\0\0\0\0\0\x00\x3c\x00\xc0", 12)));
  REQUIRE(state.tensors.size() == 3);
  CHECK(state.tensors[0].name == "a");
  CHECK(state.tensors[0].data.same_as(Tensor::scalar(int64_t{5})));
  CHECK(state.find("b")->data.same_as(Tensor::from<float>({2}, std::vector<float>{1, -2})));
  CHECK(state.find("b")->stored_as == Element::f16);
  CHECK(state.find("e")->data.shape() == Shape{0, 2});
}

TEST_CASE("safetensors that are not whole are refused") {
  const auto one = [](const std::string& entry) { return file("{\"a\":" + entry + "}", "12345678"); };
  const std::string good = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  CHECK(read(one(good)).tensors.size() == 1);
  refused(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})"), "data_offsets 0..4");
  refused(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})"), "4 bytes follow");
  refused(one(R"({"dtype":"F32","shape":[2],"data_offsets":[4,12]})"), "begins at byte 4, expected 0");
  refused(one(R"({"dtype":"F32","shape":[4],"data_offsets":[0,16]})"), "cut off in tensor \"a\"");
  refused(one(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), "whole numbers");
  refused(one(R"({"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,8]})"), "");
  refused(one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), "data_offsets 8..0");
  refused(one(R"({"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]})"), "the type F8_E4M3");
  refused(one(R"({"shape":[2],"data_offsets":[0,8]})"), "lacks dtype");
  refused(one("3"), "lacks dtype");
  refused(file("{\"a\":" + good + ",\"a\":" + good + "}", "12345678"), "named \"a\"");
  refused(file("{\"a\":" + good + ",\"b\":" + good + "}", "12345678"), "overlap");
  refused(file("[1]", "12345678"), "no JSON object");
  refused(file("{\"a\":" + std::string(100'000, '[') + "}", ""), "");
  refused(file("{\"a\":" + std::string(1000, '{'), ""), "");
  refused(file("{", ""), "");
  refused(std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10), "is announced");
  refused("{}", "no safetensors");
}

TEST_CASE("no change of a safetensors file does harm") {
  const std::string whole = file(
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[1,2],"data_offsets":[8,10]}})", "1234567890");
  CHECK(read(whole).tensors.size() == 2);
  const auto attempt = [](const std::string& text) {
    try {
      read(text);
    } catch (const Error&) {
      return;
    }
  };
  for (size_t i = 0; i < whole.size(); ++i) CHECK_THROWS_AS(read(whole.substr(0, i)), Error);
  Random random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = whole;
    for (uint64_t k = 1 + random.below(6); k > 0; --k) changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    attempt(changed);
  }
}

}  // namespace galet::importers
