// What a step decided about a node, and why. Printed by --explain, shown in the report.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace galet {

struct Remark {
  std::string step;                                     // "fuse_activation", "quantize", "plan"
  std::string node;                                     // the node's name
  std::string decision;                                 // "fused", "kept float", "kernel gemm_u8i8i32__avx2"
  std::string reason;                                   // "softmax stays float: its output feeds no integer operator"
  std::vector<std::pair<std::string, double>> numbers;  // what the decision rested on
};

using Remarks = std::vector<Remark>;

}  // namespace galet
