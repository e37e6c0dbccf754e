#include "galet/ops/activation.h"

namespace galet::ops {

std::vector<AttributeSpec> with_activation(std::vector<AttributeSpec> attributes) {
  attributes.push_back({"activation", std::string("none")});
  attributes.push_back({"clip_min", 0.0f});
  attributes.push_back({"clip_max", 6.0f});
  return attributes;
}

ActivationRange activation_range(const OpCall& call) {
  const std::string& kind = call.get_string("activation");
  ActivationRange range;
  if (kind == "none") return range;
  range.min = 0;
  if (kind == "relu") return range;
  if (kind != "clip") call.fail("unknown activation \"{}\", expected none, relu or clip", kind);
  range.min = call.get_float("clip_min");
  range.max = call.get_float("clip_max");
  if (!(range.min <= range.max)) call.fail("clip range {}..{} is empty", range.min, range.max);
  return range;
}

}  // namespace galet::ops
