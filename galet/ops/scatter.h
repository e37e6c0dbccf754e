// What the scattering operators do where an update meets an element.
#pragma once

#include "galet/ir/op.h"

namespace galet::ops {

enum class Reduction { none, add, mul, max, min };

/// The attribute `reduction`; throws Error for an unknown one, or for arithmetic on bool other than max and min.
Reduction reduction_of(const OpCall& call);
template <typename T>
T combine(Reduction reduction, T old, T update) {
  switch (reduction) {
    case Reduction::none:
      return update;
    case Reduction::add:
      if constexpr (std::is_floating_point_v<T>)
        return old + update;
      else
        return static_cast<T>(static_cast<uint64_t>(old) + static_cast<uint64_t>(update));
    case Reduction::mul:
      if constexpr (std::is_floating_point_v<T>)
        return old * update;
      else
        return static_cast<T>(static_cast<uint64_t>(old) * static_cast<uint64_t>(update));
    case Reduction::max:
      return update > old ? update : old;
    case Reduction::min:
      return update < old ? update : old;
  }
  return old;
}

}  // namespace galet::ops
