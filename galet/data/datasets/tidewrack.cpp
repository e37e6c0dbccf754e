#include "galet/data/tidewrack.h"

#include "galet/core/error.h"
#include "galet/data/datasets/datasets.h"

namespace galet::data {
namespace {

class Tidewrack : public Dataset {
 public:
  Tidewrack(Split split, int64_t count, uint64_t seed, int size, std::string where)
      : split_(split),
        count_(count),
        seed_(seed),
        size_(size),
        where_(std::move(where)),
        classes_(kTidewrackClasses.begin(), kTidewrackClasses.end()) {}
  int64_t size() const override { return count_; }
  Sample get(int64_t index) const override {
    const int known = label(index);
    return {render_tidewrack(seed_, split_, index, size_), {}, known, sample_name(index)};
  }
  std::string sample_name(int64_t index) const override { return fmt::format("tidewrack:{}[{}]", where_, index); }
  int label(int64_t index) const override {
    check_index(index, count_, "tidewrack");
    return tidewrack_label(seed_, split_, index);
  }
  const std::vector<std::string>& class_names() const override { return classes_; }
  std::string description() const override {
    return fmt::format("{} {} pictures of {}x{} of tidewrack (seed {})", count_, split_ == Split::train ? "training" : "test", size_, size_,
                       seed_);
  }

 private:
  Split split_;
  int64_t count_;
  uint64_t seed_;
  int size_;
  std::string where_;
  std::vector<std::string> classes_;
};

}  // namespace

std::unique_ptr<Dataset> open_tidewrack(const std::string& where) {
  const std::vector<std::string> parts = split_at(where, ',');
  if (parts[0] != "train" && parts[0] != "test")
    fail("data set tidewrack:{}: split \"{}\" does not exist, expected train or test", where, parts[0]);
  const bool train = parts[0] == "train";
  int64_t count = train ? 20000 : 2000, seed = 1, size = 32;
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equal = parts[i].find('=');
    const std::string key = parts[i].substr(0, equal), value = equal == std::string::npos ? "" : parts[i].substr(equal + 1);
    if (key == "count") {
      count = parse_number(value, 1, int64_t{1} << 40, "tidewrack's count");
    } else if (key == "seed") {
      seed = parse_number(value, 0, INT64_MAX, "tidewrack's seed");
    } else if (key == "size") {
      size = parse_number(value, 8, 4096, "tidewrack's size");
    } else {
      fail("data set tidewrack:{}: option \"{}\" does not exist, expected count=, seed= or size=", where, parts[i]);
    }
  }
  return std::make_unique<Tidewrack>(train ? Split::train : Split::test, count, static_cast<uint64_t>(seed), static_cast<int>(size), where);
}

}  // namespace galet::data
