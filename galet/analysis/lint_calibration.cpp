#include "galet/analysis/lint_calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>

#include "galet/analysis/picture_facts.h"
#include "galet/core/pixels.h"
#include "galet/core/thread_pool.h"
#include "galet/data/loader.h"

namespace galet::analysis {
namespace {

struct Look {
  PictureFacts picture;
  bool tensor = false, finite = true;
  float min = 0, max = 0;  // of a tensor
};

Look look_at(const data::Sample& sample) {
  Look look;
  if (!sample.tensor) {
    look.picture = facts_of(sample.image);
    return look;
  }
  look.tensor = true;
  look.picture.pixels = hash_bytes(sample.tensor.bytes(), sample.tensor.byte_size());
  if (sample.tensor.dtype() != DType::f32 || sample.tensor.size() == 0) return look;
  look.min = look.max = sample.tensor.data<float>()[0];
  for (const float x : sample.tensor.span<float>()) {
    look.finite = look.finite && std::isfinite(x);
    look.min = std::min(look.min, x), look.max = std::max(look.max, x);
  }
  return look;
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  auto at = [&](double p) { return values[static_cast<size_t>(std::nearbyint(p * static_cast<double>(values.size() - 1)))]; };
  double sum = 0;
  for (const double x : values) sum += x;
  return {values.front(), at(0.05), at(0.5), at(0.95), values.back(), sum / static_cast<double>(values.size())};
}

class Linter {
 public:
  Linter(const data::Dataset& dataset, const Graph* graph, std::vector<int64_t> samples, std::vector<Look> looks)
      : dataset_(dataset), graph_(graph), samples_(std::move(samples)), looks_(std::move(looks)) {}

  CalibrationLint lint() {
    result_.data = dataset_.description();
    result_.images = static_cast<int64_t>(looks_.size());
    result_.tensors = std::any_of(looks_.begin(), looks_.end(), [](const Look& look) { return look.tensor; });
    number();
    balance();
    duplicates();
    if (!result_.tensors) looks();
    if (!result_.tensors) sizes();
    range();
    for (const Finding& finding : result_.findings) result_.verdict = std::max(result_.verdict, finding.verdict);
    return std::move(result_);
  }

 private:
  template <typename... Args>
  void say(std::string check, Verdict verdict, fmt::format_string<Args...> format, Args&&... args) {
    result_.findings.push_back({std::move(check), verdict, fmt::format(format, std::forward<Args>(args)...)});
  }
  double percent(int64_t n) const { return 100 * static_cast<double>(n) / static_cast<double>(result_.images); }

  void number() {
    const int64_t n = result_.images;
    if (n < 10)
      say("number", Verdict::bad, "{} images: ranges found on so few are a matter of chance; take 100 or more", n);
    else if (n < 100)
      say("number", Verdict::warning, "{} images: take 100 or more, or see with --sensitivity whether these are enough", n);
    else
      say("number", Verdict::good, "{} images", n);
  }

  void balance() {
    std::map<int, int64_t> counts;
    for (const int64_t i : samples_) {
      const int label = dataset_.label(i);
      label < 0 ? ++result_.unlabelled : ++counts[label];
    }
    const std::vector<std::string>& names = dataset_.class_names();
    if (counts.empty()) return say("balance", Verdict::warning, "no image is labelled: whether all classes are there cannot be said");
    for (size_t label = 0; label < names.size(); ++label) counts.emplace(static_cast<int>(label), 0);
    int64_t least = INT64_MAX, most = 0, missing = 0;
    std::string rarest;
    for (const auto& [label, images] : counts) {
      const auto at = static_cast<size_t>(label);
      result_.classes.push_back({label, at < names.size() ? names[at] : std::to_string(label), images});
      missing += images == 0 ? 1 : 0;
      if (images < least) least = images, rarest = result_.classes.back().name;
      most = std::max(most, images);
    }
    const double mean = static_cast<double>(result_.images - result_.unlabelled) / static_cast<double>(counts.size());
    if (missing > 0)
      say("balance", mean < 3 ? Verdict::warning : Verdict::bad, "{} of {} classes have no image (\"{}\"): add some", missing,
          counts.size(), rarest);
    else if (static_cast<double>(least) < mean / 2 || static_cast<double>(most) > 2 * mean)
      say("balance", Verdict::warning, "{} to {} images a class, mean {:.1f} (fewest: \"{}\"): draw about as many of each", least, most,
          mean, rarest);
    else if (least < 5)
      say("balance", Verdict::warning, "only {} of class \"{}\": take 5 or more of each", least, rarest);
    else
      say("balance", Verdict::good, "{} classes, {} to {} images each", counts.size(), least, most);
    if (result_.unlabelled > 0) result_.findings.back().text += fmt::format("; {} images without a label", result_.unlabelled);
  }

  void duplicates() {
    std::map<uint64_t, size_t> seen;
    std::vector<char> repeats(looks_.size(), 0);
    auto keep = [&](size_t a, size_t b, bool exact, int distance) {
      if (result_.duplicates.size() < kMostDuplicates)
        result_.duplicates.push_back({dataset_.sample_name(samples_[a]), dataset_.sample_name(samples_[b]), exact, distance});
    };
    for (size_t i = 0; i < looks_.size(); ++i) {
      const auto [first, fresh] = seen.emplace(looks_[i].picture.pixels, i);
      if (fresh) continue;
      ++result_.exact_duplicates, repeats[i] = 1;
      keep(first->second, i, true, 0);
    }
    if (!result_.tensors) {
      std::vector<PictureFacts> pictures;
      for (const Look& look : looks_) pictures.push_back(look.picture);
      for (const NearPair& pair : near_pairs(pictures, kNearBits)) {
        if (repeats[pair.second] != 0) continue;
        ++result_.near_duplicates;
        keep(pair.first, pair.second, false, pair.distance);
      }
    }
    const int64_t exact = result_.exact_duplicates, near = result_.near_duplicates;
    const Verdict verdict = percent(exact) > 10 ? Verdict::bad : exact > 0 || percent(near) > 5 ? Verdict::warning : Verdict::good;
    say("duplicates", verdict, "{} images repeat another to the pixel, {} nearly{}", exact, near,
        verdict == Verdict::good ? "" : ": they count twice and show nothing new, take others");
  }

  void looks() {
    std::vector<double> brightness, contrast, colour;
    int64_t flat = 0, gray = 0;
    for (const Look& look : looks_) {
      const PictureFacts& p = look.picture;
      brightness.push_back(p.brightness), contrast.push_back(p.contrast), colour.push_back(p.colour);
      ++result_.brightness_histogram[static_cast<size_t>(std::clamp(p.brightness / 16, 0.0, 15.0))];
      ++result_.contrast_histogram[static_cast<size_t>(std::clamp(p.contrast / 8, 0.0, 15.0))];
      flat += p.contrast < 8 ? 1 : 0;
      gray += p.colour < 2 ? 1 : 0;
    }
    const Spread b = result_.brightness = spread_of(brightness), c = result_.contrast = spread_of(contrast),
                 k = result_.colour = spread_of(colour);
    const std::string from =
        fmt::format("images' mean luma {:.0f} .. {:.0f} (5 % to 95 %), median {:.0f}, of 0..255", b.p5, b.p95, b.median);
    if (b.p95 - b.p5 < 30 && result_.images >= 10)
      say("brightness", Verdict::warning, "{}: all alike; add darker and brighter ones if the network will see such", from);
    else if (b.median < 40 || b.median > 215)
      say("brightness", Verdict::warning, "{}: nearly all {}", from, b.median < 40 ? "dark" : "bright");
    else
      say("brightness", Verdict::good, "{}", from);
    const std::string deviation = fmt::format("deviation of luma {:.0f} .. {:.0f} (5 % to 95 %)", c.p5, c.p95);
    if (percent(flat) > 10)
      say("contrast", Verdict::warning, "{}; {} images are nearly of one colour: they show the network nothing", deviation, flat);
    else
      say("contrast", Verdict::good, "{}", deviation);
    const bool wants_colour = graph_ != nullptr && graph_->inputs().size() == 1 && graph_->value(graph_->inputs()[0]).shape.size() == 4 &&
                              graph_->value(graph_->inputs()[0]).shape[1] == 3 && graph_->info.preprocessing.order != "gray";
    const std::string chroma = fmt::format("colourfulness {:.0f} .. {:.0f} (5 % to 95 %)", k.p5, k.p95);
    if (gray * 2 > result_.images && (wants_colour || gray < result_.images))
      say("colour", Verdict::warning, "{}; {} of {} images are gray{}", chroma, gray, result_.images,
          wants_colour ? ", but the network takes colour" : "");
    else
      say("colour", Verdict::good, "{}", chroma);
  }

  void sizes() {
    std::map<std::tuple<int, int, int>, int64_t> counts;
    for (const Look& look : looks_) ++counts[{look.picture.width, look.picture.height, look.picture.channels}];
    for (const auto& [size, images] : counts) result_.sizes.push_back({std::get<0>(size), std::get<1>(size), std::get<2>(size), images});
    std::stable_sort(result_.sizes.begin(), result_.sizes.end(), [](const auto& a, const auto& b) { return a.images > b.images; });
    const SizeCount& usual = result_.sizes.front();
    const std::string found =
        fmt::format("{} size(s), most often {}x{} ({:.0f} %)", result_.sizes.size(), usual.width, usual.height, percent(usual.images));
    const Shape shape = graph_ != nullptr && graph_->inputs().size() == 1 ? graph_->value(graph_->inputs()[0]).shape : Shape{};
    if (shape.size() != 4) return say("sizes", Verdict::good, "{}", found);
    int64_t small = 0, stretched = 0;
    const Preprocessing& p = graph_->info.preprocessing;
    for (const SizeCount& size : result_.sizes) {
      if (size.width < shape[3] || size.height < shape[2]) small += size.images;
      const double aspect = static_cast<double>(size.width) / size.height,
                   wanted = static_cast<double>(shape[3]) / static_cast<double>(shape[2]);
      if (p.stretch && !p.letterbox && std::max(aspect / wanted, wanted / aspect) > 1.5) stretched += size.images;
    }
    if (percent(small) > 10)
      say("sizes", Verdict::warning,
          "{}; {} images are smaller than the network's {}x{} and get enlarged: blurred, they have narrower ranges", found, small, shape[3],
          shape[2]);
    else if (percent(stretched) > 10)
      say("sizes", Verdict::warning, "{}; {} images are stretched by more than half to {}x{}: give --resize and --crop", found, stretched,
          shape[3], shape[2]);
    else
      say("sizes", Verdict::good, "{}; the network takes {}x{}", found, shape[3], shape[2]);
  }

  void range() {
    const bool known = graph_ != nullptr && graph_->inputs().size() == 1;
    if (result_.tensors) {
      const Look* broken = nullptr;
      float low = INFINITY, high = -INFINITY;
      for (const Look& look : looks_) {
        if (!look.finite) broken = &look;
        low = std::min(low, look.min), high = std::max(high, look.max);
      }
      result_.value_min = static_cast<double>(low), result_.value_max = static_cast<double>(high);
      if (broken != nullptr)
        return say("range", Verdict::bad, "sample \"{}\" has values that are not finite",
                   dataset_.sample_name(samples_[static_cast<size_t>(broken - looks_.data())]));
    } else if (known) {
      const Preprocessing& p = graph_->info.preprocessing;
      result_.value_min = INFINITY, result_.value_max = -INFINITY;
      for (size_t c = 0; c < 3; ++c) {
        result_.value_min = std::min(result_.value_min, static_cast<double>(pixel_value(p, c, 0)));
        result_.value_max = std::max(result_.value_max, static_cast<double>(pixel_value(p, c, 255)));
      }
    } else {
      return;
    }
    const double low = result_.value_min, high = result_.value_max;
    const std::string values = fmt::format("values {:.4g} .. {:.4g}", low, high);
    const Value* input = known ? &graph_->value(graph_->inputs()[0]) : nullptr;
    if (input != nullptr && input->stats) {
      const double span = static_cast<double>(input->stats->max) - static_cast<double>(input->stats->min);
      const double beyond = std::max({0.0, static_cast<double>(input->stats->min) - low, high - static_cast<double>(input->stats->max)});
      if (result_.tensors ? beyond > 0.25 * span || high - low < 0.25 * span : beyond > span)
        return say("range", Verdict::bad, "{}, but the network was calibrated on {:.4g} .. {:.4g}: other preprocessing", values,
                   input->stats->min, input->stats->max);
    }
    if (known && graph_->info.preprocessing.assumed && !result_.tensors)
      return say("range", Verdict::warning,
                 "{}, by ImageNet's mean and deviation, which nobody gave: wrong ones spoil every scale (--mean --std)", values);
    if (result_.tensors && low >= 0 && high > 16)
      return say("range", Verdict::warning, "{}: look like pixels that nobody normalised", values);
    if (result_.tensors && low == high) return say("range", Verdict::bad, "{}: all the same", values);
    say("range", Verdict::good, "{}", values);
  }

  const data::Dataset& dataset_;
  const Graph* graph_;
  std::vector<int64_t> samples_;
  std::vector<Look> looks_;
  CalibrationLint result_;
};

}  // namespace

std::string_view to_string(Verdict verdict) { return verdict == Verdict::good ? "good" : verdict == Verdict::warning ? "warning" : "bad"; }

CalibrationLint lint_calibration(const data::Dataset& dataset, const Graph* graph, const LintOptions& options, Progress& progress) {
  if (dataset.size() == 0) fail("{}: no images", dataset.description());
  const std::vector<int64_t> samples =
      options.samples > 0 ? data::random_indices(dataset, options.samples, options.seed) : data::first_indices(dataset, 0);
  std::vector<Look> looks(samples.size());
  ThreadPool pool(options.threads);
  std::atomic<int64_t> next{0};
  std::mutex mutex;  // guards progress
  int64_t done = 0;
  progress.start("look at images", static_cast<int64_t>(samples.size()));
  pool.parallel_for(pool.threads(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t worker = begin; worker < end; ++worker)
      for (int64_t i; (i = next++) < static_cast<int64_t>(samples.size());) {
        looks[static_cast<size_t>(i)] = look_at(dataset.get(samples[static_cast<size_t>(i)]));
        const std::lock_guard lock(mutex);
        progress.update(++done);
      }
  });
  progress.finish();
  return Linter(dataset, graph, samples, std::move(looks)).lint();
}

}  // namespace galet::analysis
