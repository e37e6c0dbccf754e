// Stands in where galet is built without oneDNN.
#if !defined(GALET_ONEDNN)
#include "galet/kernels/onednn/onednn.h"

namespace galet::kernels {

bool onednn_available() { return false; }

std::unique_ptr<OnednnConv> OnednnConv::create(const ConvShape&, const float*, const float*, float, float, bool, const char** why, int) {
  if (why != nullptr) *why = "built without oneDNN (option GALET_ONEDNN)";
  return nullptr;
}

}  // namespace galet::kernels
#endif
