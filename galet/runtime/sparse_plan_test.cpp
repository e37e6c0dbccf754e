// Networks with zero blocks: the same codes whether kernels skip them or not, on every instruction set; what is chosen is said.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "galet/core/file.h"
#include "galet/core/isa.h"
#include "galet/runtime/random_network.h"
#include "galet/runtime/session.h"

using namespace galet;
using namespace galet::runtime;
using testing::NetworkBuilder;

namespace {

/// All but one in `one_in` blocks of 16 x 4 at zero, in each layer but the first `skipped`. T: of the weights.
template <typename T = int8_t>
void prune_blocks(Graph& graph, uint64_t one_in, Random& random, int skipped = 1) {
  Rewriter rewriter(graph);
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const bool turned = node.op->name == "conv_transpose2d";  // (in, out)
    if (node.op->name != "conv2d" && node.op->name != "linear" && !turned) continue;
    if (skipped-- > 0) continue;
    Tensor weight = graph.value(node.operands[1]).constant;
    const int64_t rows = weight.dim(0), cols = weight.dim(1), taps = count(weight.shape(), 2, weight.rank());
    const int64_t height = turned ? 4 : 16, width = turned ? 16 : 4;
    auto* codes = weight.mutable_data<T>();
    for (int64_t r = 0; r < rows; r += height)
      for (int64_t c = 0; c < cols; c += width)
        for (int64_t t = 0; t < taps; ++t) {
          if (random.below(one_in) == 0) continue;
          for (int64_t a = r; a < std::min(r + height, rows); ++a)
            for (int64_t b = c; b < std::min(c + width, cols); ++b) codes[(a * cols + b) * taps + t] = T{0};
        }
    rewriter.set_constant(node.operands[1], weight);
  }
}

Graph network(uint64_t one_in, NetworkBuilder& b) {
  const Attributes same{{"strides", Ints{1, 1}}, {"pads", Ints{1, 1, 1, 1}}, {"activation", std::string("relu")}};
  ValueId x = b.conv(b.input({1, 3, 12, 11}), 32, 3, same);
  const ValueId start = x;
  x = b.conv(x, 48, 3, same);
  x = b.conv(x, 32, 1);
  x = b.op("hard_swish", {b.op("add", {x, start})});
  b.graph.add_output(b.linear(b.move("reshape", b.op("global_average_pool", {x}), {{"shape", Ints{1, 32}}}), 21));
  b.graph.add_output(x);
  Random random(9);
  prune_blocks(b.graph, one_in, random);
  return b.graph;
}

int sparse_layers(const Session& session) {
  int n = 0;
  for (const Remark& remark : session.remarks()) n += remark.decision.starts_with("kernel sparse") ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE("zero blocks: the reference's codes with and without sparse kernels, on every instruction set and thread count") {
  for (const uint64_t one_in : {2, 4, 1000000}) {
    NetworkBuilder b(31, true);
    const Graph graph = network(one_in, b);
    const std::vector<Tensor> inputs{b.image(2)};
    const std::vector<Tensor> expected = Session(graph, {.reference = true}).run_codes(inputs);
    for (const Isa isa : supported_isas())
      for (const SparseKernels sparse : {SparseKernels::always, SparseKernels::measure, SparseKernels::never})
        for (const int threads : {1, 2}) {
          CAPTURE(to_string(isa));
          CAPTURE(one_in);
          Session session(graph, {.threads = threads, .isa = isa, .sparse = sparse});
          const std::vector<Tensor> found = session.run_codes(inputs);
          for (size_t i = 0; i < expected.size(); ++i) CHECK(found[i].same_as(expected[i]));
          if (sparse == SparseKernels::always) CHECK(sparse_layers(session) == 3);
          if (sparse == SparseKernels::never) CHECK(sparse_layers(session) == 0);
        }
  }
}

TEST_CASE("zero blocks in float: near the reference, the same bits on every instruction set and thread count; a process chooses once") {
  const Attributes same{{"strides", Ints{1, 1}}, {"pads", Ints{1, 1, 1, 1}}, {"activation", std::string("relu")}};
  NetworkBuilder b(41, false);
  const ValueId start = b.conv(b.input({1, 18, 13, 11}), 32, 3, same);
  ValueId x = b.conv(start, 40, 3, same);
  x = b.op("relu", {b.op("add", {b.conv(x, 32, 1), start})});
  x = b.conv(x, 16, 3, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 0, 1, 0}}, {"dilations", Ints{2, 1}}});
  x = b.conv(x, 24, 2, {{"strides", Ints{2, 2}}, {"pads", Ints{0, 0, 0, 0}}}, "conv_transpose2d");
  b.graph.add_output(b.linear(b.rows(x, 24), 21));
  Random random(9);
  prune_blocks<float>(b.graph, 3, random, 0);
  const std::vector<Tensor> inputs{b.image(2)};
  const Tensor expected = Session(b.graph, {.reference = true}).run(inputs)[0];
  const auto near = [&](const Tensor& found) {
    REQUIRE(found.shape() == expected.shape());
    for (int64_t i = 0; i < found.size(); ++i)
      if (std::abs(found.data<float>()[i] - expected.data<float>()[i]) > 1e-5f) return false;
    return true;
  };
  Tensor first;
  for (const Isa isa : supported_isas())
    for (const int threads : {1, 2, 3}) {
      CAPTURE(to_string(isa));
      Session always(b.graph, {.threads = threads, .isa = isa, .sparse = SparseKernels::always});
      CHECK(sparse_layers(always) == 6);
      const Tensor found = always.run(inputs)[0];
      CHECK(near(found));
      if (!first.defined()) first = found;
      CHECK(found.same_as(first));
      Session never(b.graph, {.threads = threads, .isa = isa, .sparse = SparseKernels::never});
      CHECK(sparse_layers(never) == 0);
      CHECK(near(never.run(inputs)[0]));
    }
  const Tensor measured = Session(b.graph).run(inputs)[0];
  CHECK(near(measured));
  for (const int threads : {1, 2, 3}) CHECK(Session(b.graph, {.threads = threads}).run(inputs)[0].same_as(measured));
}

TEST_CASE("a dense network is never measured, a pruned one says what was measured; the cache file is read, and damage in it ignored") {
  const std::string path = (std::filesystem::temp_directory_path() / fmt::format("galet_sparse_cache_{}", ::getpid())).string();
  ::setenv("GALET_SPARSE_CACHE", path.c_str(), 1);
  write_file(path, std::string("no such line\nkey\tx\ty\tz\nkey\t-1\t2\t3\n"));
  NetworkBuilder dense(32, true), pruned(33, true);
  for (const Remark& remark : Session(network(1, dense)).remarks()) CHECK(remark.reason.find("break-even") == std::string::npos);
  const size_t before = read_file(path).size();
  int said = 0;
  for (const Remark& remark : Session(network(3, pruned)).remarks())
    said += remark.reason.find("break-even at") != std::string::npos ? 1 : 0;
  CHECK(said == 3);
  const std::string first = read_file(path);
  CHECK(first.size() > before);
  NetworkBuilder again(33, true);
  Session second(network(3, again));
  CHECK(read_file(path) == first);  // nothing was measured twice
  ::unsetenv("GALET_SPARSE_CACHE");
  ::setenv("GALET_SPARSE", "sometimes", 1);
  CHECK_THROWS_WITH_AS(Session(again.graph), "GALET_SPARSE is \"sometimes\", expected measure, never or always", Error);
  ::setenv("GALET_SPARSE", "never", 1);
  CHECK(sparse_layers(Session(again.graph, {.sparse = SparseKernels::always})) == 0);
  ::unsetenv("GALET_SPARSE");
  std::remove(path.c_str());
}
