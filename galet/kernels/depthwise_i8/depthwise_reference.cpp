// The plain C++ rows of depthwise_i8: blocks of 16 positions.
#include "galet/kernels/depthwise_i8/depthwise_tile.h"
#include "galet/kernels/gemm_i8/epilogue_reference.h"

namespace galet::kernels {
namespace {
constexpr int64_t kBytes = 16;
}

void interleave_u8u8__reference(const InterleaveI8& args) noexcept {
  for (int64_t block = 0; block < args.blocks; ++block)
    for (int64_t p = 0; p < args.n; ++p)
      for (int64_t i = 0; i < 4; ++i) args.dst[block * args.dst_step + 4 * p + i] = args.src[i][block * args.src_step + p] ^ args.flip;
}

void depthwise_u8i8u8__reference(const DepthwiseI8& args) noexcept {
  const int64_t element = args.epilogue.output == ConvI8Output::u8 ? 1 : 4;
  for (int64_t block = 0; block < args.blocks; ++block) {
    const int64_t phase = block % args.phases, n = block + 1 < args.blocks ? args.full : args.last;
    for (int64_t p = 0; p < n; ++p) {
      const int64_t at = phase * kBytes + p;
      uint32_t acc = static_cast<uint32_t>(args.init[at]);
      for (int64_t t = 0; t < args.set_count; ++t)
        for (int64_t i = 0; i < 4; ++i)
          acc += static_cast<uint32_t>(args.sets[t][(block * kBytes + p) * 4 + i] *
                                       args.weights[((phase * args.set_count + t) * kBytes + p) * 4 + i]);
      uint8_t* dst = static_cast<uint8_t*>(args.dst) + (block * args.dst_step + p) * element;
      const uint8_t* other = args.epilogue.other == nullptr ? nullptr : args.epilogue.other + block * args.other_step + p;
      finish_reference(args.epilogue, static_cast<int32_t>(acc), args.m[at], args.bias_f32[at], dst, other);
    }
  }
}

}  // namespace galet::kernels
