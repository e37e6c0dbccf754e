// The state of one TorchScript export: which value of the graph is which value of the code, as real numbers and as codes.
#pragma once

#include <map>
#include <set>

#include "galet/core/remark.h"
#include "galet/runtime/computation.h"
#include "galet/torch/torchscript/scribe.h"

namespace galet::torch {

class ExportContext {
 public:
  ExportContext(const Graph& network, Scribe& code) : graph(network), scribe(code) {}

  const Graph& graph;
  Scribe& scribe;
  Remarks remarks;
  int dequantizes = 0;            // of values that nodes compute or read, outputs left out
  std::set<uint32_t> from_codes;  // real values that hang on codes computed earlier
  int interior_dequantizes = 0;   // of these, those whose results become codes again

  /// The value as a float tensor; dequantizes where it is there as codes alone.
  Handle real(ValueId id);
  /// The value as quint8 with its spec.
  Handle codes(ValueId id);
  runtime::Affine spec(ValueId id) const;
  /// The result of a node, computed as real numbers: becomes codes at once where the value has a spec.
  void define_real(ValueId id, Handle handle);
  /// The result as codes of its spec.
  void define_codes(ValueId id, Handle handle) { codes_[id.index] = handle; }
  /// Codes of one spec as codes of another.
  Handle requantized(Handle handle, const runtime::Affine& from, const runtime::Affine& to, bool force = false);
  /// Codes limited to the spec's codes in use and to [min, max].
  Handle limited(Handle handle, const runtime::Affine& spec, float min, float max, bool relu_done);
  Handle quantize(Handle real, const runtime::Affine& to);
  /// Some value, to go on after a node that cannot be written and find the others.
  Handle any() const { return real_.empty() ? codes_.begin()->second : real_.begin()->second; }
  void remark(NodeId node, std::string decision, std::string reason);

 private:
  std::map<uint32_t, Handle> real_, codes_;
};

/// Writes one node; throws Error where TorchScript has nothing for it.
void export_node(ExportContext& context, NodeId node);
/// Real form: false where there is none.
bool export_real(ExportContext& context, NodeId node);
/// Integer forms.
void export_weighted(ExportContext& context, NodeId node);
void export_table(ExportContext& context, NodeId node);
void export_average(ExportContext& context, NodeId node);
void export_resize(ExportContext& context, NodeId node);
void export_add(ExportContext& context, NodeId node);
void export_mul(ExportContext& context, NodeId node);
void export_concat(ExportContext& context, NodeId node);
/// The movement `node` of a tensor, as codes or as real numbers; nullptr where there is no form.
Handle moved(ExportContext& context, NodeId node, Handle src, bool quantized);

}  // namespace galet::torch
