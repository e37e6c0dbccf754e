// What is known while importing: constants, shapes, ranges; branches whose condition is known.
#include <cmath>

#include "galet/importers/onnx/onnx_ops.h"
#include "galet/importers/onnx/read_tensor.h"

namespace galet::importers {

void import_constant(NodeImport& node) {
  const auto make = [&]() -> Tensor {
    for (const char* refused : {"sparse_value", "value_string", "value_strings"})
      if (node.has_attribute(refused)) node.fail("{} is not supported", refused);
    if (const Attribute* value = node.find("value")) {
      if (const Tensor* tensor = std::get_if<Tensor>(value)) return *tensor;
      node.fail("attribute value is of type {}, expected tensor", type_name(*value));
    }
    if (node.has_attribute("value_float")) return Tensor::scalar(node.get_float("value_float", 0));
    if (node.has_attribute("value_int")) return Tensor::scalar(node.get_int("value_int", 0));
    if (node.has_attribute("value_floats")) {
      const Floats values = node.get_floats("value_floats", {});
      return Tensor::from<float>({static_cast<int64_t>(values.size())}, values);
    }
    if (node.has_attribute("value_ints")) {
      const Ints values = node.get_ints("value_ints", {});
      return Tensor::from<int64_t>({static_cast<int64_t>(values.size())}, values);
    }
    node.fail("has no value");
  };
  auto value = std::make_shared<ImportValue>();
  if (!node.wants(0)) node.fail("has no result");
  value->name = node.node.results[0];
  value->constant = make();
  node.bind(value);
}

namespace {

void bind_constant(NodeImport& node, Tensor tensor) {
  if (!node.wants(0)) return;
  auto value = std::make_shared<ImportValue>();
  value->name = node.node.results[0];
  value->constant = std::move(tensor);
  node.bind(value);
}

/// A tensor whose elements all are the one of `value`.
Tensor filled(NodeImport& node, const Shape& shape, const Tensor& value) {
  node.reserve(shape, value.dtype());
  Tensor result(value.dtype(), shape);
  const size_t size = size_of(value.dtype());
  std::byte* dst = result.mutable_bytes();
  for (int64_t i = 0; i < result.size(); ++i) std::memcpy(dst + static_cast<size_t>(i) * size, value.bytes(), size);
  return result;
}

Tensor range(NodeImport& node, const Tensor& start, const Tensor& limit, const Tensor& delta) {
  return dispatch(start.dtype(), [&](auto zero) {
    using T = decltype(zero);
    using Wide = std::conditional_t<std::is_floating_point_v<T>, double, int64_t>;
    const auto first = static_cast<Wide>(start.data<T>()[0]), step = static_cast<Wide>(delta.data<T>()[0]);
    if (step == 0) node.fail("delta is 0");
    const double length = std::ceil((static_cast<double>(limit.data<T>()[0]) - static_cast<double>(first)) / static_cast<double>(step));
    if (!(length < 1e12)) node.fail("its range has {} elements", length);
    const Shape shape{length > 0 ? static_cast<int64_t>(length) : 0};
    node.reserve(shape, start.dtype());
    Tensor result(start.dtype(), shape);
    T* dst = result.mutable_data<T>();
    for (int64_t i = 0; i < result.size(); ++i) {
      if constexpr (std::is_floating_point_v<T>)
        dst[i] = static_cast<T>(first + static_cast<Wide>(i) * step);
      else
        dst[i] = static_cast<T>(static_cast<uint64_t>(first) + static_cast<uint64_t>(i) * static_cast<uint64_t>(step));
    }
    return result;
  });
}

}  // namespace

void import_constant_of_shape(NodeImport& node) {
  Tensor value = Tensor::scalar(0.0f);
  if (const Attribute* given = node.find("value")) {
    const Tensor* tensor = std::get_if<Tensor>(given);
    if (tensor == nullptr || tensor->size() != 1) node.fail("attribute value is not a tensor of one element");
    value = *tensor;
  }
  bind_constant(node, filled(node, node.ints(0, "shape"), value));
}

void import_shape(NodeImport& node) {
  const Shape shape = node.shape(0);
  const auto rank = static_cast<int64_t>(shape.size());
  const auto place = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? std::max(i, -rank) + rank : i, 0, rank); };
  const int64_t start = place(node.get_int("start", 0)), end = place(node.get_int("end", rank));
  const Ints part = start < end ? Ints(shape.begin() + start, shape.begin() + end) : Ints{};
  bind_constant(node, Tensor::from<int64_t>({static_cast<int64_t>(part.size())}, part));
}

void import_size(NodeImport& node) { bind_constant(node, Tensor::scalar(count(node.shape(0)))); }

void import_range(NodeImport& node) {
  const Tensor start = node.constant(0, "start"), limit = node.constant(1, "limit"), delta = node.constant(2, "delta");
  for (const Tensor* t : {&start, &limit, &delta})
    if (t->size() != 1 || t->dtype() != start.dtype() || t->dtype() == DType::boolean)
      node.fail("start, limit and delta must be single numbers of one type");
  bind_constant(node, range(node, start, limit, delta));
}

void import_eye_like(NodeImport& node) {
  const Shape shape = node.shape(0);
  if (shape.size() != 2) node.fail("operand 0 has {} dimensions, expected 2", shape.size());
  DType dtype = node.dtype(0);
  if (node.has_attribute("dtype") && !galet_dtype(static_cast<int>(std::clamp<int64_t>(node.get_int("dtype", 0), -1, 1000)), dtype))
    node.fail("element type {} is not supported", node.get_int("dtype", 0));
  node.reserve(shape, dtype);
  Tensor result(dtype, shape);
  const int64_t k = node.get_int("k", 0);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* dst = result.mutable_data<T>();
    for (int64_t y = 0; y < shape[0]; ++y)
      if (k >= -y && k < shape[1] - y) dst[y * shape[1] + y + k] = T{1};
  });
  bind_constant(node, result);
}

void import_non_zero(NodeImport& node) {
  const Tensor src = node.constant(0, "operand");
  const Tensor flags = src.dtype() == DType::boolean ? src : src.cast(DType::boolean);
  std::vector<Ints> places(src.rank());
  const Shape strides = strides_of(src.shape());
  node.reserve(src.shape(), DType::i64);
  for (int64_t i = 0; i < flags.size(); ++i)
    if (flags.data<bool>()[i])
      for (size_t d = 0; d < places.size(); ++d) places[d].push_back(i / strides[d] % src.dim(d));
  const int64_t found = places.empty() ? 0 : static_cast<int64_t>(places[0].size());
  Tensor result(DType::i64, {static_cast<int64_t>(places.size()), found});
  for (size_t d = 0; d < places.size(); ++d)
    std::copy(places[d].begin(), places[d].end(), result.mutable_data<int64_t>() + static_cast<int64_t>(d) * found);
  bind_constant(node, result);
}

void import_if(NodeImport& node) {
  const Tensor condition = node.constant(0, "condition");
  if (condition.size() != 1) node.fail("its condition has {} elements, expected 1", condition.size());
  const char* branch = condition.cast(DType::boolean).data<bool>()[0] ? "then_branch" : "else_branch";
  const auto it = node.node.graphs.find(branch);
  if (it == node.node.graphs.end()) node.fail("has no {}", branch);
  node.remark(std::string(branch) + " taken", "its condition is known");
  const std::vector<Ref> outputs = node.conversion().convert_branch(*it->second);
  for (size_t i = 0; i < node.node.results.size(); ++i) {
    if (i >= outputs.size()) node.fail("{} has {} outputs, expected {}", branch, outputs.size(), node.node.results.size());
    node.bind(outputs[i], i);
  }
}

}  // namespace galet::importers
