// What the models are written with: layers by module name, in the order in which they run.
#pragma once

#include <map>

#include "galet/models/init.h"
#include "galet/models/models.h"

namespace galet::models {

/// A square convolution; `padding` -1 keeps the size at stride 1.
struct Conv {
  int64_t out = 0, kernel = 1, stride = 1, padding = -1, groups = 1;
  bool bias = false;
  Init (*weight_init)(const Shape& weight) = kaiming_normal_out;
  Init bias_init = zeros();
};

/// An initialisation that does not depend on the shape.
inline Init normal_001(const Shape&) { return normal(0.01); }
inline Init all_zeros(const Shape&) { return zeros(); }

class Builder {
 public:
  Builder(const Model& model, const Options& options);

  int64_t classes() const { return classes_; }
  const std::string& shortcut() const { return shortcut_; }
  /// What was chosen, or the model's own.
  const Options& options() const { return options_; }
  ValueId input() const { return graph_.inputs().front(); }
  const Shape& shape(ValueId value) const { return graph_.value(value).shape; }

  /// A parameter asked for again is the same constant: layers may share weights.
  ValueId parameter(const std::string& name, const Shape& shape, const Init& init);
  ValueId constant(const std::string& name, Tensor data) { return graph_.add_constant(name, std::move(data)); }
  /// Parameters NAME.weight and, with bias, NAME.bias (bias_init).
  ValueId conv(const std::string& name, ValueId src, const Conv& conv);
  /// Parameter NAME.weight (in, out, kernel, kernel).
  ValueId conv_transpose(const std::string& name, ValueId src, int64_t out, int64_t kernel, int64_t stride, int64_t padding,
                         Init (*weight_init)(const Shape& weight));
  /// Parameters NAME.weight and NAME.bias, at 1 and 0.
  ValueId group_norm(const std::string& name, ValueId src, int64_t groups);
  /// Parameters NAME.weight, .bias, .running_mean, .running_var, at 1, 0, 0, 1.
  ValueId batch_norm(const std::string& name, ValueId src, float epsilon = 1e-5f);
  /// Parameters NAME.weight (out, in) and, with bias, NAME.bias, drawn by `bias_init` of the weight's shape.
  ValueId linear(const std::string& name, ValueId src, int64_t out, bool bias = true, Init (*weight_init)(const Shape&) = torch_default,
                 Init (*bias_init)(const Shape&) = torch_default);
  ValueId op(std::string_view op, const std::string& name, std::vector<ValueId> operands, Attributes attributes = {});
  ValueId relu(const std::string& name, ValueId src) { return op("relu", name, {src}); }
  ValueId relu6(const std::string& name, ValueId src) { return op("clip", name, {src}, {{"min", 0.0f}, {"max", 6.0f}}); }
  ValueId add(const std::string& name, ValueId a, ValueId b) { return op("add", name, {a, b}); }
  ValueId max_pool(const std::string& name, ValueId src, int64_t kernel, int64_t stride, int64_t padding = 0, bool ceil_mode = false);
  ValueId global_average_pool(const std::string& name, ValueId src) { return op("global_average_pool", name, {src}); }
  /// To (batch, everything else).
  ValueId flatten(const std::string& name, ValueId src);

  /// The graph, whose only output is `value`, from now on called "output", of a detector "detections".
  Graph finish(ValueId value);
  ValueId result{};  // set by the model

 private:
  const Model& model_;
  Options options_;
  std::map<std::string, ValueId> parameters_;
  int64_t classes_ = 0;
  std::string shortcut_;
  Graph graph_;
};

}  // namespace galet::models
