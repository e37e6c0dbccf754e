#include "galet/torch/executor.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "galet/core/random.h"
#include "galet/ir/text.h"
#include "galet/ops/evaluate.h"
#include "galet/ops/ops.h"
#include "galet/torch/tensors.h"

using namespace galet;
using galet::torch::Executor;
using galet::torch::from_torch;
using galet::torch::to_torch;

namespace {

Graph graph_of(const std::string& statements) { return parse("graph \"\" {\n" + statements + "\n}", ops::find); }

Tensor random_image(const Shape& shape, Random& random) {
  Tensor t(DType::f32, shape);
  for (int64_t i = 0; i < t.size(); ++i) t.mutable_data<float>()[i] = static_cast<float>(2 * random.normal());
  return t;
}

/// The largest difference from the references, over three images sent at once, relative to 1 and to the value; NaN counts as equal to NaN.
double difference(const std::string& statements) {
  const Graph graph = graph_of(statements);
  Executor executor(graph);
  Random random(3);
  constexpr int kImages = 3;
  std::vector<std::vector<Tensor>> images(kImages);
  std::vector<at::Tensor> inputs;
  for (const ValueId id : graph.inputs()) {
    std::vector<at::Tensor> stack;
    for (auto& image : images) {
      image.push_back(random_image(graph.value(id).shape, random));
      stack.push_back(to_torch(image.back()));
    }
    inputs.push_back(at::cat(stack));
  }
  const auto found = executor.forward(inputs);
  double worst = 0;
  for (int n = 0; n < kImages; ++n) {
    const auto wanted = ops::evaluate_reference(graph, images[static_cast<size_t>(n)]);
    REQUIRE(found.size() == wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      const int64_t extent = wanted[i].dim(0);
      const Tensor mine = from_torch(found[i].narrow(0, n * extent, extent)).cast(DType::f64), theirs = wanted[i].cast(DType::f64);
      REQUIRE(mine.shape() == theirs.shape());
      for (int64_t j = 0; j < mine.size(); ++j) {
        const double p = mine.data<double>()[j], q = theirs.data<double>()[j];
        if (!(std::isnan(p) && std::isnan(q)) && p != q) worst = std::max(worst, std::abs(p - q) / (1 + std::abs(q)));
      }
    }
  }
  return worst;
}

const std::string kImage = "input x: f32[1x4x6x7]; ";

}  // namespace

TEST_CASE("executor: weighted operators agree with the references") {
  const std::string w = "const w: f32[2x2x2x2] = {1,-2,3,-4,5,6,-7,8,0.5,1,2,-3,1,-1,2,0.25}; const b: f32[2] = {0.5, -1}; ";
  CHECK(difference(kImage + w + "y = conv2d(x, w, b) group=2 pads=[1,0,2,1] strides=[2,1]; output y") < 1e-5);
  CHECK(difference(kImage + w + "y = conv2d(x, w) group=2 dilations=[2,1] activation=\"relu\"; output y") < 1e-5);
  CHECK(difference(kImage + w + "y = conv2d(x, w, b) group=2 activation=\"clip\" clip_min=-3 clip_max=5; output y") < 1e-5);
  const std::string t = "const w: f32[4x1x2x2] = {1,-2,3,-4,5,6,-7,8,0.5,1,2,-3,1,-1,2,0.25}; ";
  CHECK(difference(kImage + t + "y = conv_transpose2d(x, w) group=2 strides=[2,3] pads=[1,0,0,1] output_padding=[1,0]; output y") < 1e-5);
  CHECK(difference(kImage + t + "y = conv_transpose2d(x, w) group=4 strides=[2,2] pads=[1,1,1,1]; output y") < 1e-5);
  CHECK(difference("input x: f32[1x3]; const w: f32[2x3] = {1,2,3,4,5,6}; const b: f32[2] = {1,2}; y = linear(x, w, b) "
                   "activation=\"relu\"; output y") < 1e-5);
  CHECK(difference("input x: f32[1x2x3]; const w: f32[3x2] = {1,2,3,4,5,6}; y = matmul(x, w); output y") < 1e-5);
}

TEST_CASE("executor: norms, pools and resizes agree with the references") {
  const std::string n =
      "const s: f32[4] = {1,2,-1,0.5}; const t: f32[4] = {0,1,2,3}; const m: f32[4] = {0.1,0.2,0,1}; const v: f32[4] = {1,2,0.5,3}; ";
  CHECK(difference(kImage + n + "y = batch_norm(x, s, t, m, v); output y") < 1e-5);
  CHECK(difference(kImage + n + "y = instance_norm(x, s, t); output y") < 1e-4);
  CHECK(difference(kImage + n + "y = group_norm(x, s, t) groups=2; output y") < 1e-4);
  CHECK(difference(kImage + "y = layer_norm(x) axis=1; output y") < 1e-4);
  CHECK(difference(kImage + "y = lrn(x) size=3 alpha=0.1 beta=0.75 bias=2; output y") < 1e-5);
  CHECK(difference(kImage + "y = lp_normalization(x) axis=1; z = softmax(y) axis=-1; u = log_softmax(y) axis=1; output z; output u") <
        1e-5);
  for (const std::string op : {"max_pool", "average_pool"})
    for (const std::string ceil : {"0", "1"})
      for (const std::string pads : {"[0,0,0,0]", "[1,0,1,1]"}) {
        CAPTURE(op + ceil + pads);
        CHECK(difference(kImage + "y = " + op + "(x) kernel=[3,2] strides=[2,2] pads=" + pads + " ceil_mode=" + ceil + "; output y") <
              1e-5);
        CHECK(difference(kImage + "y = " + op + "(x) kernel=[2,2] strides=[2,3] dilations=[2,1] pads=" + pads + " ceil_mode=" + ceil +
                         "; output y") < 1e-5);
        if (op == "average_pool")
          CHECK(difference(kImage + "y = average_pool(x) kernel=[3,2] strides=[2,2] pads=" + pads + " ceil_mode=" + ceil +
                           " count_include_pad=1; output y") < 1e-5);
      }
  CHECK(difference(kImage + "y = global_average_pool(x); z = global_max_pool(x); output y; output z") < 1e-5);
  CHECK(difference(kImage + "y = resize(x) sizes=[1,4,12,10]; output y") < 1e-5);
  CHECK(difference(kImage + "y = resize(x) sizes=[1,4,9,10] mode=\"linear\"; output y") < 1e-5);
  CHECK(difference(kImage + "y = resize(x) sizes=[1,4,12,5] mode=\"cubic\" coordinates=\"align_corners\"; output y") < 1e-5);
}

TEST_CASE("executor: functions of one element agree with the references") {
  for (const std::string op : {"relu",       "clip", "leaky_relu", "elu",        "selu",     "celu",     "sigmoid", "hard_sigmoid",
                               "hard_swish", "silu", "tanh",       "gelu",       "softplus", "softsign", "mish",    "thresholded_relu",
                               "exp",        "log",  "sqrt",       "reciprocal", "abs",      "neg",      "floor",   "ceil",
                               "round",      "erf",  "sign",       "sin",        "cos",      "identity"}) {
    CAPTURE(op);
    CHECK(difference(kImage + "y = " + op + "(x); output y") < 1e-5);
  }
  CHECK(difference(kImage + "y = clip(x) min=-1 max=0.5; z = cast(y) to=\"i32\"; output z") < 1e-5);
}

TEST_CASE("executor: functions of several tensors agree with the references") {
  const std::string two = kImage + "input z: f32[1x4x1x7]; ";
  for (const std::string op :
       {"add", "sub", "mul", "div", "min", "max", "mean", "sum", "equal", "less", "less_or_equal", "greater", "greater_or_equal"}) {
    CAPTURE(op);
    CHECK(difference(two + "y = " + op + "(x, z); output y") < 1e-5);
  }
  CHECK(difference(two + "y = add(x, z) activation=\"relu\"; output y") < 1e-5);
  CHECK(difference(kImage + "const s: f32[4x1x1] = {0.1, 0.2, 0.3, -1}; a = prelu(x, s); const p: f32[1] = {2}; y = pow(a, p); output y") <
        1e-5);
  CHECK(difference(two + "c = greater(x, z); y = where(c, x, z); output y") < 1e-5);
}

TEST_CASE("executor: movement and reductions agree with the references") {
  for (const std::string statement : {"y = reshape(x) shape=[1,168]",
                                      "y = reshape(x) shape=[1,2,2,42]",
                                      "y = transpose(x) perm=[0,2,3,1]",
                                      "y = transpose(x) perm=[1,0,2,3]",
                                      "y = concat(x, x, x) axis=1",
                                      "a, y = split(x) axis=1 sizes=[1,3]",
                                      "y = slice(x) starts=[1,5] ends=[3,0] axes=[1,3] steps=[1,-2]",
                                      "y = pad(x) pads=[0,0,1,2,0,1,0,1] value=2",
                                      "y = pad(x) pads=[0,0,1,2,0,0,2,1] mode=\"reflect\"",
                                      "y = pad(x) pads=[0,0,1,2,0,0,2,1] mode=\"edge\"",
                                      "y = pad(x) pads=[0,0,1,2,0,0,2,1] mode=\"wrap\"",
                                      "y = tile(x) repeats=[1,2,1,3]",
                                      "y = depth_to_space(x) block=2",
                                      "y = depth_to_space(x) block=2 mode=\"CRD\"",
                                      "y, i = top_k(x) k=2 axis=1",
                                      "y = arg_max(x) axis=1",
                                      "y = arg_min(x) axis=2 keepdims=0 select_last=1",
                                      "y = reduce_mean(x) axes=[2,3]",
                                      "y = reduce_sum(x) axes=[1] keepdims=0",
                                      "y = reduce_max(x) axes=[1,3]",
                                      "y = reduce_min(x) axes=[1,3]",
                                      "y = reduce_prod(x) axes=[1,2] keepdims=0",
                                      "y = reduce_l1(x) axes=[1]",
                                      "y = reduce_l2(x) axes=[1]",
                                      "y = reduce_log_sum(x) axes=[1]",
                                      "y = reduce_log_sum_exp(x) axes=[1]",
                                      "y = reduce_sum_square(x) axes=[1]",
                                      "y = reduce_mean(x) axes=[0,1]",
                                      "g = global_average_pool(x); y = expand(g) shape=[1,4,2,3]"}) {
    CAPTURE(statement);
    CHECK(difference(kImage + statement + "; output y") < 2e-5);
  }
  CHECK(difference("input x: f32[1x4x6x8]; y = space_to_depth(x) block=2; output y") < 1e-5);
  CHECK(difference(kImage + "const i: i64[2] = {3, -4}; y = gather(x, i) axis=1; output y") < 1e-5);
}

TEST_CASE("executor: batches where possible, image by image where the graph mixes images") {
  CHECK(Executor(graph_of(kImage + "y = relu(x); output y")).batching().obstacle.empty());
  CHECK(Executor(graph_of(kImage + "y = reduce_mean(x) axes=[0]; output y")).batching().obstacle ==
        "reduce_mean \"y\": it computes along the batch");
}

TEST_CASE("executor: trains batch norm statistics and weights, and writes them back") {
  const Graph graph = graph_of(
      "input x: f32[1x1x4x4]; const w: f32[1x1x1x1] = {2}; const s: f32[1] = {1}; const t: f32[1] = {0}; const m: f32[1] = {0}; const v: "
      "f32[1] = "
      "{1}; c = conv2d(x, w); y = batch_norm(c, s, t, m, v); output y");
  Executor executor(graph);
  executor.set_training(true);
  executor.bn_momentum = 1;
  const std::vector<at::Tensor> inputs{at::arange(32, at::kFloat).view({2, 1, 4, 4})};
  executor.forward(inputs)[0].square().mul(inputs[0]).sum().backward();
  const Graph trained = executor.trained_graph();
  CHECK(trained.value(*trained.find_value("m")).constant.data<float>()[0] == doctest::Approx(31));
  CHECK(trained.value(*trained.find_value("w")).constant.data<float>()[0] == 2);
  std::map<std::string, galet::torch::Role> roles;
  for (auto& p : executor.parameters()) {
    roles[p.name] = p.role;
    if (p.name == "s") CHECK(p.tensor.grad().defined());
  }
  CHECK(roles.at("w") == galet::torch::Role::weight);
  CHECK(roles.at("m") == galet::torch::Role::running);
}

TEST_CASE("executor: refuses what it cannot do by name") {
  CHECK_THROWS_WITH(Executor(graph_of(kImage + "y = hardmax(x) axis=1; output y")),
                    "cannot be trained: no differentiable form of hardmax (\"y\")");
  Executor executor(graph_of(kImage + "y = relu(x); output y"));
  CHECK_THROWS_WITH(executor.forward(std::vector<at::Tensor>{at::zeros({2, 3, 6, 7})}),
                    "input \"x\" has shape 2x3x6x7, the network expects 1x4x6x7");
}
