#include "galet/torch/train/batches.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <set>

#include "galet/data/preprocess.h"
#include "galet/torch/train/testing.h"

using namespace galet;
using namespace galet::torch::train;
using namespace galet::torch::train::testing;

namespace {

std::vector<Minibatch> all(const Batches& source, int64_t epoch, int64_t first = 0) {
  std::vector<Minibatch> result;
  source.for_each(epoch, first, at::kCPU, [&](int64_t, Minibatch& batch) {
    result.push_back(batch);
    return true;
  });
  return result;
}

}  // namespace

TEST_CASE("batches: the same whatever the threads and wherever one enters, another order each epoch") {
  BatchOptions options;
  options.batch = 16, options.shuffle = true, options.mixup = 0.3,
  options.augmentation = data::parse_augmentation("crop=1,flip,colour=0.3");
  options.threads = 0;
  const auto plain = all(*batches(100, options), 3);
  options.threads = 3;
  const auto threaded = all(*batches(100, options), 3), later = all(*batches(100, options), 3, 4), next = all(*batches(100, options), 4);
  REQUIRE(plain.size() == 7);
  REQUIRE(later.size() == 3);
  std::set<int64_t> seen;
  for (size_t i = 0; i < plain.size(); ++i) {
    CHECK(plain[i].images.equal(threaded[i].images));
    CHECK(plain[i].labels.equal(threaded[i].labels));
    CHECK(plain[i].other_labels.equal(threaded[i].other_labels));
    if (i >= 4) CHECK(plain[i].images.equal(later[i - 4].images));
    seen.insert(plain[i].indices.begin(), plain[i].indices.end());
    CHECK(plain[i].share >= 0.5);
    CHECK(plain[i].share <= 1);
  }
  CHECK(seen.size() == 100);
  CHECK(plain.back().indices.size() == 4);
  CHECK(plain[0].indices != next[0].indices);
  options.drop_last = true;
  CHECK(batches(100, options)->per_epoch() == 6);
  CHECK(batches(10, options)->per_epoch() == 1);
}

TEST_CASE("batches: without augmentation they are what preprocessing gives") {
  BatchOptions options;
  options.batch = 5;
  const Quadrants data(12);
  for (const std::string order : {"rgb", "bgr"}) {
    Preprocessing preprocessing;
    preprocessing.order = order;
    const Batches source(std::make_shared<data::ImageStore>(std::make_shared<Quadrants>(12), preprocessing, Shape{1, 3, 8, 8}), options);
    int64_t index = 0;
    for (const Minibatch& batch : all(source, 0)) {
      CHECK(batch.images.is_contiguous(at::MemoryFormat::ChannelsLast));
      const at::Tensor dense = batch.images.contiguous();
      for (int64_t i = 0; i < batch.images.size(0); ++i, ++index) {
        const Tensor wanted = data::preprocess(data.get(index).image, preprocessing, 3, 8, 8);
        CHECK(std::memcmp(dense.data_ptr<float>() + i * 192, wanted.bytes(), wanted.byte_size()) == 0);
        CHECK(batch.labels[i].item<int64_t>() == data.label(index));
      }
    }
    CHECK(index == 12);
  }
}
