// 8 bytes with the header's length, a JSON header padded with spaces to a multiple of 8, the tensors side by side, wide elements first so
// that each is aligned.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "galet/core/file.h"
#include "galet/exporters/weights/named_tensors.h"

namespace galet::exporters {

WeightsExport export_safetensors(const Graph& graph, const std::string& path) {
  NamedTensors named = named_tensors(graph);
  std::stable_sort(named.tensors.begin(), named.tensors.end(),
                   [](const NamedTensor& a, const NamedTensor& b) { return size_of(a.data.dtype()) > size_of(b.data.dtype()); });
  nlohmann::ordered_json header{{"__metadata__", {{"format", "pt"}}}};
  size_t at = 0;
  for (const NamedTensor& tensor : named.tensors) {
    const size_t end = at + tensor.data.byte_size();
    header[tensor.name] = {
        {"dtype", tensor.data.dtype() == DType::f32 ? "F32" : "I64"}, {"shape", tensor.data.shape()}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string out;
  out.reserve(8 + text.size() + at);
  for (size_t i = 0; i < 8; ++i) out += static_cast<char>(text.size() >> (8 * i) & 0xff);
  out += text;
  for (const NamedTensor& tensor : named.tensors) out.append(reinterpret_cast<const char*>(tensor.data.bytes()), tensor.data.byte_size());
  write_file(path, out);
  return {named.tensors.size(), std::move(named.notes)};
}

}  // namespace galet::exporters
