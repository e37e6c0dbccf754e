// Float convolutions and linear layers through oneDNN, where galet was built with it. The only place that knows oneDNN.
// Debian's oneDNN runs its loops on OpenMP's threads, which spin beside those of ThreadPool; so it is given one thread, and the convolution
// is cut here.
#pragma once

#include <memory>

#include "galet/kernels/conv_f32/conv.h"

namespace galet::kernels {

/// Whether this build has oneDNN (option GALET_ONEDNN).
bool onednn_available();

/// One convolution with its weights reordered to the form that oneDNN prefers. Computes what conv_f32_run computes, up to float rounding;
/// the bits do not depend on the number of threads.
class OnednnConv {
 public:
  /// weight, bias as in conv_f32_pack and ConvF32Args (copied); lo, hi: the clamp; add: run() gets a residual. Returns null where oneDNN is
  /// absent or refuses the problem; `why` (if not null) then says why. Refused: transposed, channel slices, and whatever oneDNN has only
  /// its reference loops for: conv_f32 takes those. threads: how many pieces are wanted, where pieces give the bits of the whole.
  static std::unique_ptr<OnednnConv> create(const ConvShape& shape, const float* weight, const float* bias, float lo, float hi, bool add,
                                            const char** why = nullptr, int threads = 1);
  virtual ~OnednnConv() = default;
  /// Bytes of the reordered weights.
  virtual size_t packed_bytes() const = 0;
  /// Scratch that each concurrent run() needs, aligned to 64.
  virtual size_t scratch_bytes() const = 0;
  /// The implementation that oneDNN chose ("jit:avx512_core").
  virtual const char* name() const = 0;
  /// Into how many pieces the convolution is cut: 1 .. threads.
  virtual int pieces() const = 0;
  /// Computes one piece, on the calling thread. src, dst NHWC, whole; other: the residual (of dst's shape) or null; no copy where it is dst
  /// itself. Pieces and images may run at once.
  virtual void run(const float* src, const float* other, float* dst, void* scratch, int piece) const noexcept = 0;
};

}  // namespace galet::kernels
