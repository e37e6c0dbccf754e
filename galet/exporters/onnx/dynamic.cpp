#include "galet/exporters/onnx/dynamic.h"

#include "galet/ops/strided.h"

namespace galet::exporters {

bool DynamicWriter::applies(NodeId id) const {
  const Node& node = graph_.node(id);
  if (node.op->quant != QuantTrait::weighted || !node.operands[0].valid() || !is_dynamic(graph_.value(node.operands[0]))) return false;
  const Value& weight = graph_.value(node.operands[1]);
  return weight.is_constant() && is_coded(weight) && weight.quant->storage == DType::i8 &&
         (node.op->name != "matmul" || weight.shape.size() == 2);
}

const DynamicCodes& DynamicWriter::codes_of(ValueId src, const std::string& real) {
  const auto [it, fresh] = codes_.try_emplace(src);
  if (!fresh) return it->second;
  const std::string& name = graph_.value(src).name;
  it->second = {scribe_.name(name + "_codes"), scribe_.name(name + "_scale"), scribe_.name(name + "_zero_point")};
  scribe_.add("DynamicQuantizeLinear", name, {real}, {it->second.codes, it->second.scale, it->second.zero_point});
  return it->second;
}

void DynamicWriter::write(NodeId id, const std::string& src, const std::string& bias, QuantizedValues& values, const std::string& dst) {
  const Node& node = graph_.node(id);
  const Value& weight = graph_.value(node.operands[1]);
  const DynamicCodes& codes = codes_of(node.operands[0], src);
  const OpCall call = graph_.call(id);
  if (node.op->name == "conv_transpose2d") {  // ONNX has no integer form of it
    const std::string real = scribe_.make("DequantizeLinear", node.name, {codes.codes, codes.scale, codes.zero_point});
    Translation t{scribe_, call, {real, values.dequantize(node.operands[1]), bias}, {dst}, false};
    return translate(t);
  }
  const bool convolution = node.op->name == "conv2d";
  const auto channels = static_cast<int64_t>(weight.quant->scales.size());
  const Shape along = convolution && channels > 1 ? Shape{channels, 1, 1} : Shape{channels};
  std::string sums;
  if (convolution) {
    const std::string zero = scribe_.constant(weight.name + "_zero_point", Tensor(DType::i8, {}));
    sums = scribe_.name(node.name + "/sums");
    Translation t{scribe_, call, {codes.codes, values.codes(node.operands[1]), codes.zero_point, zero}, {sums}, false};
    translate_conv_integer(t);
  } else {
    const Tensor matrix = node.op->name == "linear" ? ops::transposed(weight.constant, {1, 0}) : weight.constant;
    sums = scribe_.make("MatMulInteger", node.name, {codes.codes, scribe_.constant(weight.name, matrix), codes.zero_point});
  }
  const std::string real = scribe_.make("Cast", node.name, {sums}, {{"to", static_cast<int64_t>(onnx_dtype(DType::f32))}});
  const std::string weight_scale = scribe_.constant(weight.name + "_scale", Tensor::from<float>(along, weight.quant->scales));
  const std::string scale = scribe_.make("Mul", node.name, {codes.scale, weight_scale});
  if (bias.empty()) return scribe_.add("Mul", node.name, {real, scale}, {dst});
  const std::string scaled = scribe_.make("Mul", node.name, {real, scale});
  std::string shift = bias;
  if (convolution) {
    const Tensor column = Tensor::from<int64_t>({3}, Ints{graph_.value(node.operands[2]).shape[0], 1, 1});
    shift = scribe_.make("Reshape", node.name, {bias, scribe_.constant(node.name + "/column", column)});
  }
  scribe_.add("Add", node.name, {scaled, shift}, {dst});
}

}  // namespace galet::exporters
