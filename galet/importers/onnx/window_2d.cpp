// The attributes of sliding windows, in two-dimensional form.
#include "galet/importers/onnx/onnx_ops.h"

namespace galet::importers {
namespace {

constexpr int64_t kLimit = int64_t{1} << 31;  // keeps every product below exact

void check(const NodeImport& node, const Ints& values, size_t wanted, int64_t least, std::string_view what) {
  if (values.size() != wanted) node.fail("{} has {} entries, expected {}", what, values.size(), wanted);
  for (const int64_t value : values)
    if (value < least || value >= kLimit) node.fail("{} has an entry of {}", what, value);
}

/// Pads such that the result has ceil(src / stride) places.
Ints same_pads(const Shape& src, const Window2d& window, bool upper) {
  const size_t n = src.size();
  Ints pads(2 * n, 0);
  for (size_t i = 0; i < n; ++i) {
    const int64_t places = (src[i] + window.strides[i] - 1) / window.strides[i];
    const int64_t total =
        std::max<int64_t>((places - 1) * window.strides[i] + (window.kernel[i] - 1) * window.dilations[i] + 1 - src[i], 0);
    pads[i] = upper ? total / 2 : total - total / 2;
    pads[i + n] = total - pads[i];
  }
  return pads;
}

}  // namespace

Shape lifted(const Shape& shape) { return {shape.at(0), shape.at(1), 1, shape.at(2)}; }
Shape flattened(const Shape& shape) { return {shape.at(0), shape.at(1), shape.at(3)}; }

Window2d window_2d(const NodeImport& node, const Shape& src, const Ints& kernel) {
  const size_t n = src.size();
  if (n < 1 || n > 2) node.fail("{} spatial dimensions: galet has 1 and 2", n);
  Window2d window;
  window.flat = n == 1;
  window.kernel = node.get_ints("kernel_shape", kernel);
  window.strides = node.get_ints("strides", Ints(n, 1));
  window.dilations = node.get_ints("dilations", Ints(n, 1));
  window.pads = node.get_ints("pads", Ints(2 * n, 0));
  check(node, window.kernel, n, 1, "kernel_shape");
  check(node, window.strides, n, 1, "strides");
  check(node, window.dilations, n, 1, "dilations");
  if (!kernel.empty() && window.kernel != kernel)
    node.fail("kernel_shape {} differs from that of its weight, {}", to_string(window.kernel), to_string(kernel));
  const std::string how = node.get_string("auto_pad", "NOTSET");
  if (how == "SAME_UPPER" || how == "SAME_LOWER")
    window.pads = same_pads(src, window, how == "SAME_UPPER");
  else if (how == "VALID")
    window.pads = Ints(2 * n, 0);
  else if (how != "NOTSET" && !how.empty())
    node.fail("auto_pad \"{}\" is unknown", how);
  check(node, window.pads, 2 * n, 0, "pads");
  if (!window.flat) return window;
  window.kernel.insert(window.kernel.begin(), 1);
  window.strides.insert(window.strides.begin(), 1);
  window.dilations.insert(window.dilations.begin(), 1);
  window.pads = {0, window.pads[0], 0, window.pads[1]};
  return window;
}

}  // namespace galet::importers
