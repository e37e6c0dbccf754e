#include "galet/torch/train/checkpoint.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/core/tensor.h"

namespace galet::torch::train {
namespace {

static_assert(std::endian::native == std::endian::little);  // as safetensors are

struct Kind {
  const char* name;
  at::ScalarType type;
};
constexpr Kind kKinds[] = {{"F32", at::kFloat}, {"F64", at::kDouble}, {"I64", at::kLong}, {"I32", at::kInt},      {"I8", at::kChar},
                           {"U8", at::kByte},   {"BOOL", at::kBool},  {"F16", at::kHalf}, {"BF16", at::kBFloat16}};

const char* name_of(at::ScalarType type) {
  for (const Kind& kind : kKinds)
    if (kind.type == type) return kind.name;
  fail("a checkpoint cannot hold tensors of {}", c10::toString(type));
}

at::Tensor view(const std::string& name, const nlohmann::json& entry, std::string& bytes, size_t begin_of_data) {
  at::ScalarType type = at::kFloat;
  bool known = false;
  for (const Kind& kind : kKinds)
    if (entry.at("dtype") == kind.name) type = kind.type, known = true;
  if (!known) fail("tensor \"{}\" has the unknown type {}", name, entry.at("dtype").dump());
  const auto shape = entry.at("shape").get<std::vector<int64_t>>();
  const auto range = entry.at("data_offsets").get<std::vector<uint64_t>>();
  const auto size = static_cast<uint64_t>(count(shape)) * c10::elementSize(type);
  const uint64_t room = bytes.size() - begin_of_data;
  if (range.size() != 2 || range[0] > range[1] || range[1] > room || range[1] - range[0] != size)
    fail("tensor \"{}\" of shape {} does not lie in the file", name, to_string(shape));
  at::Tensor tensor = at::empty(shape, type);
  if (size > 0) std::memcpy(tensor.data_ptr(), bytes.data() + begin_of_data + range[0], size);
  return tensor;
}

}  // namespace

void save_checkpoint(const Checkpoint& checkpoint, const std::string& path) {
  nlohmann::ordered_json header;
  header["__metadata__"] = checkpoint.texts;
  std::vector<at::Tensor> tensors;
  size_t offset = 0;
  for (const NamedTensor& named : checkpoint.tensors) {
    if (header.contains(named.name)) fail("two tensors of the checkpoint are called \"{}\"", named.name);
    const at::Tensor& dense = tensors.emplace_back(named.tensor.detach().to(at::kCPU).contiguous());
    header[named.name] = {
        {"dtype", name_of(dense.scalar_type())}, {"shape", dense.sizes().vec()}, {"data_offsets", {offset, offset + dense.nbytes()}}};
    offset += dense.nbytes();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();
  std::string bytes(8 + text.size() + offset, '\0');
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, text.data(), text.size());
  char* to = bytes.data() + 8 + text.size();
  for (const at::Tensor& dense : tensors) {
    if (dense.nbytes() > 0) std::memcpy(to, dense.data_ptr(), dense.nbytes());
    to += dense.nbytes();
  }
  write_file(path, bytes);
}

Checkpoint load_checkpoint(const std::string& path) {
  std::string bytes = read_file(path);
  Checkpoint checkpoint;
  try {
    uint64_t length = 0;
    if (bytes.size() >= 8) std::memcpy(&length, bytes.data(), 8);
    if (length == 0 || length > bytes.size() - 8) fail("its header is cut off");
    const auto header = nlohmann::json::parse(bytes.begin() + 8, bytes.begin() + 8 + static_cast<int64_t>(length));
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__")
        checkpoint.texts = entry.get<std::map<std::string, std::string>>();
      else
        checkpoint.tensors.push_back({name, view(name, entry, bytes, 8 + length)});
    }
  } catch (const std::exception& error) {
    fail("{} is no whole checkpoint: {}", path, error.what());
  }
  return checkpoint;
}

void restore(const Checkpoint& checkpoint, const std::vector<NamedTensor>& into, const std::string& path) {
  const at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> found;
  for (const NamedTensor& named : checkpoint.tensors) found.emplace(named.name, named.tensor);
  for (const NamedTensor& named : into) {
    const auto at = found.find(named.name);
    if (at == found.end()) fail("{} holds another run: it has no tensor \"{}\"", path, named.name);
    if (at->second.sizes() != named.tensor.sizes() || at->second.scalar_type() != named.tensor.scalar_type())
      fail("{} holds another run: its tensor \"{}\" has shape {}, expected {}", path, named.name, to_string(at->second.sizes().vec()),
           to_string(named.tensor.sizes().vec()));
    named.tensor.copy_(at->second);
    found.erase(at);
  }
  if (!found.empty()) fail("{} holds another run: nothing here is called \"{}\"", path, found.begin()->first);
}

}  // namespace galet::torch::train
