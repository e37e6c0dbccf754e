#include "galet/torch/torchscript/check_import.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cmath>

#include "galet/core/random.h"
#include "galet/runtime/session.h"
#include "galet/torch/tensors.h"
#include "galet/torch/torchscript/source_line.h"

namespace galet::torch {
namespace {

constexpr double kBound = 1e-4;  // of the largest output

std::vector<Tensor> random_inputs(const std::vector<Shape>& shapes, uint64_t seed) {
  Random random(seed);
  std::vector<Tensor> inputs;
  for (const Shape& shape : shapes) {
    Tensor t(DType::f32, shape);
    for (int64_t i = 0; i < t.size(); ++i) t.mutable_data<float>()[i] = static_cast<float>(random.normal());
    inputs.push_back(std::move(t));
  }
  return inputs;
}

void collect(const c10::IValue& value, std::vector<Tensor>& outputs) {
  if (value.isTensor()) {
    outputs.push_back(from_torch(value.toTensor()));
  } else if (value.isTuple()) {
    for (const c10::IValue& item : value.toTupleRef().elements()) collect(item, outputs);
  } else if (value.isList()) {
    for (const c10::IValue& item : value.toListRef()) collect(item, outputs);
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) collect(entry.value(), outputs);
  }
}

std::vector<Tensor> run_module(::torch::jit::Module& module, const std::vector<Tensor>& inputs) {
  const c10::InferenceMode guard;
  std::vector<c10::IValue> arguments;
  for (const Tensor& input : inputs) arguments.emplace_back(to_torch(input));
  std::vector<Tensor> outputs;
  collect(module.forward(arguments), outputs);
  return outputs;
}

struct Difference {
  double most = 0, scale = 0;
  bool ok() const { return most <= kBound * std::max(scale, 1e-3); }
};

Difference difference(const std::vector<Tensor>& mine, const std::vector<Tensor>& theirs) {
  if (mine.size() != theirs.size()) fail("the graph has {} outputs, the module gives {}", mine.size(), theirs.size());
  Difference d;
  for (size_t i = 0; i < mine.size(); ++i) {
    if (mine[i].shape() != theirs[i].shape())
      fail("output {} of the graph has shape {}, the module gives {}", i, to_string(mine[i].shape()), to_string(theirs[i].shape()));
    const Tensor a = mine[i].cast(DType::f64), b = theirs[i].cast(DType::f64);
    for (int64_t k = 0; k < a.size(); ++k) {
      const double x = a.data<double>()[k], y = b.data<double>()[k];
      if ((std::isnan(x) && std::isnan(y)) || x == y) continue;
      const double gap = std::abs(x - y);
      d.most = std::max(d.most, std::isnan(gap) ? INFINITY : gap);
      if (std::isfinite(y)) d.scale = std::max(d.scale, std::abs(y));
    }
    for (int64_t k = 0; k < b.size(); ++k)
      if (std::isfinite(b.data<double>()[k])) d.scale = std::max(d.scale, std::abs(b.data<double>()[k]));
  }
  return d;
}

Tensor pair_of(const Tensor& a, const Tensor& b) {
  Shape shape = a.shape();
  shape[0] = 2;
  Tensor both(a.dtype(), shape);
  std::memcpy(both.mutable_bytes(), a.bytes(), a.byte_size());
  std::memcpy(both.mutable_bytes() + a.byte_size(), b.bytes(), b.byte_size());
  return both;
}

void warn(TorchScriptImport& result, std::string reason) {
  result.remarks.push_back({"import_torchscript", "", "warning", std::move(reason), {}});
}

/// Two images at once must give what each gives alone: else the batch was fixed, or images are mixed.
void check_batch(::torch::jit::Module& module, const std::vector<Shape>& shapes, TorchScriptImport& result) {
  if (!result.graph.dynamic_batch) return;
  const std::vector<Tensor> a = random_inputs(shapes, 11), b = random_inputs(shapes, 12);
  std::vector<Tensor> both;
  for (size_t i = 0; i < a.size(); ++i) both.push_back(pair_of(a[i], b[i]));
  try {
    const std::vector<Tensor> ya = run_module(module, a), yb = run_module(module, b), y = run_module(module, both);
    std::vector<Tensor> wanted;
    for (size_t i = 0; i < ya.size(); ++i) {
      if (ya[i].rank() == 0 || ya[i].dim(0) != 1)
        return warn(result, "an output does not have the batch in front: images of a batch may be mixed");
      wanted.push_back(pair_of(ya[i], yb[i]));
    }
    if (!difference(wanted, y).ok())
      warn(result, "two images at once give other results than each alone: the archive holds for the batch that it was traced with");
  } catch (const std::exception& error) {
    warn(result,
         fmt::format(
             "the archive does not run with two images at once, so the batch was fixed when it was traced; here images run one by one ({})",
             first_line(error.what())));
  }
}

/// Another size: where the module runs on it, the graph read for it must agree.
void check_size(::torch::jit::Module& module, std::vector<Shape> shapes, TorchScriptImport& result) {
  for (Shape& shape : shapes)
    if (shape.size() == 4) shape[2] += 32, shape[3] += 64;
  std::vector<Tensor> theirs;
  const std::vector<Tensor> inputs = random_inputs(shapes, 13);
  try {
    theirs = run_module(module, inputs);
  } catch (const std::exception& error) {
    result.remarks.push_back(
        {"import_torchscript", "", "size fixed", "the module runs only on the size that it was made for: " + first_line(error.what()), {}});
    return;
  }
  try {
    runtime::Session session(read_module(module, shapes));
    if (!difference(session.run(inputs), theirs).ok())
      warn(result,
           fmt::format("at {} the graph differs from the module: it computes with numbers that depend on the size", to_string(shapes[0])));
  } catch (const Error& error) {
    warn(result, fmt::format("at {} it cannot be imported, although the module runs: {}", to_string(shapes[0]), error.what()));
  }
}

}  // namespace

void check_import(::torch::jit::Module& module, const TorchScriptOptions& options, TorchScriptImport& result) {
  runtime::Session session(result.graph);
  auto compare = [&](const std::vector<Tensor>& inputs) {
    const std::vector<Tensor> theirs = run_module(module, inputs), again = run_module(module, inputs);
    if (difference(again, theirs).most > 1e-6 * std::max(1.0, difference(again, theirs).scale))
      fail("the module gives another result each time it runs: it was traced while training (call eval() first), or draws random numbers");
    const Difference d = difference(session.run(inputs), theirs);
    if (!d.ok()) fail("the imported graph differs from the module by {:.3g} (largest output {:.3g}): please report this", d.most, d.scale);
    result.check.inputs++;
    result.check.max_difference = std::max(result.check.max_difference, d.most);
    result.check.scale = std::max(result.check.scale, d.scale);
  };
  for (const uint64_t seed : {1, 2}) compare(random_inputs(options.input_shapes, seed));
  if (options.input_shapes.size() == 1)
    for (const Tensor& image : options.images) compare({image});
  check_batch(module, options.input_shapes, result);
  check_size(module, options.input_shapes, result);
}

}  // namespace galet::torch
