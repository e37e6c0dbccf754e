// The text form of a graph: for people, for tests, for diffs. parse(print(g)) equals g, and print(parse(t)) is canonical.
//
//   graph "lenet" {
//     input x: f32[1x1x28x28] quant(u8, scale=0.0039, zero=0)
//     const conv1.weight: f32[6x1x5x5] #6c62272e07bb0142
//     const conv1.bias: f32[6] = {0, 1, 0.5, -2, 3, 1e-05}
//     conv1 = conv2d(x, conv1.weight, conv1.bias) activation="relu" strides=[2,2] -> f32[1x6x12x12]
//     a, b = split(conv1) @split_1 axis=1 sizes=[3,3] -> f32[1x3x12x12], f32[1x3x12x12]
//     output b
//   }
//
// One statement a line (or several, separated by `;`); `//` begins a comment. `@name` is the node's name where it is not its first
// result's. `_` is an absent operand. Names made of letters, digits and _ . / : - stand bare, all others are quoted. Constants stand before
// the node that first reads them. Types after `->` are checked when given. Facts follow a type: quant(storage, codes=lo..hi, axis=, scale=,
// zero=, dynamic), stats(...), mask={...}. A quantized constant lists its codes.
#pragma once

#include <functional>
#include <string>

#include "galet/ir/graph.h"

namespace galet {

/// Finds an operator by name; nullptr when unknown. galet::ops::find is the usual one.
using FindOp = std::function<const Op*(std::string_view name)>;

struct PrintOptions {
  bool constants = true;  // false leaves the `const` lines out
  bool facts = true;
  int64_t large = 64;  // constants with more elements print as a hash (which parse refuses: use the package)
};

std::string print(const Graph& graph, const PrintOptions& options = {});
/// Throws Error that begins "line 3, column 14: ".
Graph parse(const std::string& text, const FindOp& find_op);

/// A name as the text form writes it: bare or quoted.
std::string quote_name(const std::string& name);

}  // namespace galet
