// One way of running a graph: by references, or by a plan.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "galet/runtime/session.h"

namespace galet::runtime {

/// One run of the graph's own batch. Pointers in graph order, dense, in logical layout. Inputs are of their values' logical types; outputs
/// too, unless `codes`: then those that are stored as codes come out as such.
struct Feed {
  std::vector<const std::byte*> inputs;
  std::vector<std::byte*> outputs;
  bool codes = false;
};

/// Sees a value as it is stored, in logical layout.
using Tap = std::function<void(ValueId value, const Tensor& stored)>;

class Executor {
 public:
  virtual ~Executor() = default;
  /// Independent feeds, in any order, perhaps at once.
  virtual void run(std::span<const Feed> feeds) = 0;
  /// One feed, every computed value (and the inputs) shown to `tap`, in order of computation; or where they lie, to `viewer`.
  virtual void run_tapped(const Feed& feed, const Tap& tap) = 0;
  virtual void run_viewed(const Feed& feed, const Viewer& viewer) = 0;
  virtual const Remarks& remarks() const = 0;
  virtual std::vector<StepTiming> timings() const = 0;
  virtual void reset_timings() = 0;
  virtual size_t arena_bytes() const = 0;
  virtual size_t weight_bytes() const = 0;
};

/// Walks graph.order() and calls references; `graph` must outlive it.
std::unique_ptr<Executor> make_reference_executor(const Graph& graph, const SessionOptions& options);

}  // namespace galet::runtime
