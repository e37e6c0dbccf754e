#include "galet/importers/pytorch/pytorch.h"

#include <algorithm>
#include <map>
#include <set>

#include "galet/importers/pytorch/find_state_dict.h"
#include "galet/importers/pytorch/unpickler.h"
#include "galet/importers/pytorch/zip_archive.h"

namespace galet::importers {
namespace {

using Bytes = std::span<const std::byte>;
using pickle::Heap;
using pickle::Kind;

/// An unpickled file: the object, and the bytes of every storage that it names.
struct Unpickled {
  std::string format;
  Heap heap;
  pickle::Ref root = 0;
  std::vector<Bytes> storages;
  std::vector<ZipArchive::Member> members;  // of the storages, with their checksums; the legacy format has none
};

size_t byte_size(const pickle::Storage& storage) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<size_t>(storage.count), storage.untyped ? 1 : size_of(storage.element), &bytes))
    fail("storage \"{}\" of {} elements is too large", storage.key, storage.count);
  return bytes;
}

Unpickled read_zip(Bytes bytes) {
  const ZipArchive archive(bytes);
  // PyTorch's reader takes the folder of the first record; there is exactly one.
  const ZipArchive::Member* data = nullptr;
  for (const ZipArchive::Member& member : archive.members()) {
    if (member.name != "data.pkl" && !member.name.ends_with("/data.pkl")) continue;
    if (data != nullptr) fail("zip archive has two pickles, \"{}\" and \"{}\"", data->name, member.name);
    data = &member;
  }
  if (data == nullptr) fail("zip archive without data.pkl: torch.save did not write it");
  const std::string folder(data->name.substr(0, data->name.size() - 8));
  if (archive.find(folder + "constants.pkl") != nullptr)
    fail("this is a TorchScript archive (a program with its weights), not a state dict: `galet torchscript_import` reads it");
  if (const ZipArchive::Member* order = archive.find(folder + "byteorder")) {
    const std::string_view text(reinterpret_cast<const char*>(order->bytes.data()), order->bytes.size());
    if (text != "little") fail("its numbers are in another byte order than little-endian");
  }
  ZipArchive::check(*data);
  Unpickled file{.format = "PyTorch zip", .heap = {}, .storages = {}, .members = {}};
  size_t begin = 0;
  try {
    file.root = pickle::unpickle(data->bytes, begin, file.heap);
  } catch (const Error& error) {
    fail("{}: {}", data->name, error.what());
  }
  if (begin != data->bytes.size()) fail("{}: {} bytes follow the pickle", data->name, data->bytes.size() - begin);
  for (const pickle::Storage& storage : file.heap.storages) {
    const ZipArchive::Member* member = archive.find(folder + "data/" + storage.key);
    if (member == nullptr) fail("storage \"{}\" is not in the archive", storage.key);
    if (member->bytes.size() != byte_size(storage))
      fail("storage \"{}\" has {} bytes, expected {}", storage.key, member->bytes.size(), byte_size(storage));
    file.storages.push_back(member->bytes);
    file.members.push_back(*member);
  }
  return file;
}

constexpr std::string_view kLegacyMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);

/// Magic number, protocol 1001, a dict about the machine, the object, the list of storage keys; then, in the order of the keys, each
/// storage's number of elements and its bytes.
Unpickled read_legacy(Bytes bytes) {
  Unpickled file{.format = "PyTorch legacy", .heap = {}, .storages = {}, .members = {}};
  Heap& heap = file.heap;
  size_t at = kLegacyMagic.size();
  const pickle::Ref version = pickle::unpickle(bytes, at, heap);
  if (heap[version].kind != Kind::integer || heap[version].integer != 1001)
    fail("it is of another version than 1001 of PyTorch's legacy format");
  const pickle::Object& machine = heap[pickle::unpickle(bytes, at, heap)];
  for (size_t i = 0; machine.kind == Kind::dict && i + 1 < machine.items.size(); i += 2)
    if (heap[machine.items[i]].text == "little_endian" && heap[machine.items[i + 1]].integer != 1)
      fail("its numbers are in another byte order than little-endian");
  file.root = pickle::unpickle(bytes, at, heap);
  const pickle::Object& keys = heap[pickle::unpickle(bytes, at, heap)];
  if (keys.kind != Kind::list) fail("a {} stands where the list of storages should be", to_string(keys.kind));
  file.storages.resize(heap.storages.size());
  std::set<size_t> read;
  for (const pickle::Ref key : keys.items) {
    const auto known = heap.storage_index.find(std::string(heap[key].text));
    if (heap[key].kind != Kind::text || known == heap.storage_index.end()) fail("its list of storages names one that no tensor uses");
    if (!read.insert(known->second).second) fail("storage \"{}\" is listed twice", known->first);
    const pickle::Storage& storage = heap.storages[known->second];
    uint64_t count = 0;
    if (bytes.size() - at < 8) fail("it is cut off at storage \"{}\"", storage.key);
    std::memcpy(&count, bytes.data() + at, 8);
    at += 8;
    if (count != static_cast<uint64_t>(storage.count))
      fail("storage \"{}\" has {} elements, its tensors expect {}", storage.key, count, storage.count);
    if (byte_size(storage) > bytes.size() - at) fail("it is cut off in storage \"{}\"", storage.key);
    file.storages[known->second] = bytes.subspan(at, byte_size(storage));
    at += byte_size(storage);
  }
  if (read.size() != heap.storages.size()) fail("{} of {} storages are missing", heap.storages.size() - read.size(), heap.storages.size());
  if (at != bytes.size()) fail("{} bytes follow the last storage", bytes.size() - at);
  return file;
}

/// Makes tensors of views; views of the same elements become one tensor. What must be copied (other strides, half floats) is bounded by a
/// multiple of the file: a stride of 0 can ask for any amount.
class Materializer {
 public:
  Materializer(const Unpickled& file, size_t file_size, std::shared_ptr<const void> owner)
      : file_(file), most_(4 * file_size + (size_t{1} << 16)), owner_(std::move(owner)) {}

  StoredTensor make(std::string name, const pickle::TensorView& view) {
    StoredTensor stored{std::move(name), {}, view.element};
    const Key key{view.storage, view.offset, static_cast<int64_t>(view.element), view.shape, view.strides};
    Tensor& made = made_[key];
    if (!made) made = tensor(stored.name, view);
    stored.data = made;
    return stored;
  }

 private:
  using Key = std::tuple<size_t, int64_t, int64_t, Shape, Shape>;

  void charge(const std::string& name, size_t bytes) {
    if (bytes > most_ - std::min(most_, copied_))
      fail("tensor \"{}\" and those before it would need more than {} bytes, four times the file: they repeat elements", name, most_);
  }

  Tensor tensor(const std::string& name, const pickle::TensorView& view) {
    const size_t width = size_of(view.element), n = static_cast<size_t>(count(view.shape));
    if (n > most_) charge(name, n);
    if (!file_.members.empty() && checked_.insert(view.storage).second) ZipArchive::check(file_.members[view.storage]);
    const Bytes storage = file_.storages[view.storage];
    const Shape dense = strides_of(view.shape);
    bool contiguous = true;
    for (size_t i = 0; i < dense.size(); ++i) contiguous &= view.shape[i] == 1 || view.strides[i] == dense[i];
    if (contiguous || n == 0) {
      charge(name, size_of(kept_as(view.element)) == width ? 0 : n * size_of(kept_as(view.element)));
      return to_tensor(view.element, view.shape, n == 0 ? Bytes{} : storage.subspan(static_cast<size_t>(view.offset) * width, n * width),
                       owner_, copied_);
    }
    charge(name, n * (width + size_of(kept_as(view.element))));
    auto packed = std::make_shared<std::vector<std::byte>>(n * width);
    std::byte* dst = packed->data();
    Shape index(view.shape.size(), 0);
    for (size_t i = 0; i < n; ++i, dst += width) {
      int64_t at = view.offset;
      for (size_t axis = 0; axis < index.size(); ++axis) at += index[axis] * view.strides[axis];
      std::memcpy(dst, storage.data() + static_cast<size_t>(at) * width, width);
      for (size_t axis = index.size(); axis-- > 0;) {
        if (++index[axis] < view.shape[axis]) break;
        index[axis] = 0;
      }
    }
    copied_ += n * width;
    return to_tensor(view.element, view.shape, *packed, packed, copied_);
  }

  const Unpickled& file_;
  size_t most_, copied_ = 0;
  std::shared_ptr<const void> owner_;
  std::map<Key, Tensor> made_;
  std::set<size_t> checked_;  // storages whose checksum was verified
};

/// Names are printed, compared and written into other files.
std::string checked_name(std::string_view text) {
  if (text.empty() || text.size() > 1000) fail("a tensor's name has {} characters, expected 1 to 1000", text.size());
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 32 || c == 127) fail("a tensor's name holds control characters");
  return std::string(text);
}

}  // namespace

bool is_pytorch(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.starts_with("PK\x03\x04") || (text.size() > 1 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5);
}

StateDict read_pytorch(Bytes bytes, std::shared_ptr<const void> owner, const std::string& key) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool zip = text.starts_with("PK\x03\x04");
  if (!zip && !text.starts_with(kLegacyMagic)) fail("this is a pickle, but not one that torch.save wrote");
  const Unpickled file = zip ? read_zip(bytes) : read_legacy(bytes);
  const pickle::FoundDict found = pickle::find_state_dict(file.heap, file.root, key);
  StateDict state{.path = {}, .format = file.format, .key = found.key, .tensors = {}, .notes = {}};
  if (!found.key.empty()) state.notes.push_back(fmt::format("state dict taken from \"{}\"", found.key));
  if (!found.others.empty())
    state.notes.push_back(fmt::format("other state dicts left alone: \"{}\"{} (--key chooses)", found.others.front(),
                                      found.others.size() > 1 ? fmt::format(" and {} more", found.others.size() - 1) : ""));
  Materializer materializer(file, bytes.size(), std::move(owner));
  std::set<std::string> names;
  size_t others = 0;
  const pickle::Object& dict = file.heap[found.dict];
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const pickle::Object& value = file.heap[dict.items[i + 1]];
    others += value.kind != Kind::tensor;
    if (value.kind != Kind::tensor) continue;
    const std::string name = checked_name(file.heap[dict.items[i]].text);
    if (!names.insert(name).second) fail("two tensors are named \"{}\"", name);
    state.tensors.push_back(materializer.make(name, file.heap.tensors[static_cast<size_t>(value.integer)]));
  }
  if (others != 0) state.notes.push_back(fmt::format("{} entries that are no tensors left out", others));
  return state;
}

}  // namespace galet::importers
