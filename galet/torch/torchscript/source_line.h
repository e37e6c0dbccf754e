// How messages name an operator of a TorchScript program.
#pragma once

#include <string>

namespace torch::jit {
struct Node;
}

namespace galet::torch {

/// "aten::conv2d at model.py:57"; where the archive does not say the line: the text there.
std::string describe(const ::torch::jit::Node& node);
/// What libtorch's exceptions say first, without traces.
std::string first_line(const std::string& text);

}  // namespace galet::torch
