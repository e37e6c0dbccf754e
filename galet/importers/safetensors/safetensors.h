// Reads .safetensors files (huggingface/safetensors: 8 bytes with the header's length, a JSON header, the bytes of all tensors).
#pragma once

#include <memory>
#include <span>

#include "galet/importers/weights/state_dict.h"

namespace galet::importers {

/// True when the bytes begin with a plausible length and a JSON object.
bool is_safetensors(std::span<const std::byte> bytes);
/// See read_weights(); `owner` keeps `bytes` alive. Errors do not name the file.
StateDict read_safetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

}  // namespace galet::importers
