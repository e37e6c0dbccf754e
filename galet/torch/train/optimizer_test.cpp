// Step by step against torch.optim and torch.optim.lr_scheduler of PyTorch 1.13.1, whose numbers these are.
#include "galet/torch/train/optimizer.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "galet/data/test_files.h"
#include "galet/torch/train/schedule.h"

using namespace galet;
using namespace galet::torch::train;
using data::error_of;

namespace {

/// Six steps of lr 0.05 on (p - c) * (1 + t) * k; every value of p on the way.
std::vector<double> path(const OptimizerOptions& options, double weight_decay) {
  const auto f64 = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor p = at::tensor({1., -2., 3.}, f64).set_requires_grad(true), c = at::tensor({2., -1., .5}, f64),
                   k = at::tensor({1., .1, -.3}, f64);
  Optimizer optimizer(options, {{"all", {{"p", p}}, 0.5, weight_decay}});
  std::vector<double> result;
  for (int t = 0; t < 6; ++t) {
    p.mutable_grad() = (p.detach() - c) * (1 + t) * k;
    optimizer.step(0.1);  // the group's rate halves it
    for (int i = 0; i < 3; ++i) result.push_back(p.detach()[i].item<double>());
  }
  return result;
}

void check_path(const std::vector<double>& found, const std::vector<double>& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-9));
}

void check_rates(const Schedule& schedule, const std::vector<double>& wanted) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    CAPTURE(i);
    CHECK(learning_rate(schedule, static_cast<int64_t>(i), 12, 1) == doctest::Approx(wanted[i]).epsilon(1e-8));
  }
}

Schedule schedule_of(ScheduleKind kind, double lr_min = 0) {
  Schedule schedule;
  schedule.kind = kind, schedule.lr = 0.4, schedule.lr_min = lr_min;
  return schedule;
}

}  // namespace

TEST_CASE("optimizer: the steps of torch.optim") {
  OptimizerOptions o;
  check_path(path(o, 0.01),
             {1.09405, -1.9886, 3.0684, 1.3052361525, -1.96306743, 3.24104382, 1.61102823444, -1.92056805119, 3.55973749298, 1.93931413914,
              -1.85939727531, 4.08243631725, 2.19246493374, -1.77919025958, 4.89586017706, 2.29573116764, -1.68107303734, 6.13500531892});
  o.nesterov = false;
  check_path(path(o, 0.01),
             {1.0495, -1.994, 3.036, 1.18857525, -1.977663, 3.142962, 1.43486239988, -1.9473059235, 3.356589609, 1.76883092359,
              -1.90006478322, 3.71857153884, 2.12631044857, -1.83409610499, 4.28388885533, 2.40908573126, -1.74878436339, 5.13108249273});
  o.momentum = 0;
  check_path(path(o, 0), {1.05, -1.995, 3.0375, 1.145, -1.98505, 3.113625, 1.27325, -1.97027425, 3.231238125, 1.4186, -1.950868765,
                          3.3951124125, 1.56395, -1.92709704588, 3.61224584344, 1.694765, -1.8992841345, 3.89234796935});
  o.rule = Rule::adam;
  check_path(path(o, 0.01), {1.04999999949, -1.95000000417, 3.04999999931, 1.09850337564, -1.90106471082, 3.0980396572, 1.1468173913,
                             -1.85230780072, 3.14566254115, 1.19538216603, -1.80335531133, 3.1933784084, 1.24438623619, -1.7540266773,
                             3.24141913545, 1.29391428741, -1.70423324718, 3.28991007804});
  o.rule = Rule::adamw;
  check_path(path(o, 0.1), {1.0449999995, -1.940000005, 3.03499999933, 1.0882745941, -1.88172022459, 3.06800952877, 1.13112331228,
                            -1.82388575462, 3.10045287151, 1.17398917371, -1.76606674201, 3.13282494961, 1.21706437942, -1.70808404216,
                            3.16535496225, 1.26043815575, -1.64986500859, 3.19816688712});
}

TEST_CASE("optimizer: gradients are clipped to a common norm; who has none is left alone") {
  const at::Tensor p = at::ones({2}).set_requires_grad(true), q = at::ones({1}).set_requires_grad(true),
                   r = at::ones({1}).set_requires_grad(true);
  OptimizerOptions plain;
  plain.momentum = 0, plain.nesterov = false;
  Optimizer optimizer(plain, {{"a", {{"p", p}, {"q", q}}, 1, 0}, {"b", {{"r", r}}, 1, 0.5}});
  p.mutable_grad() = at::full({2}, 2.f), q.mutable_grad() = at::ones({1});
  CHECK(optimizer.clip_gradients(1) == doctest::Approx(3));
  optimizer.step(1);
  CHECK(p[0].item<float>() == doctest::Approx(1 - 2. / 3));
  CHECK(q[0].item<float>() == doctest::Approx(1 - 1. / 3));
  CHECK(r[0].item<float>() == 1);
  CHECK(error_of([] { parse_rule("lion"); }) == "unknown optimizer \"lion\", expected sgd, adam or adamw");
}

TEST_CASE("schedule: the rates of torch.optim.lr_scheduler") {
  check_rates(schedule_of(ScheduleKind::cosine, 0.01), {0.4, 0.3933555361, 0.3738749537, 0.3428858223, 0.3025, 0.2554697138, 0.205,
                                                        0.1545302862, 0.1075, 0.06711417767, 0.03612504626, 0.01664446387});
  Schedule cycle = schedule_of(ScheduleKind::one_cycle);
  cycle.rise = 0.25, cycle.div = 20, cycle.final_div = 100;
  check_rates(cycle, {0.02, 0.21, 0.4, 0.3879445549, 0.3532322842, 0.30005, 0.2348122707, 0.1653877293, 0.10015, 0.04696771582,
                      0.0122554451, 0.0002});
  check_rates(schedule_of(ScheduleKind::poly), {0.4, 0.3698710043, 0.3394664587, 0.3087558027, 0.2777012651, 0.2462550276, 0.2143546925,
                                                0.1819155709, 0.1488164232, 0.1148698355, 0.07974874659, 0.04273629513});
  Schedule restarts = schedule_of(ScheduleKind::restarts, 0.01);
  restarts.period = 3;
  check_rates(restarts, {0.4, 0.3025, 0.1075, 0.4, 0.3738749537, 0.3025, 0.205, 0.1075, 0.03612504626, 0.4, 0.3933555361, 0.3738749537});
  Schedule steps = schedule_of(ScheduleKind::step);
  steps.milestones = {4, 8}, steps.gamma = 0.5;
  check_rates(steps, {0.4, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1});
  Schedule warm = schedule_of(ScheduleKind::cosine);
  warm.warmup = 4;
  check_rates(warm,
              {0.004, 0.103, 0.202, 0.301, 0.4, 0.3847759065, 0.3414213562, 0.2765366865, 0.2, 0.1234633135, 0.05857864376, 0.0152240935});
  check_rates(schedule_of(ScheduleKind::constant), {0.4, 0.4, 0.4});
}

TEST_CASE("schedule: refuses what is out of range") {
  CHECK(error_of([] { parse_schedule("linear"); }).starts_with("unknown schedule \"linear\", expected constant, step"));
  Schedule s = schedule_of(ScheduleKind::cosine, 0.5);
  CHECK(error_of([&] { validate(s); }) == "least learning rate 0.5: expected 0 to 0.4");
  s = schedule_of(ScheduleKind::restarts);
  s.period = 0;
  CHECK(error_of([&] { validate(s); }).starts_with("restarts after 0 epochs"));
}
