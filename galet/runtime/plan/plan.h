// What a graph becomes before it runs: buffers with fixed places, and steps that read and write them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "galet/core/remark.h"
#include "galet/core/thread_pool.h"
#include "galet/runtime/executor.h"

namespace galet::runtime {

using BufferId = int32_t;
constexpr BufferId kNoBuffer = -1;

/// Where bytes lie while the plan runs.
struct Buffer {
  enum class Home : uint8_t { arena, constant, input };
  Home home = Home::arena;
  size_t bytes = 0;
  BufferId root = kNoBuffer;  // itself, or the buffer that this one is a part of (a reshape, a channel slice)
  size_t offset = 0;          // within the root; of an arena root: within the arena, once placed
  Tensor constant;            // home constant
  size_t input = 0;           // home input: index
};

struct Plan;

/// What a step sees: addresses, threads, scratch.
class RunContext {
 public:
  RunContext(const Plan& plan, const Feed& feed, std::byte* arena, std::byte* scratch, ThreadPool* pool,
             const Viewer* viewer = nullptr) noexcept
      : plan_(plan), feed_(feed), arena_(arena), scratch_(scratch), pool_(pool), viewer_(viewer) {}

  template <typename T>
  T* at(BufferId id) const {
    return reinterpret_cast<T*>(address(id));
  }
  int threads() const { return pool_ == nullptr ? 1 : pool_->threads(); }
  const Feed& feed() const { return feed_; }
  /// Who wants to see values, or nullptr.
  const Viewer* viewer() const { return viewer_; }
  /// Into how many pieces that many items are worth being cut: 1, or several a thread where the pieces stay large, so that a thread that
  /// the system holds up leaves the others something to take over.
  int64_t pieces_of(int64_t items, double ns_per_item) const;

  /// body(begin, end, scratch) over pieces of [0, items), no piece worth less than handing it to another thread costs. scratch is the
  /// thread's own (Plan::scratch_bytes, aligned to 64).
  template <typename F>
  void parallel(int64_t items, double ns_per_item, F&& body) const {
    const int64_t pieces = pieces_of(items, ns_per_item);
    if (pieces <= 1) {
      if (items > 0) body(int64_t{0}, items, scratch_);
      return;
    }
    pool_->run(pieces, [&](int64_t piece, int thread) { body(items * piece / pieces, items * (piece + 1) / pieces, scratch_of(thread)); });
  }

 private:
  std::byte* address(BufferId id) const;
  std::byte* scratch_of(int thread) const;

  const Plan& plan_;
  const Feed& feed_;
  std::byte* arena_;
  std::byte* scratch_;
  ThreadPool* pool_;
  const Viewer* viewer_;
};

/// One thing to do. `run` may be called by several threads at once with different contexts.
struct Step {
  std::string node;    // the last of the nodes that it computes
  std::string kernel;  // "conv u8: gemm_u8i8u8__avx2_4x16"
  int64_t macs = 0;
  std::vector<BufferId> reads, writes;
  bool in_place = false;  // writes[0] may lie where reads[0] lies
  std::function<void(const RunContext&)> run;
};

enum class Layout : uint8_t { logical, nhwc };

/// A value in memory: as it is stored (codes where it has a static spec) or real.
struct Form {
  Layout layout = Layout::logical;
  bool real = false;
  BufferId buffer = kNoBuffer;
};

struct Plan {
  std::vector<Buffer> buffers;
  std::vector<Step> steps;
  std::vector<BufferId> outputs;                 // stored, logical layout
  std::vector<std::pair<ValueId, Form>> stored;  // first stored form of every computed value, in order of computation
  Remarks remarks;
  size_t arena_bytes = 0;
  size_t scratch_bytes = 0;  // of one thread
  size_t weight_bytes = 0;
};

struct PlanOptions {
  Isa isa = Isa::reference;
  bool keep_all = false;  // no fusion across values; each is shown to RunContext::viewer() where it has been computed
  int threads = 1;        // the most that a step may use
  bool pixels = false;    // SessionOptions::pixels
  SparseKernels sparse = SparseKernels::measure;
};

/// Lowers the graph. Throws Error for a graph that cannot run, naming every node concerned. The graph must outlive the plan.
Plan make_plan(const Graph& graph, const PlanOptions& options);

/// A plan and the memory to run it.
std::unique_ptr<Executor> make_plan_executor(const Graph& graph, const SessionOptions& options, Isa isa);

}  // namespace galet::runtime
