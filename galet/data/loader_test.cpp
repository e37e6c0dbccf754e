#include "galet/data/loader.h"

#include <doctest/doctest.h>

#include "galet/data/decode.h"
#include "galet/data/npy.h"
#include "galet/data/preprocess.h"
#include "galet/data/test_files.h"

namespace galet::data {
namespace {

TEST_CASE("batches come in order, the same with any number of threads") {
  const auto set = open_dataset("tidewrack:test,count=50,seed=2,size=24");
  std::vector<int64_t> indices;
  for (int64_t i = 49; i >= 0; i -= 2) indices.push_back(i);
  for (const int threads : {0, 1, 2, 5}) {
    for (const int64_t batch : {1, 4, 25, 100}) {
      int64_t next = 0;
      for_each_batch(*set, indices, {}, 3, 16, 20, {.batch = batch, .threads = threads, .ahead = 3}, [&](const Batch& b) {
        REQUIRE(b.first == next);
        REQUIRE(b.images.shape() == Shape{static_cast<int64_t>(b.labels.size()), 3, 16, 20});
        const int64_t size = 3 * 16 * 20;
        for (const int label : b.labels) {
          const int64_t index = indices[static_cast<size_t>(next)];
          REQUIRE(label == set->label(index));
          const Tensor one = preprocess(set->get(index).image, {}, 3, 16, 20);
          REQUIRE(std::equal(one.data<float>(), one.data<float>() + size, b.images.data<float>() + (next - b.first) * size));
          ++next;
        }
      });
      CHECK(next == 25);
    }
  }
}

TEST_CASE("the first damaged sample is reported, with its name") {
  const TestFolder folder;
  for (int i = 0; i < 40; ++i) folder.write(fmt::format("{:02}.png", i), encode_png(test_image(8, 8, 3)));
  folder.write("17.png", "broken");
  folder.write("23.png", "broken");
  const auto set = open_dataset(folder.path());
  for (const int threads : {0, 1, 4}) {
    int64_t seen = 0;
    const std::string error = error_of([&] {
      for_each_batch(*set, first_indices(*set, 0), {}, 3, 8, 8, {.batch = 2, .threads = threads},
                     [&](const Batch& b) { seen += b.images.dim(0); });
    });
    CHECK(error.find("17.png: neither a JPEG") != std::string::npos);
    CHECK(seen == 16);
  }
}

TEST_CASE("a consumer's exception stops the loading") {
  const auto set = open_dataset("tidewrack:test,count=100,size=8");
  for (const int threads : {0, 3}) {
    const auto stop = [&] {
      for_each_batch(*set, first_indices(*set, 0), {}, 3, 8, 8, {.threads = threads}, [](const Batch& b) {
        if (b.first == 10) fail("enough");
      });
    };
    CHECK(error_of(stop) == "enough");
  }
}

TEST_CASE("tensors are taken as they are") {
  const TestFolder folder;
  write_npy(folder / "x.npy", Tensor::from<float>({2, 2, 1, 2}, std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}));
  const auto set = open_dataset(folder / "x.npy");
  float sum = 0;
  for_each_batch(*set, first_indices(*set, 1), {}, 2, 1, 2, {}, [&](const Batch& b) { sum += b.images.span<float>()[3]; });
  CHECK(sum == 4.f);
  const std::string error = error_of([&] { for_each_batch(*set, first_indices(*set, 0), {}, 3, 1, 2, {}, [](const Batch&) {}); });
  CHECK(error.find("x.npy[0]: a tensor of 2x1x2, the network takes 3x1x2") != std::string::npos);
}

TEST_CASE("random_indices: seeded, different, ascending") {
  const auto set = open_dataset("tidewrack:test,count=1000");
  const auto some = random_indices(*set, 100, 7);
  REQUIRE(some.size() == 100);
  for (size_t i = 1; i < some.size(); ++i) CHECK(some[i - 1] < some[i]);
  CHECK(some.back() < 1000);
  CHECK(some.front() >= 0);
  CHECK(random_indices(*set, 100, 7) == some);
  CHECK(random_indices(*set, 100, 8) != some);
  CHECK(random_indices(*set, 5000, 1) == first_indices(*set, 0));
}

}  // namespace
}  // namespace galet::data
