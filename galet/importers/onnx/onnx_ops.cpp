#include "galet/importers/onnx/onnx_ops.h"

#include "galet/ops/ops.h"

namespace galet::importers {
namespace {

const std::vector<OnnxOp>& rows() {
  static const std::vector<OnnxOp> kRows{
#define ONNX_OP(type, convert, ...) OnnxOp{"", #type, convert, {__VA_ARGS__}, {}},
#define ONNX_SIMPLE(type, op, ...) OnnxOp{"", #type, import_simple, {op}, {__VA_ARGS__}},
#define MICROSOFT_OP(type, convert, ...) OnnxOp{"com.microsoft", #type, convert, {__VA_ARGS__}, {}},
#include "galet/importers/onnx/onnx_ops.inc"
#undef ONNX_OP
#undef ONNX_SIMPLE
#undef MICROSOFT_OP
  };
  return kRows;
}

}  // namespace

const OnnxOp* find_onnx_op(const std::string& domain, const std::string& type) {
  for (const OnnxOp& row : rows()) {
    if (row.type != type || row.domain != domain) continue;
    for (const std::string_view op : row.needs)
      if (ops::find(op) == nullptr) return nullptr;
    return &row;
  }
  return nullptr;
}

std::string refusal(const OnnxNode& node, const OnnxGraph& graph) {
  if (find_onnx_op(node.domain, node.type) == nullptr) return "unknown";
  if (node.domain.empty() && node.opset == 0) return "the file imports no opset of its domain";
  size_t spatial = 0;
  if (const auto it = node.attributes.find("kernel_shape"); it != node.attributes.end())
    if (const auto* kernel = std::get_if<Ints>(&it->second)) spatial = kernel->size();
  if ((node.type == "Conv" || node.type == "ConvTranspose") && node.operands.size() > 1)
    if (const auto it = graph.constants.find(node.operands[1]); it != graph.constants.end() && it->second.rank() > 2)
      spatial = it->second.rank() - 2;
  if (spatial > 2) return fmt::format("{} spatial dimensions", spatial);
  return {};
}

}  // namespace galet::importers
