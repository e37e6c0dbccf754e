#include <algorithm>

#include "galet/runtime/plan/plan.h"

namespace galet::runtime {
namespace {

/// Work worth waking another thread for.
constexpr double kPieceNs = 6000;

}  // namespace

std::byte* RunContext::address(BufferId id) const {
  const Buffer& buffer = plan_.buffers[static_cast<size_t>(id)];
  const Buffer& root = plan_.buffers[static_cast<size_t>(buffer.root)];
  const size_t inside = buffer.root == id ? 0 : buffer.offset;
  switch (root.home) {
    case Buffer::Home::arena:
      break;
    case Buffer::Home::constant:
      return const_cast<std::byte*>(root.constant.bytes()) + inside;
    case Buffer::Home::input:
      return const_cast<std::byte*>(feed_.inputs[root.input]) + inside;
  }
  return arena_ + root.offset + inside;
}

int64_t RunContext::pieces_of(int64_t items, double ns_per_item) const {
  const double worth = static_cast<double>(items) * ns_per_item / kPieceNs;
  return std::min<int64_t>({items, threads(), static_cast<int64_t>(std::min(worth, 1e6))});
}

std::byte* RunContext::scratch_of(int64_t piece) const { return scratch_ + static_cast<size_t>(piece) * plan_.scratch_bytes; }

}  // namespace galet::runtime
