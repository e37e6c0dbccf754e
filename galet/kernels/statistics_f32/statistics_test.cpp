// Every row against the reference row: moments bit by bit, histograms by the sum of their tables.
#include "galet/kernels/statistics_f32/statistics.h"

#include <doctest/doctest.h>

#include <cmath>

#include "galet/kernels/sweep.h"

namespace galet::kernels {
namespace {

struct Columns {
  std::vector<double> sum, squares;
  std::vector<float> min, max;
  bool operator==(const Columns&) const = default;
};

Columns columns_of(const Kernel<MomentsF32Fn>& row, const Fenced<float>& src, int64_t rows, int64_t cols, int64_t cut) {
  const auto n = static_cast<size_t>(cols);
  const Fenced<float> origin(std::vector<float>(src.data(), src.data() + cols));
  Columns c{std::vector<double>(n), std::vector<double>(n), {src.data(), src.data() + cols}, {src.data(), src.data() + cols}};
  const MomentsF32Args args{src.data(), cols, origin.data(), c.sum.data(), c.squares.data(), c.min.data(), c.max.data()};
  row.run(args, 0, cut);
  row.run(args, cut, rows);
  return c;
}

std::vector<uint32_t> counts_of(const Kernel<HistogramF32Fn>& row, const Fenced<float>& src, float inverse, int32_t first, int64_t bins,
                                int64_t& zeros) {
  Fenced<uint32_t> tables(4 * bins);
  row.run({src.data(), inverse, first, bins, tables.data(), &zeros}, 0, src.size() / 3);
  row.run({src.data(), inverse, first, bins, tables.data(), &zeros}, src.size() / 3, src.size());
  std::vector<uint32_t> sum(static_cast<size_t>(bins));
  for (int64_t i = 0; i < 4 * bins; ++i) sum[static_cast<size_t>(i % bins)] += tables[i];
  return sum;
}

TEST_CASE("sweep: moments of columns, every row has the reference's bits") {
  Random random(51);
  Tally tally;
  const int64_t wanted = wanted_cases(2000);
  for (int64_t i = 0; i < wanted; i += row_count<MomentsF32Fn>()) {
    const int64_t cols = pick<int64_t>(random, {1, 3, 16, 32, 64, between(random, 1, 100), 5000}), rows = between(random, 1, 200);
    Fenced<float> src(rows * cols);
    const double offset = pick(random, {0.0, 300.0});
    for (int64_t k = 0; k < src.size(); ++k) src[k] = static_cast<float>(std::max(offset - 1, offset + random.normal()));
    const int64_t cut = between(random, 0, rows);
    const Columns expected = columns_of(kernel_rows<MomentsF32Fn>().back(), src, rows, cols, rows);
    for_rows<MomentsF32Fn>([&](const Kernel<MomentsF32Fn>& row) {
      tally.add(row.name);
      INFO(std::string(row.name), " rows ", rows, " cols ", cols);
      CHECK(columns_of(row, src, rows, cols, cut) == expected);
    });
  }
  CHECK(tally.report(wanted));
}

TEST_CASE("sweep: histograms, every row counts as the reference") {
  Random random(52);
  Tally tally;
  const int64_t wanted = wanted_cases(2000);
  for (int64_t i = 0; i < wanted; i += row_count<HistogramF32Fn>()) {
    Fenced<float> src(between(random, 1, 3000));
    const bool relu = random.below(2) == 0, positive = random.below(4) == 0;
    for (int64_t k = 0; k < src.size(); ++k) {
      const double x = std::clamp(random.normal(), -7.9, 7.9);
      src[k] = static_cast<float>(positive ? std::fabs(x) + 0.25 : relu ? std::max(x, 0.0) : x);
      if (random.below(9) == 0) src[k] = std::floor(src[k] * 16) / 16;  // edges of bins
    }
    if (random.below(3) == 0) src[0] = positive ? 1.0f : -0.0f;
    const int32_t first = positive ? 4 : -8 * 16;
    const int64_t bins = 16 * 16;
    int64_t expected_zeros = 0;
    const auto expected = counts_of(kernel_rows<HistogramF32Fn>().back(), src, 16, first, bins, expected_zeros);
    for (int64_t k = 0; k < src.size(); ++k)
      CHECK(expected[static_cast<size_t>(static_cast<int64_t>(std::floor(src[k] * 16)) - first)] > 0);
    for_rows<HistogramF32Fn>([&](const Kernel<HistogramF32Fn>& row) {
      tally.add(row.name);
      int64_t zeros = 0;
      INFO(std::string(row.name), " size ", src.size());
      CHECK(counts_of(row, src, 16, first, bins, zeros) == expected);
      CHECK(zeros == expected_zeros);
    });
  }
  CHECK(tally.report(wanted));
}

}  // namespace
}  // namespace galet::kernels
