// From galet's operators to ONNX nodes on real numbers.
#pragma once

#include <string>
#include <vector>

#include "galet/exporters/onnx/scribe.h"
#include "galet/ir/op.h"

namespace galet::exporters {

/// One node to be written.
struct Translation {
  Scribe& scribe;
  const OpCall& call;
  std::vector<std::string> operands;  // ONNX names; "" where absent
  std::vector<std::string> results;   // names to be given to the results
  bool batched = false;               // the first operand's first extent may be larger when the network runs

  std::string node() const { return std::string(call.node); }
  /// A node with this node's operands and results.
  void plain(const std::string& type, Attributes attributes = {}) { scribe.add(type, node(), operands, results, std::move(attributes)); }
  /// A constant of integers, as ONNX wants shapes and axes.
  std::string ints(const std::string& what, const Ints& values);
};

/// Lowest opset in which ONNX has what the node says; 0 where it has not at all.
int64_t opset_of(const OpCall& call);
bool has_translation(std::string_view op);
/// Writes the node without its fused activation. opset_of(call) is neither 0 nor above the model's.
void translate(Translation& t);
/// Relu or Clip of `src`, into `dst`. `activation` is "relu" or "clip".
void translate_activation(Scribe& scribe, const OpCall& call, const std::string& src, const std::string& dst);

/// The attribute or the schema's default; absent optional ones are not asked for.
Attribute attribute_of(const OpCall& call, std::string_view name);

// Translators that need more than a change of names; translate.cpp lists which operator uses which.
void translate_conv2d(Translation& t);
void translate_conv_transpose2d(Translation& t);
void translate_conv_integer(Translation& t);
void translate_linear(Translation& t);
void translate_group_norm(Translation& t);
void translate_layer_norm(Translation& t);
void translate_average_pool(Translation& t);
void translate_resize(Translation& t);
int64_t resize_opset(const OpCall& call);
void translate_clip(Translation& t);
void translate_silu(Translation& t);
void translate_reshape(Translation& t);
void translate_split(Translation& t);
void translate_slice(Translation& t);
void translate_pad(Translation& t);
void translate_expand(Translation& t);
void translate_tile(Translation& t);
void translate_cast(Translation& t);
void translate_top_k(Translation& t);
void translate_reduce(Translation& t);
void translate_cum_sum(Translation& t);
void translate_one_hot(Translation& t);
void translate_trilu(Translation& t);
void translate_reverse_sequence(Translation& t);
void translate_quantize(Translation& t);
void translate_heatmap_peaks(Translation& t);
void translate_decode_centers(Translation& t);
void translate_decode_anchors(Translation& t);
void translate_decode_points(Translation& t);
void translate_select_detections(Translation& t);
void translate_non_max_suppression(Translation& t);

}  // namespace galet::exporters
