// torch.save's zip format: ARCHIVE/data.pkl names the tensors, ARCHIVE/data/N hold their bytes, aligned to 64 bytes and not compressed.
#include <limits>

#include "galet/core/crc32.h"
#include "galet/core/file.h"
#include "galet/exporters/weights/named_tensors.h"

namespace galet::exporters {
namespace {

void append(std::string& out, uint64_t value, size_t width) {
  for (size_t i = 0; i < width; ++i) out += static_cast<char>(i < 8 ? value >> (8 * i) & 0xff : 0);
}

/// Stored members, in order, without times, so that the same content gives the same bytes.
class ZipWriter {
 public:
  void add(const std::string& name, std::string_view data) {
    constexpr size_t kAlignment = 64;
    const size_t header = out_.size();
    const uint32_t crc = crc32(std::as_bytes(std::span(data.data(), data.size())));
    const size_t unpadded = header + 30 + name.size() + 4;
    const size_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
    if (out_.size() + data.size() + padding > std::numeric_limits<uint32_t>::max() - (1 << 20) || ++count_ > 0xfffe)
      fail("more than 4 GB or 65,534 tensors do not go into one .pth file; --to safetensors has no such limit");
    append(out_, 0x04034b50, 4);
    common(out_, crc, data.size(), name.size(), 4 + padding);
    out_ += name;
    append(out_, 0x4246, 2);  // "FB": padding, as PyTorch writes it
    append(out_, padding, 2);
    out_.append(padding, 'Z');
    out_ += data;
    append(directory_, 0x02014b50, 4);
    append(directory_, 0, 2);
    common(directory_, crc, data.size(), name.size(), 0);
    append(directory_, 0, 2 + 2 + 2 + 4);  // comment, disk, attributes
    append(directory_, header, 4);
    directory_ += name;
  }
  std::string finish() {
    const size_t begin = out_.size();
    out_ += directory_;
    append(out_, 0x06054b50, 4);
    append(out_, 0, 4);
    append(out_, count_, 2);
    append(out_, count_, 2);
    append(out_, directory_.size(), 4);
    append(out_, begin, 4);
    append(out_, 0, 2);
    return std::move(out_);
  }

 private:
  static void common(std::string& out, uint32_t crc, size_t size, size_t name, size_t extra) {
    append(out, 0, 2 + 2 + 2);  // version, flags, method
    append(out, 0, 2);          // time
    append(out, 0x21, 2);       // 1980-01-01
    append(out, crc, 4);
    append(out, size, 4);
    append(out, size, 4);
    append(out, name, 2);
    append(out, extra, 2);
  }
  std::string out_, directory_;
  size_t count_ = 0;
};

/// Opcodes of protocol 2 that every restricted unpickler knows.
class PickleWriter {
 public:
  PickleWriter() : out_("\x80\x02", 2) { ordered_dict(); }
  void tensor(const std::string& name, const Tensor& data, size_t storage) {
    if (open_ == 0) out_ += '(';
    text(name);
    global("torch._utils", "_rebuild_tensor_v2");
    out_ += "((";
    text("storage");
    global("torch", data.dtype() == DType::f32 ? "FloatStorage" : "LongStorage");
    text(std::to_string(storage));
    text("cpu");
    integer(data.size());
    out_ += "tQ";
    integer(0);
    tuple(data.shape());
    tuple(strides_of(data.shape()));
    out_ += '\x89';
    ordered_dict();
    out_ += "tR";
    if (++open_ == 1000) close();
  }
  std::string finish() {
    close();
    return std::move(out_) + ".";
  }

 private:
  void close() {
    if (open_ != 0) out_ += 'u';
    open_ = 0;
  }
  void ordered_dict() {
    global("collections", "OrderedDict");
    out_ += ")R";
  }
  void global(std::string_view module, std::string_view name) { out_ += fmt::format("c{}\n{}\n", module, name); }
  void text(const std::string& value) {
    out_ += 'X';
    append(out_, value.size(), 4);
    out_ += value;
  }
  void integer(int64_t value) {
    const bool small = value >= 0 && value < (int64_t{1} << 31);
    out_ += small ? "J" : "\x8a\x08";
    append(out_, static_cast<uint64_t>(value), small ? 4 : 8);
  }
  void tuple(const Shape& values) {
    if (values.empty()) {
      out_ += ')';
      return;
    }
    out_ += '(';
    for (const int64_t value : values) integer(value);
    out_ += 't';
  }
  std::string out_;
  int open_ = 0;  // tensors since the mark
};

}  // namespace

WeightsExport export_pth(const Graph& graph, const std::string& path) {
  const NamedTensors named = named_tensors(graph);
  PickleWriter pickle;
  for (size_t i = 0; i < named.tensors.size(); ++i) pickle.tensor(named.tensors[i].name, named.tensors[i].data, i);
  ZipWriter zip;
  zip.add("archive/data.pkl", pickle.finish());
  zip.add("archive/byteorder", "little");
  for (size_t i = 0; i < named.tensors.size(); ++i) {
    const Tensor& data = named.tensors[i].data;
    zip.add(fmt::format("archive/data/{}", i), {reinterpret_cast<const char*>(data.bytes()), data.byte_size()});
  }
  zip.add("archive/version", "3\n");
  write_file(path, zip.finish());
  return {named.tensors.size(), named.notes};
}

}  // namespace galet::exporters
