#include <array>

#include "galet/core/file.h"
#include "galet/importers/pytorch/pytorch.h"
#include "galet/importers/safetensors/safetensors.h"
#include "galet/importers/weights/state_dict.h"

namespace galet::importers {
namespace {

using Bytes = std::span<const std::byte>;

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
  return text;
}

bool is_tar(Bytes bytes) { return bytes.size() > 512 && std::string_view(reinterpret_cast<const char*>(bytes.data()) + 257, 5) == "ustar"; }

/// torch.nn.DataParallel and torch.compile put these in front of every name.
void strip_prefixes(StateDict& state) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view prefix : {"module.", "_orig_mod."}) {
      bool all = !state.tensors.empty();
      for (const StoredTensor& tensor : state.tensors) all &= tensor.name.starts_with(prefix) && tensor.name.size() > prefix.size();
      if (!all) continue;
      for (StoredTensor& tensor : state.tensors) tensor.name.erase(0, prefix.size());
      state.notes.push_back(fmt::format("prefix \"{}\" taken off all {} names", prefix, state.tensors.size()));
      again = true;
    }
  }
}

StateDict read(const std::string& path, const std::string& key) {
  const std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  const Bytes bytes = file->bytes();
  if (is_pytorch(bytes)) return read_pytorch(bytes, file, key);
  if (is_tar(bytes)) fail("this is a tar archive, as torch.save wrote before version 0.1.10: load it and save it again");
  if (!is_safetensors(bytes)) fail("not a file of weights: expected .pth, .pt, .th (torch.save) or .safetensors");
  if (!key.empty()) fail("--key is for checkpoints that hold several things; a safetensors file is one state dict");
  return read_safetensors(bytes, file);
}

}  // namespace

StateDict read_weights(const std::string& path, const std::string& key) {
  StateDict state;
  try {
    state = read(path, key);
  } catch (const Error& error) {
    const std::string text = one_line(error.what());
    throw Error(text.starts_with(path) || text.starts_with("cannot ") ? text : path + ": " + text);
  }
  state.path = path;
  strip_prefixes(state);
  return state;
}

bool is_weights(const std::string& path) {
  const std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  return is_pytorch(file->bytes()) || is_safetensors(file->bytes());
}

}  // namespace galet::importers
