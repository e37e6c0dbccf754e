// Several sessions of several models at once, in one process, more threads than processors: what each gives alone.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "galet/runtime/random_network.h"
#include "galet/runtime/session.h"

using namespace galet;
using namespace galet::runtime;
using testing::NetworkBuilder;

namespace {

Attributes conv_attributes(int64_t stride, int64_t pad, int64_t group = 1) {
  return {{"strides", Ints{stride, stride}},
          {"pads", Ints{pad, pad, pad, pad}},
          {"dilations", Ints{1, 1}},
          {"group", group},
          {"activation", std::string("relu")}};
}

/// Layers large enough that several threads share them: dense, depthwise, pointwise with a residual, a table, a global pool.
void build(NetworkBuilder& b, int64_t width) {
  ValueId x = b.conv(b.input({1, 3, 40, 36}), width, 3, conv_attributes(1, 1));
  const ValueId start = x;
  x = b.conv(b.conv(x, width, 3, conv_attributes(1, 1, width)), width, 1, conv_attributes(1, 0));
  x = b.op("hard_swish", {b.op("add", {x, start})});
  x = b.conv(x, 2 * width, 3, conv_attributes(2, 1));
  b.graph.add_output(x);
  b.graph.add_output(b.op("global_average_pool", {x}));
}

struct Case {
  Graph graph;
  Tensor input;
  std::vector<Tensor> expected;
};

std::vector<Case> make_cases(bool quantized) {
  std::vector<Case> cases;
  for (const int64_t width : {16, 24, 40}) {
    NetworkBuilder b(static_cast<uint64_t>(width), quantized);
    build(b, width);
    const Tensor input = b.image(width == 24 ? 1 : 5);
    Session alone(b.graph, {.threads = 1});
    cases.push_back({b.graph, input, alone.run_codes({&input, 1})});
  }
  return cases;
}

}  // namespace

TEST_CASE("sessions share nothing that changes") {
  for (const bool quantized : {true, false}) {
    const std::vector<Case> cases = make_cases(quantized);
    std::atomic<int> wrong = 0, compared = 0;
    std::vector<std::thread> callers;
    for (size_t c = 0; c < 2 * cases.size(); ++c)
      callers.emplace_back([&, c] {
        const Case& own = cases[c % cases.size()];
        Session session(own.graph, {.threads = c % 3 == 0 ? 3 : 2});  // planned while others run
        for (int i = 0; i < 3; ++i) {
          const std::vector<Tensor> outputs = session.run_codes({&own.input, 1});
          for (size_t o = 0; o < outputs.size(); ++o) wrong += !outputs[o].same_as(own.expected[o]), ++compared;
        }
      });
    for (std::thread& caller : callers) caller.join();
    CHECK(wrong == 0);
    CHECK(compared == 2 * 3 * 3 * 2);
  }
}

TEST_CASE("one session after the other in one thread, alive together") {
  const std::vector<Case> cases = make_cases(true);
  std::vector<Session> sessions;
  for (const Case& own : cases) sessions.emplace_back(own.graph, SessionOptions{.threads = 2});
  for (int i = 0; i < 3; ++i)
    for (size_t c = 0; c < cases.size(); ++c) CHECK(sessions[c].run_codes({&cases[c].input, 1})[0].same_as(cases[c].expected[0]));
}
