// Runs a plan: memory for one image, or for one image a thread.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <new>

#include "galet/kernels/elementwise_i8/elementwise.h"
#include "galet/kernels/kernel.h"
#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeBytes {
  void operator()(std::byte* bytes) const { std::free(bytes); }
};
using Bytes = std::unique_ptr<std::byte[], FreeBytes>;

Bytes allocate(size_t bytes) {
  const size_t rounded = (bytes + 63) / 64 * 64 + 256;  // kernels may read a vector beyond the end
  void* memory = std::aligned_alloc(64, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, rounded);
  return Bytes(static_cast<std::byte*>(memory));
}

/// What one image at a time needs. Made when first used.
struct Memory {
  Bytes arena, scratch;
  std::vector<double> seconds, fastest;
  std::vector<int64_t> calls;
};

class PlanExecutor final : public Executor {
 public:
  PlanExecutor(const Graph& graph, const SessionOptions& options, Isa isa)
      : graph_(graph),
        profile_(options.profile),
        isa_(isa),
        plan_(make_plan(graph, {isa, options.keep_all, options.threads, options.pixels, options.sparse})),
        pool_(options.threads) {
    memories_.resize(static_cast<size_t>(pool_.threads()));
  }

  void run(std::span<const Feed> feeds) override {
    const auto images = static_cast<int64_t>(feeds.size());
    if (pool_.threads() == 1 || images < pool_.threads()) {
      for (const Feed& feed : feeds) run_one(feed, memory(0, pool_.threads()), &pool_);
      return;
    }
    for (size_t i = 0; i < memories_.size(); ++i) memory(i, i == 0 ? pool_.threads() : 1);
    pool_.run(images, [&](int64_t image, int thread) {
      run_one(feeds[static_cast<size_t>(image)], memories_[static_cast<size_t>(thread)], nullptr);
    });
  }

  void run_tapped(const Feed& feed, const Tap& tap) override {
    run_viewed(feed, [&](const StoredView& view) {
      const Shape& shape = graph_.value(view.value).shape;
      Tensor stored(view.dtype, view.nhwc ? nhwc_extents(shape) : shape);
      if (stored.byte_size() > 0) std::memcpy(stored.mutable_bytes(), view.data, stored.byte_size());
      tap(view.value, view.nhwc ? to_nchw(stored, shape) : stored);
    });
  }

  void run_viewed(const Feed& feed, const Viewer& viewer) override { run_one(feed, memory(0, pool_.threads()), &pool_, &viewer); }

  const Remarks& remarks() const override { return plan_.remarks; }
  size_t arena_bytes() const override { return plan_.arena_bytes; }
  size_t weight_bytes() const override { return plan_.weight_bytes; }

  std::vector<StepTiming> timings() const override {
    std::vector<StepTiming> timings;
    for (size_t step = 0; step < plan_.steps.size(); ++step) {
      StepTiming timing{plan_.steps[step].node, plan_.steps[step].kernel, plan_.steps[step].macs, 0, 0, 0, moved_bytes(plan_.steps[step])};
      for (const Memory& own : memories_) {
        if (own.calls.empty()) continue;
        timing.calls += own.calls[step];
        timing.seconds += own.seconds[step];
        if (own.calls[step] > 0 && (timing.fastest == 0 || own.fastest[step] < timing.fastest)) timing.fastest = own.fastest[step];
      }
      timings.push_back(std::move(timing));
    }
    return timings;
  }
  void reset_timings() override {
    for (Memory& own : memories_) {
      own.seconds.assign(own.seconds.size(), 0);
      own.fastest.assign(own.fastest.size(), std::numeric_limits<double>::infinity());
      own.calls.assign(own.calls.size(), 0);
    }
  }

 private:
  int64_t moved_bytes(const Step& step) const {
    size_t bytes = 0;
    for (const auto& buffers : {step.reads, step.writes})
      for (const BufferId id : buffers) bytes += plan_.buffers[static_cast<size_t>(id)].bytes;
    return static_cast<int64_t>(bytes);
  }

  /// `threads`: how many pieces of a step may want scratch at once.
  Memory& memory(size_t i, int threads) {
    Memory& own = memories_[i];
    if (!own.arena) {
      own.arena = allocate(plan_.arena_bytes);
      own.scratch = allocate(plan_.scratch_bytes * static_cast<size_t>(threads));
      own.seconds.assign(plan_.steps.size(), 0);
      own.fastest.assign(plan_.steps.size(), std::numeric_limits<double>::infinity());
      own.calls.assign(plan_.steps.size(), 0);
    }
    return own;
  }

  void run_one(const Feed& feed, Memory& own, ThreadPool* pool, const Viewer* viewer = nullptr) const {
    const RunContext context(plan_, feed, own.arena.get(), own.scratch.get(), pool, viewer);
    if (!profile_) {
      for (const Step& step : plan_.steps) step.run(context);
    } else {
      Clock::time_point begin = Clock::now();
      for (size_t step = 0; step < plan_.steps.size(); ++step) {
        plan_.steps[step].run(context);
        const Clock::time_point end = Clock::now();
        const double seconds = std::chrono::duration<double>(end - begin).count();
        own.seconds[step] += seconds;
        own.fastest[step] = std::min(own.fastest[step], seconds);
        ++own.calls[step];
        begin = end;
      }
    }
    for (size_t i = 0; i < plan_.outputs.size(); ++i) emit(context, feed, i);
  }

  void emit(const RunContext& context, const Feed& feed, size_t i) const {
    const Value& value = graph_.value(graph_.outputs()[i]);
    const std::byte* src = context.at<std::byte>(plan_.outputs[i]);
    const int64_t n = count(value.shape);
    const size_t bytes = static_cast<size_t>(n) * size_of(stored_dtype(value));
    if (!is_coded(value) || feed.codes) {
      if (bytes > 0) std::memcpy(feed.outputs[i], src, bytes);
    } else if (const auto affine = affine_of(value)) {
      const kernels::DequantizeArgs args{reinterpret_cast<const uint8_t*>(src), reinterpret_cast<float*>(feed.outputs[i]), affine->scale,
                                         affine->zero_point};
      kernels::select<kernels::DequantizeFn>(isa_).run(args, 0, n);
    } else {
      const Tensor real = dequantize_tensor(Tensor(value.quant->storage, value.shape, {src, bytes}, nullptr), *value.quant);
      std::memcpy(feed.outputs[i], real.bytes(), real.byte_size());
    }
  }

  const Graph& graph_;
  bool profile_;
  Isa isa_;
  Plan plan_;
  ThreadPool pool_;
  std::vector<Memory> memories_;
};

}  // namespace

std::unique_ptr<Executor> make_plan_executor(const Graph& graph, const SessionOptions& options, Isa isa) {
  return std::make_unique<PlanExecutor>(graph, options, isa);
}

}  // namespace galet::runtime
