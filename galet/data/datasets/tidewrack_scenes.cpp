#include <map>
#include <mutex>

#include "galet/core/error.h"
#include "galet/data/datasets/objects.h"
#include "galet/data/tidewrack.h"

namespace galet::data {
namespace {

class TidewrackScenes : public Dataset {
 public:
  TidewrackScenes(Split split, int64_t count, uint64_t seed, int size)
      : split_(split), count_(count), seed_(seed), size_(size), classes_(kTidewrackClasses.begin(), kTidewrackClasses.end()) {}
  int64_t size() const override { return count_; }
  Sample get(int64_t index) const override {
    check_index(index, count_, "tidewrack_scenes");
    TidewrackScene scene = render_tidewrack_scene(seed_, split_, index, size_);
    remember(index, std::move(scene.objects));
    return {std::move(scene.image), {}, -1, sample_name(index)};
  }
  std::string sample_name(int64_t index) const override { return fmt::format("tidewrack_scenes:{}[{}]", where(), index); }
  int label(int64_t index) const override {
    check_index(index, count_, "tidewrack_scenes");
    return -1;
  }
  const std::vector<std::string>& class_names() const override { return classes_; }
  bool has_objects() const override { return true; }
  const std::vector<Annotation>& objects(int64_t index) const override {
    check_index(index, count_, "tidewrack_scenes");
    {
      const std::lock_guard lock(mutex_);
      if (const auto it = known_.find(index); it != known_.end()) return it->second;
    }
    return remember(index, render_tidewrack_scene(seed_, split_, index, size_).objects);
  }
  std::string description() const override {
    return fmt::format("{} {} scenes of {}x{} of tidewrack (seed {})", count_, where(), size_, size_, seed_);
  }

 private:
  std::string_view where() const { return split_ == Split::train ? "train" : "test"; }
  const std::vector<Annotation>& remember(int64_t index, std::vector<Annotation> objects) const {
    const std::lock_guard lock(mutex_);
    return known_.emplace(index, std::move(objects)).first->second;
  }

  Split split_;
  int64_t count_;
  uint64_t seed_;
  int size_;
  std::vector<std::string> classes_;
  mutable std::mutex mutex_;
  mutable std::map<int64_t, std::vector<Annotation>> known_;  // where things lie shows only once they are drawn
};

}  // namespace

std::unique_ptr<Dataset> open_tidewrack_scenes(const std::string& where) {
  const Options options = parse_options("tidewrack_scenes", where, {"count", "seed", "size"});
  if (options.first != "train" && options.first != "test")
    fail("data set tidewrack_scenes:{}: split \"{}\" does not exist, expected train or test", where, options.first);
  const bool train = options.first == "train";
  const int64_t count = parse_number(options.get("count", train ? "5000" : "500"), 1, int64_t{1} << 40, "tidewrack_scenes' count"),
                seed = parse_number(options.get("seed", "1"), 0, INT64_MAX, "tidewrack_scenes' seed"),
                size = parse_number(options.get("size", "256"), 32, 4096, "tidewrack_scenes' size");
  return std::make_unique<TidewrackScenes>(train ? Split::train : Split::test, count, static_cast<uint64_t>(seed), static_cast<int>(size));
}

}  // namespace galet::data
