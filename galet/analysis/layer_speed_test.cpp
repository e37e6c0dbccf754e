#include "galet/analysis/layer_speed.h"

#include <doctest/doctest.h>

#include "galet/analysis/cost.h"
#include "tests/support/random_net.h"

using namespace galet;
using namespace galet::analysis;

namespace {

MachinePeaks round_peaks() {
  MachinePeaks peaks;
  peaks.dot_i8_gmac_per_s = 200, peaks.fma_f32_gmac_per_s = 50;
  peaks.reads = {{"L1", 16 << 10, 100}, {"L2", 512 << 10, 50}, {"DRAM", 64 << 20, 10}};
  return peaks;
}

runtime::StepTiming step(const char* node, const char* kernel, int64_t macs, double microseconds, int64_t bytes) {
  return {node, kernel, macs, 2, 2.2e-6 * microseconds, 1e-6 * microseconds, bytes};
}

}  // namespace

TEST_CASE("layer speeds: rates, shares, roofs and kinds by hand") {
  const Graph graph = testing::random_net();
  const int64_t first = 144 * 8 * 27, second = 144 * 8 * 72;
  const std::vector<runtime::StepTiming> timings{step("conv1", "gemm_u8i8u8__avx2_4x16", first, 10, 3 * 144 + 8 * 144),
                                                 step("sum", "gemm_u8i8u8__avx2_4x16 + add", second, 20, 3 * 8 * 144),
                                                 step("pooled", "average_pool_u8u8__avx2_8", 0, 10, 2'000'000),
                                                 step("fc", "onednn", 160, 0.5, 16 + 40)};
  const Remarks remarks{{"plan", "conv2", "kernel gemm_u8i8u8__avx2_4x16", "no better one here", {}}};
  const SpeedReport report = layer_speeds(graph, timings, remarks, round_peaks());
  REQUIRE(report.layers.size() == 4);
  CHECK(report.fastest_ms == doctest::Approx(0.0405));

  const LayerSpeed& conv1 = report.layers[0];
  CHECK(conv1.kind == "first conv 3x3");
  CHECK(conv1.ms == doctest::Approx(0.011));
  CHECK(conv1.gmac_per_s == doctest::Approx(static_cast<double>(first) / 10e3));
  CHECK(conv1.peak_percent == doctest::Approx(100 * static_cast<double>(first) / 10e-6 / 200e9));
  CHECK(conv1.share == doctest::Approx(10 / 40.5));
  CHECK(conv1.note.find("27 products") != std::string::npos);

  const LayerSpeed& conv2 = report.layers[1];  // named for the addition that it carries
  CHECK(conv2.kind == "conv 3x3");
  CHECK(conv2.bytes == 3 * 8 * 144 + 4 * (8 * 72 + 8));  // weights of conv2 (float in this graph)
  CHECK(conv2.note.starts_with("no better one here"));

  const LayerSpeed& pooled = report.layers[2];
  CHECK(pooled.kind == "global_average_pool");
  CHECK(pooled.memory_bound);
  CHECK(pooled.gb_per_s == doctest::Approx(200));
  CHECK(pooled.roof_percent == doctest::Approx(2000));  // 2 MB from DRAM at 10 GB/s: 200 us
  CHECK(pooled.note.find("DRAM") != std::string::npos);

  const LayerSpeed& fc = report.layers[3];
  CHECK(fc.peak_percent == doctest::Approx(100 * 160 / 0.5e-6 / 50e9));  // a float kernel: the float peak

  REQUIRE(report.kinds.size() == 4);
  CHECK(report.kinds[0].kind == "conv 3x3");
  double share = 0;
  for (const KindSpeed& kind : report.kinds) share += kind.share;
  CHECK(share == doctest::Approx(1));
}

TEST_CASE("the machine is measured: every figure is there, and caches are not slower than memory by much") {
  const std::vector<MachinePeaks> all = measure_machine({.threads = {1, 2}, .isa = active_isa(), .seconds = 0.01});
  REQUIRE(all.size() == 2);
  for (const MachinePeaks& peaks : all) {
    CHECK(peaks.clock_ghz > 0.01);
    CHECK(peaks.dot_i8_gmac_per_s > 0);
    CHECK(peaks.fma_f32_gmac_per_s > 0);
    REQUIRE(peaks.reads.size() >= 3);
    CHECK(peaks.reads.back().level == "DRAM");
    CHECK(peaks.reads.front().gb_per_s > 0.5 * peaks.reads.back().gb_per_s);
  }
  CHECK(all[1].threads == 2);
  CHECK_THROWS_WITH_AS(measure_machine({.threads = {0}}), doctest::Contains("0 threads"), Error);
  CHECK(probe_speed(1).clock_ghz > 0.01);
}
