// Reads a pickle (protocols 2 to 5) without being able to run anything.
#pragma once

#include <span>

#include "galet/importers/pytorch/pickle.h"

namespace galet::importers::pickle {

/// Reads one pickle that begins at `begin` and returns its object; `begin` is moved behind it. Opcodes build tensors, containers and
/// scalars and look names up in the list of globals.h; every other opcode and name is refused. Throws Error: "opcode GLOBAL at byte 12:
/// ...".
Ref unpickle(std::span<const std::byte> bytes, size_t& begin, Heap& heap);

}  // namespace galet::importers::pickle
