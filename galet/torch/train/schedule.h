// The learning rate as a function of the step: nothing else, so that a run that is resumed needs no state for it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace galet::torch::train {

enum class ScheduleKind : uint8_t {
  constant,
  step,       // times gamma at each milestone
  cosine,     // lr_min + (lr - lr_min)(1 + cos(pi t / T)) / 2; Loshchilov and Hutter 2016
  one_cycle,  // up from lr / div and down to lr / div / final_div, both by cosine; Smith and Topin 2017
  poly,       // lr_min + (lr - lr_min)(1 - t / T)^power
  restarts,   // cosine over periods of `period`, `period * period_factor`, ... epochs (SGDR)
};
ScheduleKind parse_schedule(const std::string& name);

struct Schedule {
  ScheduleKind kind = ScheduleKind::cosine;
  double lr = 0.1;                 // the highest rate
  double lr_min = 0;               // where cosine, poly and restarts end
  double warmup = 0;               // epochs of a linear rise from lr * warmup_start; the others then share what is left
  double warmup_start = 0.01;      // as a factor
  std::vector<double> milestones;  // of step, in epochs; empty: at 1/2 and 3/4
  double gamma = 0.1;
  double power = 0.9;
  double rise = 0.3, div = 25, final_div = 1e4;  // of one_cycle
  double period = 10, period_factor = 2;
};

/// Throws Error where a field is out of range.
void validate(const Schedule& schedule);
/// The rate of step `step` (from 0) of `steps`, where an epoch has `steps_per_epoch`. Follows torch.optim.lr_scheduler, stepped each
/// batch.
double learning_rate(const Schedule& schedule, int64_t step, int64_t steps, int64_t steps_per_epoch);

}  // namespace galet::torch::train
