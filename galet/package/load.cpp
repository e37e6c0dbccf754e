// .galet -> Graph. Nothing of the file is believed before it is checked: header, checksums, FlatBuffers verifier, then every number that
// indexes something.
#include <flatbuffers/flatbuffers.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "galet/core/file.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"
#include "galet/package/checksum.h"
#include "galet/package/encoding.h"
#include "galet/package/header.h"
#include "galet/package/package.h"
#include "galet/package/packing.h"
#include "galet_generated.h"

namespace galet::package {
namespace {

std::string text(const flatbuffers::String* s) { return s == nullptr ? std::string() : s->str(); }

struct File {
  std::shared_ptr<const MappedFile> mapped;
  Header header{};
  std::span<const std::byte> metadata, data;
};

File open(const std::string& path) {
  File file;
  file.mapped = MappedFile::open(path);
  const auto bytes = file.mapped->bytes();
  expect_reading(bytes);
  if (bytes.size() < sizeof(Header) || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0) fail("{} is not a .galet file", path);
  std::memcpy(&file.header, bytes.data(), sizeof(Header));
  const Header& h = file.header;
  if (h.version < kPlainVersion || h.version > kVersion)
    fail("{} has format version {}, this program reads versions {} to {}: use a newer galet", path, h.version, kPlainVersion, kVersion);
  const uint64_t room = bytes.size() - sizeof(Header);
  if (h.metadata_bytes > room || aligned(h.metadata_bytes) > room || h.data_bytes != room - aligned(h.metadata_bytes))
    fail("{} is damaged: it has {} bytes, its header announces {} of metadata and {} of data (was it cut short?)", path, bytes.size(),
         h.metadata_bytes, h.data_bytes);
  file.metadata = bytes.subspan(sizeof(Header), h.metadata_bytes);
  file.data = bytes.subspan(sizeof(Header) + aligned(h.metadata_bytes));
  const auto gap = bytes.subspan(sizeof(Header) + h.metadata_bytes, aligned(h.metadata_bytes) - h.metadata_bytes);
  if (h.reserved != 0 || h.padding != 0 || std::any_of(gap.begin(), gap.end(), [](std::byte b) { return b != std::byte{0}; }))
    fail("{} is damaged: its padding is not zero", path);
  if (checksum(file.metadata) != h.metadata_checksum) fail("{} is damaged: the checksum of its metadata is wrong", path);
  if (checksum(file.data) != h.data_checksum) fail("{} is damaged: the checksum of its data is wrong", path);
  return file;
}

std::vector<uint8_t> inflated(const File& file, const std::string& path) {
  constexpr uint64_t kMostRatio = 1100;  // deflate cannot do better than 1032
  if (file.header.inflated_bytes / kMostRatio > file.metadata.size())
    fail("{} is damaged: it announces {} bytes of metadata", path, file.header.inflated_bytes);
  std::vector<uint8_t> metadata(file.header.inflated_bytes);
  uLongf size = metadata.size();
  if (uncompress(metadata.data(), &size, reinterpret_cast<const Bytef*>(file.metadata.data()), file.metadata.size()) != Z_OK ||
      size != metadata.size())
    fail("{} is damaged: its metadata cannot be inflated", path);
  return metadata;
}

class Reader {
 public:
  Reader(const File& file, const format::Model& model) : file_(file), model_(model) {
    if (model.coded() > file.data.size()) fail("its encoded tensors begin outside of the data section");
    coded_ = file.data.subspan(model.coded());
  }

  Graph read() {
    read_info();
    const auto& rows = *model_.values();
    ids_.resize(rows.size());
    for (const int32_t number : list(model_.inputs())) {
      const format::Value& row = value_row(number);
      if (ids_[static_cast<size_t>(number)].valid()) fail("value {} is an input twice", number);
      ids_[static_cast<size_t>(number)] = check_name(graph_.add_input(row.name()->str(), dtype(row.dtype()), shape(row.shape())), row);
    }
    for (uint32_t i = 0; i < rows.size(); ++i) {
      const format::Value& row = *rows.Get(i);
      if (row.constant() == nullptr) continue;
      if (ids_[i].valid()) fail("value \"{}\" is both input and constant", row.name()->str());
      ids_[i] = check_name(graph_.add_constant(row.name()->str(), constant(row), quant(row.quant())), row);
    }
    if (model_.nodes() != nullptr)
      for (const format::Node* row : *model_.nodes()) read_node(*row);
    read_facts();
    for (const int32_t number : list(model_.outputs())) graph_.add_output(id(number));
    verify(graph_);
    return std::move(graph_);
  }

 private:
  template <typename T>
  static std::vector<T> list(const flatbuffers::Vector<T>* v) {
    if (v == nullptr) return {};
    return {v->begin(), v->end()};
  }
  static DType dtype(uint8_t code) {
    if (code > static_cast<uint8_t>(DType::boolean)) fail("element type {} is unknown", code);
    return static_cast<DType>(code);
  }
  static Shape shape(const flatbuffers::Vector<int64_t>* v) {
    Shape s = list(v);
    count(s);
    return s;
  }
  const format::Value& value_row(int32_t number) const {
    if (number < 0 || static_cast<uint32_t>(number) >= model_.values()->size()) fail("value number {} does not exist", number);
    return *model_.values()->Get(static_cast<uint32_t>(number));
  }
  ValueId id(int32_t number) const {
    const format::Value& row = value_row(number);
    const ValueId found = ids_[static_cast<size_t>(number)];
    if (!found.valid()) fail("value \"{}\" is read before it is computed", row.name()->str());
    return found;
  }
  ValueId check_name(ValueId made, const format::Value& row) const {
    if (graph_.value(made).name != row.name()->str()) fail("two values are called \"{}\"", row.name()->str());
    return made;
  }

  std::span<const std::byte> bytes(const format::TensorRef& ref) const {
    const bool dense = ref.encoding() == 0;
    const auto section = dense ? file_.data : coded_;
    if ((dense && ref.offset() % kAlignment != 0) || ref.offset() > section.size() || ref.bytes() > section.size() - ref.offset())
      fail("a tensor lies outside of the data section (offset {}, {} bytes)", ref.offset(), ref.bytes());
    return section.subspan(ref.offset(), ref.bytes());
  }

  /// `spec`: of a quantized constant, else null. `constant`: of a mask, else null.
  Tensor tensor(const format::TensorRef& ref, const std::string& name, const QuantSpec* spec = nullptr, const Tensor* constant = nullptr) {
    if (ref.bits() != (spec == nullptr ? 0 : packed_bits(*spec)) || (ref.bits() != 0 && dtype(ref.dtype()) != spec->storage))
      fail("\"{}\" is packed in {} bits, which is not what its quantization says", name, ref.bits());
    if (ref.encoding() > static_cast<uint8_t>(kLastEncoding)) fail("\"{}\" has the unknown encoding {}", name, ref.encoding());
    const auto encoding = static_cast<Encoding>(ref.encoding());
    if (encoding != Encoding::dense && file_.header.version < kVersion)
      fail("\"{}\" is encoded, which version {} knows not", name, file_.header.version);
    if (encoding == Encoding::dense && ref.bits() == 0) return Tensor(dtype(ref.dtype()), shape(ref.shape()), bytes(ref), file_.mapped);
    const Shape extents = shape(ref.shape());
    decoded_ += static_cast<uint64_t>(count(extents)) * size_of(dtype(ref.dtype()));
    if (encoding != Encoding::dense && decoded_ > decoded_limit(file_.data.size()))
      fail("{} bytes claim to be more than {}", file_.data.size(), decoded_);
    try {
      return decode(encoding, bytes(ref), dtype(ref.dtype()), extents, spec, constant);
    } catch (const Error& error) {
      fail("\"{}\" ({}) is damaged: {}", name, to_string(encoding), error.what());
    }
  }

  Tensor constant(const format::Value& row) {
    const auto spec = quant(row.quant());
    return tensor(*row.constant(), row.name()->str(), spec ? &*spec : nullptr);
  }

  static std::optional<QuantSpec> quant(const format::Quant* q) {
    if (q == nullptr) return std::nullopt;
    QuantSpec spec;
    spec.storage = dtype(q->storage());
    spec.qmin = q->qmin();
    spec.qmax = q->qmax();
    spec.axis = q->axis();
    spec.scales = list(q->scales());
    spec.zero_points = q->zero_points() == nullptr ? std::vector<int32_t>(spec.scales.size(), 0) : list(q->zero_points());
    spec.dynamic = q->dynamic();
    spec.levels = list(q->levels());
    return spec;
  }

  Attribute attribute(const format::Attribute& row) {
    switch (row.kind()) {
      case 0:
        return row.i();
      case 1:
        return row.f();
      case 2:
        return text(row.s());
      case 3:
        return list(row.ints());
      case 4:
        return list(row.floats());
      case 5:
        if (row.tensor() != nullptr) return tensor(*row.tensor(), row.name()->str());
        break;
    }
    fail("attribute {} has the unknown kind {}", row.name()->str(), row.kind());
  }

  void read_node(const format::Node& row) {
    const Op* op = ops::find(row.op()->string_view());
    if (op == nullptr)
      fail("node \"{}\" has the unknown operator \"{}\": the file may come from a newer galet", row.name()->str(), row.op()->str());
    std::vector<ValueId> operands;
    for (const int32_t number : list(row.operands())) operands.push_back(number < 0 ? ValueId{} : id(number));
    Attributes attributes;
    if (row.attributes() != nullptr)
      for (const format::Attribute* a : *row.attributes()) attributes.insert_or_assign(a->name()->str(), attribute(*a));
    const std::vector<int32_t> results = list(row.results());
    std::vector<std::string> names;
    for (const int32_t number : results) names.push_back(value_row(number).name()->str());
    const NodeId node = graph_.add_node(*op, row.name()->str(), std::move(operands), std::move(attributes), names);
    if (graph_.node(node).name != row.name()->str()) fail("two nodes are called \"{}\"", row.name()->str());
    if (graph_.node(node).results.size() != results.size())
      fail("node \"{}\" has {} results, its operator gives {}", row.name()->str(), results.size(), graph_.node(node).results.size());
    for (size_t i = 0; i < results.size(); ++i) {
      auto& slot = ids_[static_cast<size_t>(results[i])];
      if (slot.valid()) fail("value \"{}\" is computed twice", names[i]);
      slot = check_name(graph_.result(node, i), value_row(results[i]));
    }
  }

  void read_facts() {
    Rewriter rewriter(graph_);
    for (uint32_t i = 0; i < ids_.size(); ++i) {
      const format::Value& row = *model_.values()->Get(i);
      if (!ids_[i].valid()) fail("value \"{}\" is computed by no node", row.name()->str());
      if (row.constant() == nullptr) rewriter.set_quant(ids_[i], quant(row.quant()));
      if (row.mask() != nullptr)
        rewriter.set_mask(ids_[i], tensor(*row.mask(), row.name()->str(), nullptr, &graph_.value(ids_[i]).constant));
      if (const format::Stats* s = row.stats())
        rewriter.set_stats(ids_[i],
                           Stats{s->count(), s->min(), s->max(), s->mean(), s->sigma(), s->clip_min(), s->clip_max(), text(s->observer())});
    }
  }

  void read_info() {
    ModelInfo& info = graph_.info;
    info.name = text(model_.name());
    if (const format::Preprocessing* p = model_.preprocessing()) {
      if (p->mean() == nullptr || p->mean()->size() != 3 || p->std() == nullptr || p->std()->size() != 3)
        fail("preprocessing needs three means and three deviations");
      info.preprocessing = {p->resize(), p->crop_height(), p->crop_width(), p->stretch(), text(p->order()), {},
                            {},          p->assumed(),     p->letterbox(),  p->fill()};
      for (uint32_t i = 0; i < 3; ++i) {
        info.preprocessing.mean[i] = p->mean()->Get(i);
        info.preprocessing.std[i] = p->std()->Get(i);
      }
    }
    if (model_.labels() != nullptr)
      for (const flatbuffers::String* label : *model_.labels()) info.labels.push_back(text(label));
    if (model_.metadata() != nullptr)
      for (const format::Entry* entry : *model_.metadata()) info.metadata.insert_or_assign(entry->key()->str(), text(entry->text()));
    if (model_.samples() != nullptr)
      for (const flatbuffers::String* sample : *model_.samples()) info.calibration_samples.push_back(text(sample));
    graph_.dynamic_batch = model_.dynamic_batch();
  }

  const File& file_;
  const format::Model& model_;
  std::span<const std::byte> coded_;
  uint64_t decoded_ = 0;  // bytes made of encoded tensors so far
  Graph graph_;
  std::vector<ValueId> ids_;
};

}  // namespace

namespace {

/// What the FlatBuffers verifier has checked.
class Metadata {
 public:
  Metadata(const File& file, const std::string& path) : bytes_(inflated(file, path)) {
    flatbuffers::Verifier verifier(bytes_.data(), bytes_.size(), 64, 100'000'000);
    if (!format::VerifyModelBuffer(verifier)) fail("{} is damaged: its metadata is not well formed", path);
  }
  const format::Model& model() const { return *format::GetModel(bytes_.data()); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace

Graph load(const std::string& path) {
  const File file = open(path);
  const Metadata metadata(file, path);
  try {
    Graph graph = Reader(file, metadata.model()).read();
    release_mapped(file.mapped->bytes());  // the checksum has read them all
    return graph;
  } catch (const Error& error) {
    fail("{}: {}", path, error.what());
  }
}

bool is_package(const std::string& path) {
  const auto mapped = MappedFile::open(path);
  return mapped->bytes().size() >= sizeof kMagic && std::memcmp(mapped->bytes().data(), kMagic, sizeof kMagic) == 0;
}

Sections sections(const std::string& path) {
  const File file = open(path);
  return {file.metadata.size() + sizeof(Header), file.data.size(), file.mapped->bytes().size()};
}

std::vector<StoredTensor> stored_tensors(const std::string& path) {
  const File file = open(path);
  const Metadata metadata(file, path);
  std::vector<StoredTensor> tensors;
  const auto add = [&](const format::TensorRef* ref, const flatbuffers::String* name, StoredTensor::Kind kind) {
    if (ref == nullptr) return;
    if (ref->dtype() > static_cast<uint8_t>(DType::boolean)) fail("{}: element type {} is unknown", path, ref->dtype());
    const int64_t elements = count(ref->shape() == nullptr ? Shape{} : Shape(ref->shape()->begin(), ref->shape()->end()));
    const auto encoding = static_cast<Encoding>(ref->encoding());
    tensors.push_back({text(name), kind, std::string(to_string(encoding)), ref->bits(), elements,
                       static_cast<uint64_t>(elements) * size_of(static_cast<DType>(ref->dtype())), ref->bytes()});
  };
  for (const format::Value* value : *metadata.model().values()) {
    add(value->constant(), value->name(), StoredTensor::Kind::constant);
    add(value->mask(), value->name(), StoredTensor::Kind::mask);
  }
  if (metadata.model().nodes() != nullptr)
    for (const format::Node* node : *metadata.model().nodes())
      if (node->attributes() != nullptr)
        for (const format::Attribute* attribute : *node->attributes())
          add(attribute->tensor(), node->name(), StoredTensor::Kind::attribute);
  return tensors;
}

bool is_compressed(const std::string& path) {
  const std::vector<StoredTensor> tensors = stored_tensors(path);
  return std::any_of(tensors.begin(), tensors.end(), [](const StoredTensor& t) { return t.encoding == to_string(Encoding::range_coded); });
}

}  // namespace galet::package
