// Graph -> .galet: constants are laid out in the data section in the order of graph.values(), equal bytes once.
#include <flatbuffers/flatbuffers.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "galet/core/file.h"
#include "galet/package/checksum.h"
#include "galet/package/encoding.h"
#include "galet/package/header.h"
#include "galet/package/package.h"
#include "galet/package/packing.h"
#include "galet_generated.h"

namespace galet::package {
namespace {

namespace fb = flatbuffers;

class Writer {
 public:
  Writer(const Graph& graph, bool encoded, bool entropy) : graph_(graph), encoded_(encoded), entropy_(entropy) {}

  /// A file of version 3 is worth its while when it saves a 64th, and readable when it keeps within what a reader allows.
  bool pays() const { return saved_ * 64 >= coded_.size() + data_.size() && decoded_ <= decoded_limit(coded_.size() + data_.size()); }

  std::vector<std::byte> write() {
    const std::vector<ValueId> values = graph_.values();
    for (size_t i = 0; i < values.size(); ++i) number_[values[i]] = static_cast<int32_t>(i);
    std::vector<fb::Offset<format::Value>> value_rows;
    for (const ValueId id : values) value_rows.push_back(value(graph_.value(id)));
    std::vector<fb::Offset<format::Node>> node_rows;
    for (const NodeId id : graph_.order()) node_rows.push_back(node(graph_.node(id)));
    const auto values_vector = b_.CreateVector(value_rows);
    const auto nodes_vector = b_.CreateVector(node_rows);
    const auto inputs = numbers(graph_.inputs());
    const auto outputs = numbers(graph_.outputs());
    const ModelInfo& info = graph_.info;
    const auto name = b_.CreateString(info.name);
    const auto order = b_.CreateString(info.preprocessing.order);
    const auto mean = b_.CreateVector(info.preprocessing.mean.data(), 3);
    const auto std = b_.CreateVector(info.preprocessing.std.data(), 3);
    const auto preprocessing = format::CreatePreprocessing(
        b_, info.preprocessing.resize, info.preprocessing.crop_height, info.preprocessing.crop_width, info.preprocessing.stretch, order,
        mean, std, info.preprocessing.assumed, info.preprocessing.letterbox, info.preprocessing.fill);
    const auto labels = b_.CreateVectorOfStrings(info.labels);
    const auto samples = b_.CreateVectorOfStrings(info.calibration_samples);
    std::vector<fb::Offset<format::Entry>> entries;
    for (const auto& [key, text] : info.metadata) {
      const auto key_offset = b_.CreateString(key);
      entries.push_back(format::CreateEntry(b_, key_offset, b_.CreateString(text)));
    }
    const auto metadata = b_.CreateVector(entries);
    b_.Finish(format::CreateModel(b_, name, preprocessing, labels, samples, metadata, graph_.dynamic_batch, values_vector, inputs, outputs,
                                  nodes_vector, coded_.empty() ? 0 : data_.size()));
    data_.insert(data_.end(), coded_.begin(), coded_.end());
    return assemble();
  }

 private:
  fb::Offset<format::TensorRef> tensor(const Tensor& tensor) { return tensor ? place(tensor, encode(tensor, nullptr)) : 0; }

  /// Codes of few bits are packed.
  fb::Offset<format::TensorRef> constant(const Value& v) {
    if (!v.is_constant() || !v.quant) return tensor(v.constant);
    const Encoded stored = encode(v.constant, &*v.quant);
    low_bit_ |= stored.bits != 0;
    return place(v.constant, stored);
  }

  fb::Offset<format::TensorRef> mask(const Value& v) {
    if (!v.mask || !encoded_) return tensor(v.mask);
    return place(v.mask, encode_mask(v.mask, v.constant, entropy_));
  }

  Encoded encode(const Tensor& tensor, const QuantSpec* spec) const {
    return encoded_ ? package::encode(tensor, spec, entropy_) : encode_dense(tensor, spec);
  }

  fb::Offset<format::TensorRef> place(const Tensor& tensor, const Encoded& stored) {
    const auto shape = b_.CreateVector(tensor.shape());
    const bool dense = stored.encoding == Encoding::dense;
    uint64_t offset = coded_.size();
    if (dense) {
      const bool whole = stored.bits == 0;
      offset = place_dense(whole ? std::span(tensor.bytes(), tensor.byte_size()) : std::span<const std::byte>(stored.bytes));
    } else {
      coded_.insert(coded_.end(), stored.bytes.begin(), stored.bytes.end());
      const uint64_t before = stored.bits == 0 ? tensor.byte_size() : packed_bytes(tensor.size(), stored.bits);
      saved_ += before - stored.size;
      decoded_ += tensor.byte_size();
    }
    return format::CreateTensorRef(b_, static_cast<uint8_t>(tensor.dtype()), shape, offset, stored.size, static_cast<uint8_t>(stored.bits),
                                   static_cast<uint8_t>(stored.encoding));
  }

  /// Equal bytes lie there once.
  uint64_t place_dense(std::span<const std::byte> bytes) {
    const auto key = std::pair(checksum(bytes), bytes.size());
    const auto found = placed_.find(key);
    if (found != placed_.end() && std::memcmp(data_.data() + found->second, bytes.data(), bytes.size()) == 0) return found->second;
    const uint64_t offset = placed_[key] = data_.size();
    data_.insert(data_.end(), bytes.begin(), bytes.end());
    data_.resize(aligned(data_.size()));
    return offset;
  }

  fb::Offset<format::Quant> quant(const std::optional<QuantSpec>& spec) {
    if (!spec) return 0;
    const auto scales = b_.CreateVector(spec->scales);
    const bool all_zero = std::all_of(spec->zero_points.begin(), spec->zero_points.end(), [](int32_t z) { return z == 0; });
    const fb::Offset<fb::Vector<int32_t>> zero_points = all_zero ? 0 : b_.CreateVector(spec->zero_points);
    fb::Offset<fb::Vector<int32_t>> levels = 0;
    if (!spec->levels.empty()) levels = b_.CreateVector(spec->levels), low_bit_ = true;
    return format::CreateQuant(b_, static_cast<uint8_t>(spec->storage), spec->qmin, spec->qmax, spec->axis, scales, zero_points,
                               spec->dynamic, levels);
  }

  fb::Offset<format::Stats> stats(const std::optional<Stats>& s) {
    if (!s) return 0;
    const auto observer = b_.CreateSharedString(s->observer);
    return format::CreateStats(b_, s->count, s->min, s->max, s->mean, s->sigma, s->clip_min, s->clip_max, observer);
  }

  fb::Offset<format::Value> value(const Value& v) {
    const auto name = b_.CreateString(v.name);
    const bool input = !v.is_constant() && !v.producer.valid();
    const fb::Offset<fb::Vector<int64_t>> shape = input ? b_.CreateVector(v.shape) : 0;
    const auto codes = constant(v);
    const auto kept = mask(v);
    const auto spec = quant(v.quant);
    return format::CreateValue(b_, name, static_cast<uint8_t>(v.dtype), shape, codes, kept, spec, stats(v.stats));
  }

  fb::Offset<format::Attribute> attribute(const std::string& key, const Attribute& a) {
    const auto name = b_.CreateSharedString(key);
    fb::Offset<fb::String> text = 0;
    fb::Offset<fb::Vector<int64_t>> ints = 0;
    fb::Offset<fb::Vector<float>> floats = 0;
    fb::Offset<format::TensorRef> ref = 0;
    int64_t i = 0;
    float f = 0;
    if (const auto* x = std::get_if<int64_t>(&a)) i = *x;
    if (const auto* x = std::get_if<float>(&a)) f = *x;
    if (const auto* x = std::get_if<std::string>(&a)) text = b_.CreateSharedString(*x);
    if (const auto* x = std::get_if<Ints>(&a)) ints = b_.CreateVector(*x);
    if (const auto* x = std::get_if<Floats>(&a)) floats = b_.CreateVector(*x);
    if (const auto* x = std::get_if<Tensor>(&a)) ref = tensor(*x);
    return format::CreateAttribute(b_, name, static_cast<uint8_t>(a.index()), i, f, text, ints, floats, ref);
  }

  /// Attributes that say what the operator's schema says anyway are left out.
  static bool is_default(const Op& op, const std::string& key, const Attribute& a) {
    return std::any_of(op.attributes.begin(), op.attributes.end(), [&](const AttributeSpec& spec) {
      return spec.name == key && !spec.required && !spec.optional && equal(spec.example, a);
    });
  }

  fb::Offset<format::Node> node(const Node& n) {
    const auto op = b_.CreateSharedString(n.op->name.data(), n.op->name.size());
    const auto name = b_.CreateString(n.name);
    const auto operands = numbers(n.operands);
    const auto results = numbers(n.results);
    std::vector<fb::Offset<format::Attribute>> rows;
    for (const auto& [key, a] : n.attributes)
      if (!is_default(*n.op, key, a)) rows.push_back(attribute(key, a));
    return format::CreateNode(b_, op, name, operands, results, b_.CreateVector(rows));
  }

  fb::Offset<fb::Vector<int32_t>> numbers(const std::vector<ValueId>& ids) {
    std::vector<int32_t> out;
    for (const ValueId id : ids) out.push_back(id.valid() ? number_.at(id) : -1);
    return b_.CreateVector(out);
  }

  std::vector<std::byte> deflated() const {
    uLongf size = compressBound(b_.GetSize());
    std::vector<std::byte> packed(size);
    if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, b_.GetBufferPointer(), b_.GetSize(), 9) != Z_OK)
      fail("zlib could not deflate the metadata");
    packed.resize(size);
    return packed;
  }

  std::vector<std::byte> assemble() const {
    Header header{};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    header.version = !coded_.empty() ? kVersion : low_bit_ ? kLowBitVersion : kPlainVersion;
    const std::vector<std::byte> metadata = deflated();
    header.metadata_bytes = metadata.size();
    header.inflated_bytes = b_.GetSize();
    header.data_bytes = data_.size();
    header.metadata_checksum = checksum(metadata);
    header.data_checksum = checksum(data_);
    std::vector<std::byte> file(sizeof header + aligned(metadata.size()) + data_.size());
    std::memcpy(file.data(), &header, sizeof header);
    std::memcpy(file.data() + sizeof header, metadata.data(), metadata.size());
    if (!data_.empty()) std::memcpy(file.data() + sizeof header + aligned(metadata.size()), data_.data(), data_.size());
    return file;
  }

  const Graph& graph_;
  fb::FlatBufferBuilder b_;
  std::map<ValueId, int32_t> number_;
  std::map<std::pair<uint64_t, size_t>, uint64_t> placed_;
  std::vector<std::byte> data_, coded_;  // dense tensors, mapped by readers; encoded ones, which follow them without gaps
  uint64_t saved_ = 0, decoded_ = 0;     // bytes that encodings saved; that a reader makes of them
  const bool encoded_, entropy_;
  bool low_bit_ = false;
};

}  // namespace

size_t save(const Graph& graph, const std::string& path, const SaveOptions& options) {
  static_assert(std::endian::native == std::endian::little, "a big-endian host would have to swap what it writes");
  verify(graph);
  std::vector<std::byte> file = Writer(graph, false, false).write();
  Writer encoded(graph, true, options.compress);
  std::vector<std::byte> smaller = encoded.write();
  if (encoded.pays() && smaller.size() < file.size()) file = std::move(smaller);
  write_file(path, file);
  return file.size();
}

StoredConstant stored_constant(const Value& value) {
  if (!value.is_constant()) return {};
  const int bits = value.quant ? packed_bits(*value.quant) : 0;
  return {bits == 0 ? value.constant.byte_size() : packed_bytes(value.constant.size(), bits), bits};
}

}  // namespace galet::package
