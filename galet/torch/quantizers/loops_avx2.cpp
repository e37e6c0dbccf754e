#include "galet/torch/quantizers/loops_body.h"

namespace galet::torch::quantizers {
extern const Loops kLoopsAvx2;
const Loops kLoopsAvx2{fake_quantize, fake_quantize_backward, codes};
}  // namespace galet::torch::quantizers
