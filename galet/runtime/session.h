// Runs a graph: planned once, then as often as wanted.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "galet/core/isa.h"
#include "galet/core/remark.h"
#include "galet/ir/graph.h"

namespace galet::runtime {

/// Kernels that skip zero blocks of weights: where they were measured to be faster, never, or wherever a block is zero (for tests and
/// comparisons; float sums then differ in their last bits, decisions/0011). The environment's GALET_SPARSE goes before this.
enum class SparseKernels : uint8_t { measure, never, always };

struct SessionOptions {
  int threads = 1;              // 0: one per processor
  std::optional<Isa> isa = {};  // default: galet::active_isa()
  bool profile = false;         // collect timings per step
  bool reference = false;       // run every node through its reference operator, unfused: the oracle
  bool keep_all = false;        // no fusion across values: every value can be visited
  bool pixels = false;          // the input is given as 8-bit pixels: Session::run
  SparseKernels sparse = SparseKernels::measure;
  bool fixed_point =
      false;  // with `reference`: requantization in fixed point (docs/arithmetic.md), as C for machines without FPU may have it
};

/// Time of one step of the plan since the last reset, for `bench --layers`.
struct StepTiming {
  std::string node, kernel;
  int64_t macs = 0;
  int64_t calls = 0;
  double seconds = 0;  // of all calls
  double fastest = 0;  // seconds of the fastest call
  int64_t bytes = 0;   // of activations, read and written by one call
};

/// How a visitor sees quantized values.
enum class Visit : uint8_t { real, codes };
using Visitor = std::function<void(ValueId value, const Tensor& tensor)>;

/// A value as it is stored (codes where it carries a static spec), where it lies, still in the cache. Valid during the call.
struct StoredView {
  ValueId value;
  const std::byte* data = nullptr;
  DType dtype = DType::f32;
  bool nhwc = false;  // (n, h, w, c); else the logical layout
};
using Viewer = std::function<void(const StoredView& view)>;

/// A graph made ready to run on this machine. The graph is copied (constants are shared), so it may change or go away. Results do not
/// depend on threads or instruction set where they are integers; float results do not depend on threads. One Session serves one thread at a
/// time; several Sessions are independent.
class Session {
 public:
  /// Plans: kernels, layouts, packed weights, arena. Throws Error for a graph that cannot run, naming every node concerned.
  explicit Session(const Graph& graph, const SessionOptions& options = {});
  /// The same without a second copy of the graph.
  explicit Session(Graph&& graph, const SessionOptions& options = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Outputs in graph order, real values (f32 for quantized ones), in logical layout (NCHW). Inputs in graph order; where the graph's batch
  /// is 1 the first extent may be any number n: the images are run one by one (shared over the threads when that is faster) and the results
  /// concatenated. Throws Error for inputs of the wrong number, type or shape.
  /// With options.pixels the one input is u8 of (n, h, w, 3), red first, as cameras and decoders give it, or of (n, h, w, 1) for order
  /// gray, in the size that the network takes; order, mean and deviation are those of graph.info.preprocessing. Where the network begins
  /// with codes, a pixel becomes one by a table for each channel and no float image is made; the results are those of the float image, to
  /// the bit.
  std::vector<Tensor> run(std::span<const Tensor> inputs);
  /// The same, with outputs that carry a QuantSpec left as codes.
  std::vector<Tensor> run_codes(std::span<const Tensor> inputs);
  /// Runs one batch and shows every value that the nodes compute (and the inputs) to `visitor`, in order of computation, in logical layout.
  /// Wants options.keep_all or options.reference.
  void run_visiting(std::span<const Tensor> inputs, Visit visit, const Visitor& visitor);
  /// The same without a copy, in the runtime's own layout: for sums over values, which do not care about it.
  void run_viewing(std::span<const Tensor> inputs, const Viewer& viewer);

  const Graph& graph() const;
  /// Why each node runs the way it does: kernel, what was fused, what stays float and why.
  const Remarks& remarks() const;
  std::vector<StepTiming> timings() const;
  void reset_timings();
  size_t arena_bytes() const;   // activations of one image
  size_t weight_bytes() const;  // packed weights held by the plan
  Isa isa() const;
  int threads() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace galet::runtime
