#include "galet/importers/pytorch/pytorch.h"

#include <doctest/doctest.h>

#include "galet/importers/pytorch/testing.h"

namespace galet::importers {
namespace {

using namespace testing;

std::string weight(int64_t offset = 0) { return tensor(storage("0", 6), offset, {2}, {1}); }
/// A dict of several items.
std::string items(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out = "}(";
  for (const auto& [key, value] : pairs) out += text(key) + value;
  return out + "u";
}

}  // namespace

TEST_CASE("a state dict is found at any key") {
  const auto key_of = [](const std::string& body, const std::string& key = {}) { return read(torch_zip(body), key).key; };
  const std::string net = dict("a", weight());
  CHECK(key_of(net).empty());
  CHECK(key_of(items({{"epoch", integer(3)}, {"net_g", net}, {"args", global("argparse", "Namespace") + ")\x81" + "}" + "b"}})) == "net_g");
  CHECK(key_of(items({{"optimizer", net}, {"state_dict", net}, {"state_dict_ema", net}})) == "state_dict");
  CHECK(key_of(items({{"optimizer", dict("state", items({{"m", weight()}}))}, {"best", net}})) == "best");
  CHECK(key_of(dict("nets", items({{"student", net}, {"model", net}}))) == "nets.model");
  CHECK(key_of(dict("nets", items({{"student", net}, {"model", net}})), "nets.student") == "nets.student");
  CHECK_THROWS_WITH(key_of(items({{"x", net}, {"y", net}})), doctest::Contains("several state dicts: \"x\", \"y\"; choose one with --key"));
  CHECK_THROWS_WITH(key_of(items({{"x", net}}), "z"), doctest::Contains("under the key \"z\"; there is \"x\""));
  CHECK_THROWS_WITH(key_of(items({{"epoch", integer(3)}})),
                    doctest::Contains("no state dict (named tensors) in it: the file holds \"epoch\""));
  CHECK_THROWS_WITH(key_of("N"), doctest::Contains("the file holds a none"));
  CHECK_THROWS_WITH(key_of("}(" + text("a") + weight() + text("a") + weight() + "u"), doctest::Contains("two tensors are named \"a\""));
  CHECK_THROWS_WITH(key_of(dict("a\nb", weight())), doctest::Contains("control characters"));
}

TEST_CASE("tensors of every type, order and sharing") {
  const auto value = [](const std::string& made, const std::string& bytes) {
    return read(torch_zip(dict("a", made), bytes)).tensors.at(0).data;
  };
  CHECK(value(tensor(storage("0", 6), 1, {2, 2}, {1, 2}), floats({1, 2, 3, 4, 5, 6}))
            .same_as(Tensor::from<float>({2, 2}, std::vector<float>{2, 4, 3, 5})));
  CHECK(value(tensor(storage("0", 6), 4, {3}, {0}), floats({1, 2, 3, 4, 5, 6}))
            .same_as(Tensor::from<float>({3}, std::vector<float>{5, 5, 5})));
  CHECK(value(tensor(storage("0", 6), 2, {}, {}), floats({1, 2, 3, 4, 5, 6})).same_as(Tensor::scalar(3.0f)));
  CHECK(value(tensor(storage("0", 6), 0, {0, 3}, {3, 1}), floats({1, 2, 3, 4, 5, 6})).shape() == Shape{0, 3});
  // 1.0, -2.0, the smallest subnormal, infinity
  CHECK(value(tensor(storage("0", 4, "HalfStorage"), 0, {4}, {1}), le(0x3c00, 2) + le(0xc000, 2) + le(1, 2) + le(0x7c00, 2))
            .same_as(Tensor::from<float>({4}, std::vector<float>{1, -2, 0x1p-24f, INFINITY})));
  CHECK(value(tensor(storage("0", 2, "BFloat16Storage"), 0, {2}, {1}), le(0x3f80, 2) + le(0xc040, 2))
            .same_as(Tensor::from<float>({2}, std::vector<float>{1, -3})));
  CHECK(value(tensor(storage("0", 2, "LongStorage"), 0, {2}, {1}), le(7, 8) + le(~uint64_t{0}, 8))
            .same_as(Tensor::from<int64_t>({2}, std::vector<int64_t>{7, -1})));
  CHECK(value(tensor(storage("0", 1, "DoubleStorage", "torch.cuda"), 0, {1}, {1}), le(0x3ff0000000000000, 8)).data<double>()[0] == 1.0);
  CHECK(value(tensor(storage("0", 2, "BoolStorage"), 0, {2}, {1}), std::string("\x07\0", 2)).data<bool>()[0]);
  const StateDict tied = read(torch_zip(items({{"a", weight()}, {"b", weight()}, {"c", weight(2)}})));
  CHECK(tied.tensors[0].data.bytes() == tied.tensors[1].data.bytes());
  CHECK(tied.tensors[2].data.data<float>()[0] == 3);
  const std::string v3 = global("torch._utils", "_rebuild_tensor_v3") + "(" + storage("0", 24, "UntypedStorage", "torch.storage") +
                         integer(1) + tuple({2}) + tuple({1}) + "\x89" + global("collections", "OrderedDict") + ")R" +
                         global("torch", "float32") + "tR";
  CHECK(value(v3, floats({1, 2, 3, 4, 5, 6})).same_as(Tensor::from<float>({2}, std::vector<float>{2, 3})));
}

TEST_CASE("an ordered dict with attributes and pairs, parameters, tensors with attributes") {
  const std::string metadata = global("collections", "OrderedDict") + ")R" + text("a") + weight() + "s" + "}" + text("_metadata") +
                               global("collections", "OrderedDict") + ")R" + "sb";
  CHECK(read(torch_zip(metadata)).tensors.size() == 1);
  const std::string pairs = global("collections", "OrderedDict") + "]" + "]" + text("a") + "a" + weight() + "aa" + "\x85R";
  CHECK(read(torch_zip(pairs)).tensors.size() == 1);
  const std::string parameter =
      global("torch._utils", "_rebuild_parameter") + "(" + weight() + "\x88" + global("collections", "OrderedDict") + ")RtR";
  CHECK(read(torch_zip(dict("a", parameter))).tensors.size() == 1);
  const std::string inner =
      "(" + storage("0", 6) + integer(0) + tuple({2}) + tuple({1}) + "\x89" + global("collections", "OrderedDict") + ")Rt";
  const std::string typed = global("torch._tensor", "_rebuild_from_type_v2") + "(" + global("torch._utils", "_rebuild_tensor_v2") +
                            global("torch.nn.parameter", "Parameter") + inner + "}tR";
  CHECK(read(torch_zip(dict("a", typed))).tensors.size() == 1);
}

}  // namespace galet::importers
