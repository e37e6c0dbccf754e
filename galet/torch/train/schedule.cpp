#include "galet/torch/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "galet/core/error.h"

namespace galet::torch::train {
namespace {

/// 1 at t = 0, 0 at t = 1.
double half_cosine(double t) { return (1 + std::cos(std::numbers::pi * t)) / 2; }
double between(double from, double to, double t) { return to + (from - to) * half_cosine(t); }

double one_cycle(const Schedule& s, double step, double steps) {
  const double start = s.lr / s.div, top = s.rise * steps - 1, end = steps - 1;
  if (step <= top || end <= top) return between(start, s.lr, top > 0 ? step / top : 1);
  return between(s.lr, start / s.final_div, (step - top) / (end - top));
}

double restarts(const Schedule& s, double epoch) {
  double period = s.period, t = epoch;
  if (s.period_factor == 1) {
    t = std::fmod(epoch, period);
  } else {
    while (t >= period) {
      t -= period;
      period *= s.period_factor;
    }
  }
  return between(s.lr, s.lr_min, t / period);
}

}  // namespace

ScheduleKind parse_schedule(const std::string& name) {
  if (name == "constant") return ScheduleKind::constant;
  if (name == "step") return ScheduleKind::step;
  if (name == "cosine") return ScheduleKind::cosine;
  if (name == "one_cycle") return ScheduleKind::one_cycle;
  if (name == "poly") return ScheduleKind::poly;
  if (name == "restarts") return ScheduleKind::restarts;
  fail("unknown schedule \"{}\", expected constant, step, cosine, one_cycle, poly or restarts", name);
}

void validate(const Schedule& s) {
  if (!(s.lr > 0) || !std::isfinite(s.lr)) fail("learning rate {}: expected a number above 0", s.lr);
  if (s.lr > 1e4) fail("learning rate {}: nothing trains with that, expected at most 1e4", s.lr);
  if (!(s.lr_min >= 0 && s.lr_min <= s.lr)) fail("least learning rate {}: expected 0 to {}", s.lr_min, s.lr);
  if (!(s.warmup >= 0) || !std::isfinite(s.warmup)) fail("warm-up of {} epochs: expected 0 or more", s.warmup);
  if (!(s.rise > 0 && s.rise < 1)) fail("one_cycle rises during {} of the steps, expected a share between 0 and 1", s.rise);
  if (!(s.period > 0 && s.period_factor >= 1))
    fail("restarts after {} epochs, times {} each: expected more than 0, at least 1", s.period, s.period_factor);
  if (!std::is_sorted(s.milestones.begin(), s.milestones.end())) fail("milestones must ascend");
}

double learning_rate(const Schedule& s, int64_t step, int64_t steps, int64_t steps_per_epoch) {
  const auto per_epoch = static_cast<double>(std::max<int64_t>(steps_per_epoch, 1));
  const double warm = std::min(std::floor(s.warmup * per_epoch), static_cast<double>(steps));
  double t = static_cast<double>(step), all = static_cast<double>(steps);
  double warmth = 1;
  if (t < warm) warmth = s.warmup_start + (1 - s.warmup_start) * t / warm;
  if (s.kind != ScheduleKind::step) {  // whose milestones count from the beginning
    t = std::max(0.0, t - warm);
    all = std::max(1.0, all - warm);
  }
  switch (s.kind) {
    case ScheduleKind::constant:
      return warmth * s.lr;
    case ScheduleKind::step: {
      const std::vector<double> milestones =
          s.milestones.empty() ? std::vector<double>{all / per_epoch / 2, all / per_epoch * 3 / 4} : s.milestones;
      const auto passed =
          std::count_if(milestones.begin(), milestones.end(), [&](double m) { return t >= std::floor(m * per_epoch + 0.5); });
      return warmth * s.lr * std::pow(s.gamma, static_cast<double>(passed));
    }
    case ScheduleKind::cosine:
      return warmth * between(s.lr, s.lr_min, std::min(1.0, t / all));
    case ScheduleKind::one_cycle:
      return warmth * one_cycle(s, t, all);
    case ScheduleKind::poly:
      return warmth * (s.lr_min + (s.lr - s.lr_min) * std::pow(std::max(0.0, 1 - t / all), s.power));
    case ScheduleKind::restarts:
      return warmth * restarts(s, t / per_epoch);
  }
  return s.lr;
}

}  // namespace galet::torch::train
