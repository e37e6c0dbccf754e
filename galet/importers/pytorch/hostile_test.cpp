// Files that want to run something, to take all memory or to read what is not theirs. Each is refused by name and nothing happens; each
// payload would create a marker file if it ran.
#include <doctest/doctest.h>

#include <filesystem>

#include "galet/core/random.h"
#include "galet/importers/pytorch/testing.h"

namespace galet::importers {
namespace {

using namespace testing;

std::string marker() { return (std::filesystem::temp_directory_path() / "galet_hostile_marker").string(); }
std::string command() { return "touch " + marker(); }

std::string error_of(const std::string& file) {
  std::string text = "accepted";
  try {
    read(file);
  } catch (const Error& error) {
    text = error.what();
  }
  return text;
}

/// The pickle must be refused in a zip file and in the legacy form, with these words.
void refused(const std::string& body, std::string_view says) {
  std::filesystem::remove(marker());
  const std::string head = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + pickle(integer(1001)) + pickle("}");
  for (const std::string& file :
       {torch_zip(body), head + pickle(body) + pickle("]" + text("0") + "a") + le(6, 8) + floats({1, 2, 3, 4, 5, 6})}) {
    const std::string error = error_of(file);
    CAPTURE(error);
    CHECK(error != "accepted");
    // The legacy form has a list of storages, at which some of these files already fail.
    CHECK((error.find(says) != std::string::npos || error == "its list of storages names one that no tensor uses"));
  }
  CHECK(!std::filesystem::exists(marker()));
}

const std::string kGood = dict("a", tensor(storage("0", 6), 0, {2, 3}, {3, 1}));

}  // namespace

TEST_CASE("pickles that call functions are refused by name") {
  for (const auto& [module, name] : std::vector<std::pair<std::string, std::string>>{{"os", "system"},
                                                                                     {"posix", "system"},
                                                                                     {"nt", "system"},
                                                                                     {"subprocess", "Popen"},
                                                                                     {"subprocess", "check_output"},
                                                                                     {"builtins", "eval"},
                                                                                     {"builtins", "exec"},
                                                                                     {"__builtin__", "eval"},
                                                                                     {"builtins", "getattr"},
                                                                                     {"builtins", "__import__"},
                                                                                     {"importlib", "import_module"},
                                                                                     {"torch.hub", "load"},
                                                                                     {"runpy", "_run_code"},
                                                                                     {"webbrowser", "open"},
                                                                                     {"operator", "attrgetter"},
                                                                                     {"functools", "partial"},
                                                                                     {"torch.serialization", "load"},
                                                                                     {"numpy.testing._private.utils", "runstring"}}) {
    const std::string says = "\"" + module + "." + name + "\" is refused";
    refused(global(module, name) + text(command()) + "\x85R", says);                           // called
    refused(text(module) + text(name) + "\x93" + text(command()) + "\x85R", says);             // named by two texts
    refused(dict("a", global(module, name) + text(command()) + "\x85R") + kGood + "0", says);  // beside weights
    refused(global(module, name) + text(command()) + "\x85\x81", says);                        // as a type
    refused(global(module, name), says);                                                       // only named
  }
  // __reduce__ chains: a harmless function brings the harmful one.
  refused(global("torch._tensor", "_rebuild_from_type_v2") + "(" + global("os", "system") + "N" + text(command()) + "\x85}tR",
          "\"os.system\" is refused");
  refused(global("collections", "defaultdict") + global("os", "system") + "\x85R", "\"os.system\" is refused");
  refused(global("torch._utils", "_rebuild_parameter") + "(" + text("x") + "\x88}tR", "argument 1 is a text, expected a tensor");
  refused(global("torch", "float32") + ")R", "\"torch.float32\" is called");
  refused(text("os") + ")R", "a text is called");
  refused(kGood + text("os") + "b", "attributes are a text");
  refused(text("x") + "}b", "attributes are given to a text");
  refused(global("torch._tensor", "_rebuild_from_type_v2") + "(" + global("torch._tensor", "_rebuild_from_type_v2") + "N)}tR",
          "built from another");
}

TEST_CASE("opcodes that weights do not need are refused by name and place") {
  refused("(" + std::string("ios\nsystem\n"), ": refused: it is not needed");
  refused("(" + global("collections", "OrderedDict") + "o", "opcode OBJ");
  refused("\x82\x01", "opcode EXT1");
  refused("\x83\x01\x01", "opcode EXT2");
  refused(std::string("\x84\x01\0\0\0", 5), "opcode EXT4");
  refused("\x97", "opcode NEXT_BUFFER");
  refused("\x98", "opcode READONLY_BUFFER");
  refused("P0\n", "opcode PERSID");
  refused(global("collections", "OrderedDict") + ")}\x92", "opcode NEWOBJ_EX");
  refused("S'os'\n", "opcode STRING");
  refused("I1\n", "opcode INT");
  refused("\xff", "opcode 0xff");
  refused("\x80\x09N", "protocol 9");
}

TEST_CASE("persistent ids name storages and nothing else") {
  refused(text("storage") + "Q", "a persistent id is a text");
  refused("(" + text("module") + global("torch", "Tensor") + text("x.py") + text("import os") + "tQ", "whole model with its source code");
  refused("(" + text("file") + "tQ", "names a \"file\"");
  refused("(" + text("storage") + "tQ", "too few");
  refused("(" + text("storage") + text("os") + text("0") + text("cpu") + integer(6) + "tQ", "argument 2 is a text");
  refused("(" + text("storage") + global("collections", "OrderedDict") + text("0") + text("cpu") + integer(6) + "tQ", "has the type");
  refused(dict("a", tensor(storage("../../etc/passwd", 6), 0, {6}, {1})), "storage");
  refused(dict("a", tensor(storage("1", 6), 0, {6}, {1})), "1");
  refused(dict("a", tensor(storage("0", -6), 0, {6}, {1})), "has -6 elements");
  refused(dict("a", tensor(storage("0", 6), 0, {6}, {1})) + text("b") + tensor(storage("0", 3, "LongStorage"), 0, {3}, {1}) + "s",
          "two types or sizes");
  refused(dict("a", tensor(storage("0", 6, "QInt8Storage"), 0, {6}, {1})), "quantized tensors are not read");
  refused(dict("a", tensor(storage("0", 6, "ComplexFloatStorage"), 0, {6}, {1})), "complex tensors are not read");
  refused(global("torch._utils", "_rebuild_qtensor"), "quantized tensors are not read");
  refused(global("torch._utils", "_rebuild_sparse_tensor"), "sparse tensors are not read");
}

TEST_CASE("tensors stay within their storages") {
  const auto view = [](int64_t offset, const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
    return dict("a", tensor(storage("0", 6), offset, shape, strides));
  };
  constexpr int64_t kHuge = int64_t{1} << 62;
  refused(view(0, {7}, {1}), "reaches beyond its storage \"0\" of 6 elements");
  refused(view(1, {6}, {1}), "reaches beyond");
  refused(view(-1, {6}, {1}), "reaches beyond");
  refused(view(kHuge, {6}, {1}), "reaches beyond");
  refused(view(7, {0}, {1}), "reaches beyond");
  refused(view(0, {2, 3}, {kHuge, 1}), "reaches beyond");
  refused(view(0, {2, 3}, {-3, 1}), "expected none below 0");
  refused(view(0, {-2, -3}, {3, 1}), "expected none below 0");
  refused(view(0, {kHuge, 4}, {0, 0}), "");
  refused(view(0, {kHuge, kHuge}, {0, 0}), "");
  refused(view(0, {int64_t{1} << 36}, {0}), "four times the file");
  refused(view(0, {int64_t{1} << 20}, {0}), "four times the file");
  refused(view(0, {2, 3}, {3}), "2 extents and 1 strides");
  refused(view(0, std::vector<int64_t>(100, 1), std::vector<int64_t>(100, 1)), "100 extents");
  refused(dict("a", tensor(storage("0", kHuge), 0, {6}, {1})), "storage \"0\"");
  refused(dict("a", tensor(storage("0", kHuge, "DoubleStorage"), 0, {6}, {1})), "storage \"0\"");
  std::string many = "}(";  // each shares the storage, none shares the elements
  for (int i = 0; i < 64; ++i) many += text("t" + std::to_string(i)) + tensor(storage("0", 6), 0, {4096, 2 + i}, {0, 0});
  refused(many + "u", "four times the file");
}

TEST_CASE("structures without end come to one") {
  refused("]q" + std::string(1, '\0') + "h" + std::string(1, '\0') + "a", "no state dict");  // a list in itself
  std::string self = "}q" + std::string(1, '\0') + text("self") + "h" + std::string(1, '\0') + "s";
  refused(self, "no state dict");
  std::string deep(200, ']');
  refused(deep + std::string(199, 'a'), "more than 100 deep");
  std::string tuples = ")";
  for (int i = 0; i < 200; ++i) tuples += "\x85";
  refused(tuples, "more than 100 deep");
  std::string laughs = "]";  // 2^90 items when walked without a memory
  for (int i = 0; i < 90; ++i) laughs += "2\x86";
  refused(laughs, "no state dict");
  refused(std::string(2000, '(') + "N", "marks lie more than 1000 deep");
  refused("Nr" + le(0xffffffff, 4), "memo 4294967295 is beyond");
  refused("Nr" + le(0x00ffffff, 4), "memo 16777215 is beyond");
  refused("j" + le(5, 4), "memo 5 was never set");
  refused("t", "there is no mark");
  refused("(NN" + std::string("s"), "is empty");
  refused("R", "the stack is empty");
  refused("}(Nu", "a key without a value");
  refused("]}s", "the stack is empty");
  refused("NN", "objects are left");
  refused("X" + le(0xffffffff, 4), "bytes are announced");
  refused("\x8d" + le(UINT64_MAX, 8), "bytes are announced");
  refused("\x8b" + le(0x7fffffff, 4), "bytes are announced");
  refused("\x95" + le(UINT64_MAX, 8), "a frame of");
  refused("c" + std::string(5000, 'a') + "\nb\n", "a name has no end");
  refused(std::string(size_t{5} << 20, ']'), "more than 4194304 objects");
  refused(std::string(size_t{5} << 20, 'N'), "objects are left");
}

TEST_CASE("zip files that are not what they seem") {
  const auto says = [](const std::string& file, std::string_view words) {
    const std::string error = error_of(file);
    CAPTURE(error);
    CHECK(error.find(words) != std::string::npos);
  };
  const ZipMember data{"a/data.pkl", pickle(kGood)}, zero{"a/data/0", floats({1, 2, 3, 4, 5, 6})};
  CHECK(error_of(zip({data, zero})) == "accepted");
  CHECK(error_of(zip({data, zero}, true)) == "accepted");
  says(zip({data, {"../../evil", "x"}, zero}), "lead out of the archive");
  says(zip({data, {"/etc/evil", "x"}, zero}), "lead out of the archive");
  says(zip({data, {"a\\..\\evil", "x"}, zero}), "lead out of the archive");
  says(zip({data, {"a/e\nvil", "x"}, zero}), "control characters");
  says(zip({data, zero, zero}), "two members");
  says(zip({data, {"b/data.pkl", pickle(kGood)}, zero}), "two pickles");
  says(zip({data}), "storage \"0\" is not in the archive");
  says(zip({data, {"a/data/0", "short"}}), "has 5 bytes, expected 24");
  says(zip({data, {.name = "a/data/0", .data = floats({1, 2, 3, 4, 5, 6}), .local_name = "a/data/1"}}), "has another name");
  says(zip({data, {.name = "a/data/0", .data = floats({1, 2, 3, 4, 5, 6}), .method = 8}}), "is compressed");
  says(zip({data, {.name = "a/data/0", .data = floats({1, 2, 3, 4, 5, 6}), .flags = 1}}), "is encrypted");
  says(zip({data, {.name = "a/data/0", .data = floats({1, 2, 3, 4, 5, 6}), .crc_change = 1}}), "checksum is wrong");
  says(zip({data, {.name = "a/data.pkl", .data = pickle(kGood), .begin = 0}, zero}), "overlap");
  says(zip({data, {.name = "a/data/0", .data = floats({1, 2, 3, 4, 5, 6}), .begin = 1 << 30}}), "does not fit");
  says(zip({data, zero, {"a/byteorder", "big"}}), "byte order");
  says(zip({data, zero, {"a/constants.pkl", "x"}}), "TorchScript");
  says(zip({{"readme.txt", "hello"}}), "without data.pkl");
  std::string lies = zip({data, zero});
  lies.replace(lies.size() - 12, 2, "\xff\xff");
  says(lies, "do not fit into its directory");
}

TEST_CASE("no cut and no flipped bit of a file does harm, and a zip file notices all of them in its weights") {
  const std::string body = "}(" + text("conv.weight") + tensor(storage("0", 6), 0, {2, 3}, {1, 2}) + text("conv.bias") +
                           global("torch._utils", "_rebuild_parameter") + "(" + tensor(storage("0", 6), 4, {2}, {1}) + "\x88}tR" +
                           text("n") + integer(3) + "u";
  const std::string zipped = torch_zip(body);
  const std::string legacy = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + pickle(integer(1001)) + pickle("}") +
                             pickle(body) + pickle("]" + text("0") + "a") + le(6, 8) + floats({1, 2, 3, 4, 5, 6});
  CHECK(read(zipped).tensors.size() == 2);
  CHECK(read(legacy).tensors.size() == 2);
  const Tensor transposed = read(zipped).tensors[0].data;
  CHECK(transposed.same_as(Tensor::from<float>({2, 3}, std::vector<float>{1, 3, 5, 2, 4, 6})));
  const size_t weights = zipped.find(floats({1, 2, 3, 4, 5, 6}));
  for (const std::string& whole : {zipped, legacy})
    for (size_t i = 0; i < whole.size(); ++i) {
      CHECK(error_of(whole.substr(0, i)) != "accepted");
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
        const std::string error = error_of(changed);
        if (whole == zipped && i >= weights && i < weights + 24) CHECK(error.find("checksum") != std::string::npos);
      }
    }
  Random random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = random.below(2) == 0 ? zipped : legacy;
    for (uint64_t k = 1 + random.below(8); k > 0; --k) changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    error_of(changed);
  }
  for (int round = 0; round < 20'000; ++round) {  // pickles of random opcodes, past the checksum
    std::string noise;
    constexpr std::string_view kOpcodes = "()]}NKQRabcdehlqstu0123.\x81\x85\x86\x87\x88\x8f\x90\x91\x93\x94";
    for (uint64_t k = random.below(60); k > 0; --k) noise += kOpcodes[random.below(kOpcodes.size())];
    error_of(torch_zip(noise));
    std::string changed = body;
    for (uint64_t k = 1 + random.below(4); k > 0; --k) changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    error_of(torch_zip(changed));
  }
  CHECK(!std::filesystem::exists(marker()));
}

}  // namespace galet::importers
