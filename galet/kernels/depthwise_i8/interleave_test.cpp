// Every row of the interleaving kernel against the reference row, signed codes too where the row makes them.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "galet/kernels/depthwise_i8/depthwise_tile.h"
#include "galet/kernels/guarded.h"

namespace galet::kernels {
namespace {

TEST_CASE("interleave: every row as the reference") {
  Random random(21);
  for (int i = 0; i < 300; ++i) {
    const int64_t n = between(random, 1, 200), blocks = between(random, 1, 3), step = n + between(random, 0, 9);
    const int64_t size = (blocks - 1) * step + n, dst_step = 4 * n;
    std::vector<uint8_t> src[4];
    InterleaveI8 args;
    for (int k = 0; k < 4; ++k) {
      src[k].resize(static_cast<size_t>(size));
      fill(src[k], random, 0, 255);
      args.src[k] = src[k].data();
    }
    args.src_step = step;
    args.blocks = blocks;
    args.n = n;
    args.dst_step = dst_step;
    args.flip = random.below(2) == 0 ? 128 : 0;
    std::vector<uint8_t> expected(static_cast<size_t>(blocks * dst_step));
    args.dst = expected.data();
    kernel_rows<InterleaveI8Fn>().back().run(args);
    CHECK(expected[static_cast<size_t>(4 * (n - 1) + 2)] == (src[2][static_cast<size_t>(n - 1)] ^ args.flip));
    for_rows<InterleaveI8Fn>([&](const Kernel<InterleaveI8Fn>& row) {
      if (args.flip != 0 && row.isa != Isa::reference && row.isa < Isa::neon) return;
      Guarded<uint8_t> dst(blocks * dst_step + 256);
      args.dst = dst.data();
      row.run(args);
      INFO(std::string(row.name), " n ", n, " blocks ", blocks);
      CHECK(dst.intact());
      CHECK(std::memcmp(dst.data(), expected.data(), expected.size()) == 0);
    });
  }
}

}  // namespace
}  // namespace galet::kernels
