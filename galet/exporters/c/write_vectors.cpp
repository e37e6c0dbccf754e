// NAME_test.h: inputs, given or made up from a seed, and the runtime's answers.
#include <algorithm>

#include "galet/core/random.h"
#include "galet/exporters/c/writer.h"
#include "galet/runtime/pixels.h"
#include "galet/runtime/session.h"

namespace galet::exporters::c {
namespace {

/// Smooth patches with noise: more like a picture than noise alone.
Tensor made_up_image(const Shape& nhwc, Random& random) {
  Tensor image(DType::u8, nhwc);
  uint8_t* p = image.mutable_data<uint8_t>();
  std::vector<int> level(static_cast<size_t>(nhwc[3]));
  for (int64_t i = 0; i < image.size(); ++i) {
    if (i % (nhwc[3] * 8) == 0)
      for (int& x : level) x = static_cast<int>(random.below(256));
    p[i] = static_cast<uint8_t>(std::clamp(level[static_cast<size_t>(i % nhwc[3])] + static_cast<int>(random.below(33)) - 16, 0, 255));
  }
  return image;
}

/// Codes of every kind, as the real numbers that they stand for (logical order).
Tensor made_up_reals(const Lowering& l, ValueId id, Random& random) {
  const Affine affine = l.affine(id);
  Tensor real(DType::f32, l.value(id).shape);
  float* x = real.mutable_data<float>();
  for (int64_t i = 0; i < real.size(); ++i)
    x[i] = affine.scale * static_cast<float>(static_cast<int32_t>(random.below(256)) - affine.zero_point);
  return real;
}

template <typename T>
std::string rows(const std::vector<std::vector<T>>& vectors) {
  std::string text;
  for (const auto& vector : vectors) {
    text += "{\n";
    size_t line = 0;
    for (const T x : vector) {
      std::string number;
      if constexpr (std::is_same_v<T, float>)
        number = exact(x);
      else
        number = std::to_string(x);
      if (line + number.size() > 150) text += "\n", line = 0;
      text += number + ",";
      line += number.size() + 1;
    }
    text += "},\n";
  }
  return text;
}

/// Codes or reals of a result as they lie in the caller's buffer.
template <typename T>
std::vector<T> as_stored(const Tensor& tensor) {
  const std::vector<int32_t> places = positions(tensor.shape());
  std::vector<T> stored(places.size());
  for (size_t i = 0; i < places.size(); ++i) stored[static_cast<size_t>(places[i])] = tensor.data<T>()[i];
  return stored;
}

}  // namespace

std::string write_vectors(const Lowering& l, const Interface& interface) {
  const std::string name = l.options.name, macro = upper(name);
  runtime::SessionOptions options;
  options.pixels = interface.pixels;
  options.sparse = runtime::SparseKernels::never;  // the same bits every time
  options.fixed_point = l.options.fixed_point;
  options.reference = l.options.fixed_point;
  runtime::Session session(l.graph, options);
  int64_t bytes = 0;
  for (const Port& port : interface.inputs) bytes += port.count;
  const size_t count = l.options.images.empty() ? static_cast<size_t>(bytes > 65536 ? 1 : l.options.test_vectors) : l.options.images.size();
  Random random(7);
  std::vector<std::vector<std::vector<uint8_t>>> inputs(interface.inputs.size()), coded(interface.outputs.size());
  std::vector<std::vector<std::vector<float>>> real(interface.outputs.size());
  for (size_t i = 0; i < count; ++i) {
    std::vector<Tensor> feed;
    for (size_t k = 0; k < interface.inputs.size(); ++k) {
      const ValueId id = interface.inputs[k].value;
      if (interface.pixels) {
        feed.push_back(i < l.options.images.size() ? l.options.images[i] : made_up_image(runtime::pixel_shape(l.graph), random));
        const auto pixels = feed.back().span<uint8_t>();
        inputs[k].emplace_back(pixels.begin(), pixels.end());
      } else {
        feed.push_back(i < l.options.images.size() ? l.options.images[i] : made_up_reals(l, id, random));
        inputs[k].push_back(as_stored<uint8_t>(runtime::quantize_tensor(feed.back(), *l.value(id).quant)));
      }
    }
    const std::vector<Tensor> results = session.run_codes(feed);
    for (size_t k = 0; k < results.size(); ++k)
      if (interface.outputs[k].coded)
        coded[k].push_back(as_stored<uint8_t>(results[k]));
      else
        real[k].push_back(as_stored<float>(results[k]));
  }
  std::string h = fmt::format("/* Inputs of {}, and the answers of galet's runtime. */\n#define {}_TEST_VECTORS {}\n", name, macro, count);
  for (size_t k = 0; k < interface.inputs.size(); ++k)
    h += fmt::format("static const uint8_t {}_test_{}[{}][{}] = {{\n{}}};\n", name,
                     interface.pixels ? "image" : interface.inputs[k].identifier, count, inputs[k][0].size(), rows(inputs[k]));
  for (size_t k = 0; k < interface.outputs.size(); ++k) {
    const Port& port = interface.outputs[k];
    h += fmt::format("static const {} {}_test_{}[{}][{}] = {{\n{}}};\n", port.coded ? "uint8_t" : "float", name, port.identifier, count,
                     port.count, port.coded ? rows(coded[k]) : rows(real[k]));
  }
  return h;
}

}  // namespace galet::exporters::c
