#include "galet/torch/torchscript/scribe.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <map>

#include "galet/torch/tensors.h"
#include "galet/torch/torchscript/source_line.h"

namespace galet::torch {
namespace {

c10::IValue call(const std::string& op, ::torch::jit::Stack stack) {
  c10::Dispatcher::singleton().findSchemaOrThrow(op.c_str(), "").callBoxed(stack);
  return stack.at(0);
}

at::Tensor quantized_weight(const Scribe::Weight& w) {
  const at::Tensor codes = to_torch(w.codes);
  if (w.scales.size() == 1) return at::_make_per_tensor_quantized_tensor(codes, static_cast<double>(w.scales[0]), 0);
  const auto n = static_cast<int64_t>(w.scales.size());
  const at::Tensor scales = at::tensor(w.scales).to(at::kDouble);
  return at::_make_per_channel_quantized_tensor(codes, scales, at::zeros({n}, at::kLong), w.axis);
}

c10::IValue optional_tensor(const Tensor& tensor) { return tensor ? c10::IValue(to_torch(tensor)) : c10::IValue(); }

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('.', begin), name.size());
    std::string part = name.substr(begin, end - begin);
    for (char& c : part)
      if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    parts.push_back(part.empty() ? "_" : part);
    begin = end + 1;
  }
  return parts;
}

}  // namespace

struct Scribe::Impl {
  explicit Impl(const std::string& name) : module(name), graph(std::make_shared<::torch::jit::Graph>()) {
    self = graph->addInput("self");
    self->setType(module.type());
  }

  /// A name makes it a statement of its own: libtorch's printer trips over some nested expressions.
  Handle named(Handle value) {
    value->setDebugName(fmt::format("v{}", next++));
    return value;
  }

  /// The submodule that holds the last part of `name`, and its value in the code; a part that an attribute has already gets a suffix.
  std::pair<::torch::jit::Module, Handle> home(const std::vector<std::string>& parts) {
    std::string path;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      const std::string parent = path;
      path += (path.empty() ? "" : ".") + parts[i];
      if (modules.contains(path)) continue;
      ::torch::jit::Module child("__torch__.galet.m" + std::to_string(modules.size()), module._ivalue()->compilation_unit(), true);
      modules.emplace(path, child);
      (parent.empty() ? module : modules.at(parent)).register_module(parts[i], child);
    }
    Handle at = self;
    for (size_t i = 0; i + 1 < parts.size(); ++i) at = named(graph->insertGetAttr(at, parts[i]));
    return {path.empty() ? module : modules.at(path), at};
  }

  Handle attribute(const std::string& name, const c10::IValue& value, bool is_parameter) {
    if (const auto known = attributes.find(name); known != attributes.end()) return known->second;
    const std::vector<std::string> parts = parts_of(name);
    auto [owner, at] = home(parts);
    std::string last = parts.back();
    while (owner.hasattr(last)) last += "_";
    if (is_parameter)
      owner.register_parameter(last, value.toTensor(), false);
    else
      owner.register_attribute(last, value.type(), value);
    return attributes[name] = named(graph->insertGetAttr(at, last));
  }

  ::torch::jit::Module module;
  std::shared_ptr<::torch::jit::Graph> graph;
  Handle self = nullptr;
  int next = 0;
  std::map<std::string, ::torch::jit::Module> modules;
  std::map<std::string, Handle> attributes;
};

Scribe::Scribe(const std::string& name) : impl_(std::make_unique<Impl>("__torch__.galet." + name)) {}
Scribe::~Scribe() = default;
::torch::jit::Module& Scribe::module() { return impl_->module; }

Handle Scribe::input(const std::string& name) {
  std::string plain = name;
  for (char& c : plain)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  if (plain.empty() || std::isdigit(static_cast<unsigned char>(plain[0])) != 0) plain = "x_" + plain;
  return impl_->graph->addInput(plain);
}

Handle Scribe::insert(const std::string& op, const std::vector<Argument>& arguments) {
  std::vector<::torch::jit::NamedValue> values, keywords;
  for (const Argument& a : arguments) {
    if (std::holds_alternative<std::monostate>(a))
      values.emplace_back(c10::IValue());
    else if (const auto* handle = std::get_if<Handle>(&a))
      values.emplace_back(*handle);
    else if (const auto* b = std::get_if<bool>(&a))
      values.emplace_back(c10::IValue(*b));
    else if (const auto* n = std::get_if<int64_t>(&a))
      values.emplace_back(c10::IValue(*n));
    else if (const auto* x = std::get_if<double>(&a))
      values.emplace_back(c10::IValue(*x));
    else if (const auto* ints = std::get_if<Ints>(&a))
      values.emplace_back(c10::IValue(*ints));
    else if (const auto* keyword = std::get_if<Keyword>(&a))
      keywords.emplace_back(keyword->name, c10::IValue(keyword->value));
    else if (const auto* doubles = std::get_if<std::vector<double>>(&a))
      values.emplace_back(c10::IValue(*doubles));
    else {
      const auto& list = std::get<std::vector<Handle>>(a);
      values.emplace_back(impl_->graph->insertNode(impl_->graph->createList(c10::TensorType::get(), list))->output());
    }
  }
  try {
    return impl_->named(impl_->graph->insert(c10::Symbol::fromQualString(op), values, keywords));
  } catch (const std::exception& error) {
    fail("this libtorch has no {} for {} arguments: {}", op, arguments.size(), first_line(error.what()));
  }
}

Handle Scribe::list_item(Handle list, int64_t i) { return insert("aten::__getitem__", {list, i}); }

Handle Scribe::parameter(const std::string& name, const Tensor& data) {
  const at::Tensor tensor = to_torch(data);
  return impl_->attribute(name, tensor, tensor.is_floating_point());
}

Handle Scribe::quantized(const std::string& name, const Tensor& codes, const runtime::Affine& spec) {
  return impl_->attribute(name, at::_make_per_tensor_quantized_tensor(to_torch(codes), static_cast<double>(spec.scale), spec.zero_point),
                          false);
}

Handle Scribe::packed_convolution(const Weight& w, const Ints& strides, const Ints& padding, const Ints& dilations, int64_t groups,
                                  const Ints* output_padding) {
  const at::Tensor weight = quantized_weight(w);
  const c10::IValue packed = output_padding == nullptr
                                 ? call("quantized::conv2d_prepack", {weight, optional_tensor(w.bias), strides, padding, dilations, groups})
                                 : call("quantized::conv_transpose2d_prepack",
                                        {weight, optional_tensor(w.bias), strides, padding, *output_padding, dilations, groups});
  return impl_->attribute(w.name, packed, false);
}

Handle Scribe::packed_linear(const Weight& w) {
  return impl_->attribute(w.name, call("quantized::linear_prepack", {quantized_weight(w), optional_tensor(w.bias)}), false);
}

void Scribe::finish(Handle result) {
  impl_->graph->registerOutput(result);
  auto& module = impl_->module;
  auto unit = module._ivalue()->compilation_unit();
  auto* function = unit->create_function(c10::QualifiedName(*module.type()->name(), "forward"), impl_->graph);
  module.type()->addMethod(function);
  module.eval();
}

void Scribe::finish_named(const std::vector<std::pair<std::string, Handle>>& results) {
  std::vector<Handle> keys, values;
  for (const auto& [name, value] : results) keys.push_back(impl_->graph->insertConstant(name)), values.push_back(value);
  auto* node = impl_->graph->createDict(c10::StringType::get(), c10::TensorType::get(), keys, values);
  finish(impl_->graph->insertNode(node)->output());
}

}  // namespace galet::torch
