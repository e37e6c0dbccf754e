// MNIST's idx format: big-endian magic (0, 0, type 8 = uint8, dimensions), extents, then the values; plain or gzipped.
#include <zlib.h>

#include <filesystem>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/data/datasets/memory.h"

namespace galet::data {
namespace {

/// Refuses to grow beyond what an idx file may sensibly hold.
constexpr size_t kMostBytes = size_t{4} << 30;

std::string inflate_file(const std::string& packed, const std::string& path) {
  struct Stream : z_stream {
    Stream() : z_stream{} {}
    ~Stream() { inflateEnd(this); }
  } stream;
  if (inflateInit2(&stream, 15 + 16) != Z_OK) fail("{}: no memory to unpack it", path);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string plain;
  int status = Z_OK;
  while (status == Z_OK) {
    char piece[1 << 16];
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    status = inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) break;
    plain.append(piece, sizeof piece - stream.avail_out);
    if (plain.size() > kMostBytes) fail("{}: unpacks to more than {} bytes", path, kMostBytes);
  }
  if (status != Z_STREAM_END) fail("{}: the gzip data is {}", path, status == Z_BUF_ERROR ? "truncated" : "damaged");
  return plain;
}

struct Idx {
  std::shared_ptr<const std::string> bytes;
  std::vector<int64_t> extents;
  const uint8_t* values = nullptr;
};

Idx read_idx(const std::string& path, size_t dimensions) {
  std::string content = read_file(path);
  if (content.size() > kMostBytes) fail("{}: larger than {} bytes", path, kMostBytes);
  if (content.starts_with("\x1f\x8b")) content = inflate_file(content, path);
  Idx idx{std::make_shared<const std::string>(std::move(content)), {}, nullptr};
  const std::string& bytes = *idx.bytes;
  if (bytes.size() < 4 || bytes[0] != 0 || bytes[1] != 0) fail("{}: not an idx file (it does not start with two zero bytes)", path);
  if (bytes[2] != 8) fail("{}: idx element type {:#04x} is not read, expected 0x08 (uint8)", path, static_cast<uint8_t>(bytes[2]));
  const size_t found = static_cast<uint8_t>(bytes[3]), start = 4 + 4 * dimensions;
  if (found != dimensions) fail("{}: the idx file has {} dimensions, expected {}", path, found, dimensions);
  if (bytes.size() < start) fail("{}: truncated within its header", path);
  size_t wanted = 1;
  for (size_t d = 0; d < dimensions; ++d) {
    size_t extent = 0;
    for (size_t i = 0; i < 4; ++i) extent = extent << 8 | static_cast<uint8_t>(bytes[4 + 4 * d + i]);
    idx.extents.push_back(static_cast<int64_t>(extent));
    if (extent != 0 && wanted > kMostBytes / extent) fail("{}: its header promises more than {} bytes", path, kMostBytes);
    wanted *= extent;
  }
  if (wanted == 0) fail("{}: the idx file is empty", path);
  if (bytes.size() - start < wanted)
    fail("{}: truncated: {} bytes of values are promised, {} are there", path, wanted, bytes.size() - start);
  idx.values = reinterpret_cast<const uint8_t*>(bytes.data()) + start;
  return idx;
}

/// train-images-idx3-ubyte.gz to train-labels-idx1-ubyte.gz; empty when the name is none of the usual ones.
std::string labels_path(const std::string& images) {
  const std::filesystem::path path(images);
  std::string name = path.filename().string();
  const size_t at = name.find("images"), digit = name.find("idx3");
  if (at == name.npos || digit == name.npos) return {};
  name[digit + 3] = '1';
  name.replace(at, 6, "labels");
  const std::string full = (path.parent_path() / name).string();
  if (exists(full)) return full;
  const std::string other = full.ends_with(".gz") ? full.substr(0, full.size() - 3) : full + ".gz";
  return exists(other) ? other : std::string();
}

std::string images_in(const std::string& dir, const std::string& split) {
  std::vector<std::string> found;
  for (const std::string& name : list_names(dir, false)) {
    if (name.find("images") == name.npos || name.find("idx3") == name.npos) continue;
    const bool is_train = name.starts_with("train");
    if ((split == "train" && !is_train) || (split == "test" && is_train)) continue;
    found.push_back(dir + "/" + name);
  }
  if (found.empty()) fail("data set mnist:{}: no {}images-idx3-ubyte file in it", dir, split == "train" ? "train-" : "");
  // A packed and an unpacked copy of one file are one.
  if (found.size() > 1 && !(found.size() == 2 && found[1] == found[0] + ".gz")) {
    fail("data set mnist:{}: it holds {}; write mnist:{},train or mnist:{},test or name the file", dir, fmt::join(found, " and "), dir,
         dir);
  }
  return found[0];
}

}  // namespace

std::unique_ptr<Dataset> open_mnist(const std::string& where) {
  const std::vector<std::string> parts = split_at(where, ',');
  std::string file = parts[0];
  if (parts.size() > 2 || (parts.size() == 2 && (!is_folder(file) || (parts[1] != "train" && parts[1] != "test")))) {
    fail("data set mnist:{}: expected mnist:FILE, mnist:DIR, mnist:DIR,train or mnist:DIR,test", where);
  }
  if (is_folder(file)) file = images_in(file, parts.size() == 2 ? parts[1] : "");
  const Idx images = read_idx(file, 3);
  const int64_t height = images.extents[1], width = images.extents[2];
  if (height > 65536 || width > 65536) fail("{}: images of {}x{} pixels, expected sides of at most 65536", file, width, height);
  Block block;
  block.name = file;
  block.owner = images.bytes;
  block.first = images.values;
  block.count = images.extents[0];
  block.stride = height * width;
  std::vector<std::string> classes;
  if (const std::string path = labels_path(file); !path.empty()) {
    const Idx labels = read_idx(path, 1);
    if (labels.extents[0] != block.count) fail("{}: {} labels for {} images in {}", path, labels.extents[0], block.count, file);
    block.labels.assign(labels.values, labels.values + block.count);
  }
  return std::make_unique<Blocks>(std::vector<Block>{std::move(block)}, 1, static_cast<int>(height), static_cast<int>(width), false,
                                  std::move(classes), where);
}

}  // namespace galet::data
