#include "galet/core/isa.h"
#include "galet/torch/quantizers/loops_body.h"

namespace galet::torch::quantizers {

extern const Loops kLoopsBaseline;
const Loops kLoopsBaseline{fake_quantize, fake_quantize_backward, codes};

const Loops& loops() {
#if defined(__x86_64__)
  static const Loops& best = includes(active_isa(), Isa::avx2) ? kLoopsAvx2 : kLoopsBaseline;
  return best;
#else
  return kLoopsBaseline;
#endif
}

}  // namespace galet::torch::quantizers
