#include <algorithm>

#include "galet/runtime/plan/plan.h"

namespace galet::runtime {
namespace {

/// A loop of less than twice this is run by one thread: handing half of it to another costs about a microsecond of two caches' talk.
constexpr double kLeastNs = 3000;
/// Where there is more of it, each thread gets several pieces of at least this.
constexpr double kComfortableNs = 40000;
constexpr int64_t kMostPiecesPerThread = 2;

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
  const int64_t most = threads();
  const double ns = static_cast<double>(items) * ns_per_item;
  if (most == 1 || ns < 2 * kLeastNs || pool_->alone()) return std::min<int64_t>(items, 1);
  const auto worth = [&](double piece) { return static_cast<int64_t>(std::min(ns / piece, 1e9)); };
  if (worth(kLeastNs) < most) return std::min(items, worth(kLeastNs));
  const int64_t per_thread = std::clamp<int64_t>(worth(kComfortableNs) / most, 1, kMostPiecesPerThread);
  return std::min(items, most * per_thread);
}

std::byte* RunContext::scratch_of(int thread) const { return scratch_ + static_cast<size_t>(thread) * plan_.scratch_bytes; }

}  // namespace galet::runtime
