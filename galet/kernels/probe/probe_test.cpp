#include <doctest/doctest.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>

#include "galet/kernels/kernel.h"
#include "galet/kernels/probe/probe.h"

using namespace galet;
using namespace galet::kernels;

namespace {

/// The least of a few runs, against neighbours on the machine.
template <typename F>
double seconds_of(const F& run) {
  double least = 1e9;
  for (int i = 0; i < 9; ++i) {
    const auto began = std::chrono::steady_clock::now();
    run();
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  }
  return least;
}

}  // namespace

TEST_CASE("probes do what they say: four times the work takes about four times as long, and no row is faster than the hardware could be") {
  constexpr int64_t kRounds = 20000;
  const auto grows = [](const char* name, const auto& run) {
    CAPTURE(name);
    const double one = seconds_of([&] { run(kRounds); }), four = seconds_of([&] { run(4 * kRounds); });
    CHECK(four > 2 * one);  // room for a clock that changes in between
    CHECK(run(4 * kRounds) == 4 * run(kRounds));
  };
  for (const auto& row : kernel_rows<ProbeDotFn>()) {
    if (!supported(row.isa)) continue;
    grows(row.name, [&](int64_t rounds) { return row.run({rounds}); });
    constexpr int64_t kMost = 1024;  // multiply-accumulates a nanosecond: eight 512-bit products a cycle at 2 GHz
    CHECK(static_cast<double>(row.run({kRounds})) / seconds_of([&] { row.run({kRounds}); }) < 1e9 * kMost);
  }
  for (const auto& row : kernel_rows<ProbeFmaFn>())
    if (supported(row.isa)) grows(row.name, [&](int64_t rounds) { return row.run({rounds}); });
  for (const auto& row : kernel_rows<ProbeChainFn>()) {
    grows(row.name, [&](int64_t rounds) { return row.run({rounds * 64}); });
    const double ghz = static_cast<double>(row.run({kRounds * 64})) / seconds_of([&] { row.run({kRounds * 64}); }) / 1e9;
    CHECK(ghz < 10);  // a dependency that the compiler broke would give more
  }
}

TEST_CASE("the reading probe reads what it is given and nothing beyond it") {
  constexpr int64_t kPage = 1 << 16;  // a multiple of every page size
  auto* const pages = static_cast<uint8_t*>(::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  REQUIRE(pages != MAP_FAILED);
  REQUIRE(::mprotect(pages + kPage, kPage, PROT_NONE) == 0);
  const uint8_t* const before_the_wall = pages;
  for (const auto& row : kernel_rows<ProbeReadFn>()) {
    if (!supported(row.isa)) continue;
    CAPTURE(row.name);
    CHECK(row.run({before_the_wall, kPage}) == kPage);
    CHECK(row.run({before_the_wall + kPage - 1024, 1024}) == 1024);
  }
  ::munmap(pages, 2 * kPage);
}
