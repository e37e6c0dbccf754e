#include "galet/ops/scatter.h"

namespace galet::ops {

Reduction reduction_of(const OpCall& call) {
  const std::string& name = call.get_string("reduction");
  if (name == "none") return Reduction::none;
  if (call.dtype(0) == DType::boolean && (name == "add" || name == "mul")) call.fail("reduction {} of bool", name);
  if (name == "add") return Reduction::add;
  if (name == "mul") return Reduction::mul;
  if (name == "max") return Reduction::max;
  if (name == "min") return Reduction::min;
  call.fail("unknown reduction \"{}\", expected none, add, mul, max or min", name);
}

}  // namespace galet::ops
