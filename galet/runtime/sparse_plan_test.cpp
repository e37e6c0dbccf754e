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

/// All but one in `one_in` blocks of 16 x 4 at zero, in each layer but the first.
void prune_blocks(Graph& graph, uint64_t one_in, Random& random) {
  Rewriter rewriter(graph);
  bool first = true;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.op->name != "conv2d" && node.op->name != "linear") continue;
    if (std::exchange(first, false)) continue;
    Tensor weight = graph.value(node.operands[1]).constant;
    const int64_t in = weight.dim(1), taps = count(weight.shape(), 2, weight.rank());
    auto* codes = weight.mutable_data<int8_t>();
    for (int64_t o = 0; o < weight.dim(0); o += 16)
      for (int64_t i = 0; i < in; i += 4)
        for (int64_t t = 0; t < taps; ++t) {
          if (random.below(one_in) == 0) continue;
          for (int64_t a = o; a < std::min(o + 16, weight.dim(0)); ++a)
            for (int64_t b = i; b < std::min(i + 4, in); ++b) codes[(a * in + b) * taps + t] = 0;
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
