// The names that a pickle may use, and what using them gives. Whatever is not in this list is refused.
#pragma once

#include <string>
#include <string_view>

#include "galet/importers/pytorch/pickle.h"

namespace galet::importers::pickle {

enum class Use : uint8_t {
  ordered_dict,       // () or a list of pairs
  rebuild_tensor,     // (storage, offset, size, stride)
  rebuild_tensor_v2,  // the same, requires_grad, hooks
  rebuild_tensor_v3,  // the same, requires_grad, hooks, dtype
  rebuild_parameter,  // (tensor, ...)
  rebuild_from_type,  // (function, type, arguments, state)
  storage,            // an element type, in a persistent id
  untyped_storage,
  dtype,  // an element type, as a value
  inert,  // may stand in a checkpoint beside the weights; galet keeps nothing of it
};

struct Global {
  std::string_view module, name;
  Use use = Use::inert;
  Element element = Element::f32;
};

const Global& global(const Object& object);
/// The row's index. Throws Error for a name that is not in the list: by name, saying that nothing was executed, with advice where the name
/// gives some (a whole model, quantized or sparse tensors).
int64_t find_global(std::string_view module, std::string_view name);

/// What calling a global with a tuple of arguments gives. Throws Error for what does not fit.
Ref reduce(Heap& heap, Ref callable, Ref arguments);
/// The storage that a persistent id names.
Ref load_storage(Heap& heap, Ref id);

}  // namespace galet::importers::pickle
