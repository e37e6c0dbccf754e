// Reads .pth, .pt and .th files: PyTorch's zip format and the one before 1.6.
#pragma once

#include <memory>
#include <span>

#include "galet/importers/weights/state_dict.h"

namespace galet::importers {

/// True when the bytes begin as torch.save's files do: a zip header or a pickle of protocol 2 or later.
bool is_pytorch(std::span<const std::byte> bytes);
/// See read_weights(); `owner` keeps `bytes` alive. Errors do not name the file.
StateDict read_pytorch(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::string& key);

}  // namespace galet::importers
