#include "galet/runtime/session.h"

#include <thread>

#include "galet/runtime/codes.h"
#include "galet/runtime/executor.h"
#include "galet/runtime/pixels.h"
#include "galet/runtime/plan/plan.h"

namespace galet::runtime {

struct Session::Impl {
  Graph graph;
  SessionOptions options;
  Isa isa;
  std::unique_ptr<Executor> executor;

  Impl(Graph source, const SessionOptions& given) : graph(std::move(source)), options(given), isa(given.isa ? *given.isa : active_isa()) {
    if (!supported(isa)) fail("this machine does not have the instruction set {}", to_string(isa));
    if (options.threads < 0 || options.threads > 1024)
      fail("{} threads asked for, expected 1 to 1024 (or 0 for one per processor)", options.threads);
    if (options.threads == 0) options.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    if (graph.outputs().empty()) fail("the graph has no outputs to compute");
    if (options.pixels) check_pixels(graph);
    if (options.fixed_point && !options.reference) fail("fixed-point requantization is computed by the reference only");
    executor = options.reference ? make_reference_executor(graph, options) : make_plan_executor(graph, options, isa);
  }

  const Value& input(size_t i) const { return graph.value(graph.inputs()[i]); }
  const Value& output(size_t i) const { return graph.value(graph.outputs()[i]); }

  /// How many runs of the graph these inputs are; throws Error for inputs that do not fit.
  int64_t check_inputs(std::span<const Tensor> inputs) const {
    if (inputs.size() != graph.inputs().size()) fail("the network takes {} inputs, {} given", graph.inputs().size(), inputs.size());
    int64_t runs = -1;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Value& value = input(i);
      const Tensor& given = inputs[i];
      if (!given.defined()) fail("input \"{}\" is missing", value.name);
      const DType type = options.pixels ? DType::u8 : value.dtype;
      if (given.dtype() != type) fail("input \"{}\" is of {}, expected {}", value.name, to_string(given.dtype()), to_string(type));
      Shape expected = options.pixels ? pixel_shape(graph) : value.shape;
      const Shape one = expected;
      const bool batched = !expected.empty() && expected[0] == 1;
      if (batched && given.rank() == expected.size()) expected[0] = given.dim(0);
      if (given.shape() != expected) {
        fail("input \"{}\" has shape {}, expected {}{}", value.name, to_string(given.shape()), to_string(one),
             batched ? " (the first extent may be any number of images)" : "");
      }
      const int64_t own = batched ? given.dim(0) : 1;
      if (runs >= 0 && own != runs) fail("input \"{}\" brings {} images, the inputs before it {}", value.name, own, runs);
      runs = own;
    }
    return std::max<int64_t>(runs, inputs.empty() ? 1 : 0);
  }

  std::vector<Tensor> make_outputs(int64_t runs, bool codes) const {
    std::vector<Tensor> outputs;
    for (size_t i = 0; i < graph.outputs().size(); ++i) {
      const Value& value = output(i);
      Shape shape = value.shape;
      if (runs != 1) {
        if (shape.empty()) fail("output \"{}\" is a scalar: {} images cannot be run at once", value.name, runs);
        shape[0] *= runs;
      }
      outputs.emplace_back(codes ? stored_dtype(value) : value.dtype, std::move(shape));
    }
    return outputs;
  }

  std::vector<Feed> make_feeds(int64_t runs, std::span<const Tensor> inputs, std::vector<Tensor>& outputs, bool codes) const {
    std::vector<Feed> feeds(static_cast<size_t>(runs));
    std::vector<std::byte*> bytes;
    for (Tensor& output : outputs) bytes.push_back(output.mutable_bytes());
    for (size_t n = 0; n < feeds.size(); ++n) {
      for (const Tensor& input : inputs) feeds[n].inputs.push_back(input.bytes() + n * (input.byte_size() / feeds.size()));
      for (size_t i = 0; i < outputs.size(); ++i) feeds[n].outputs.push_back(bytes[i] + n * (outputs[i].byte_size() / feeds.size()));
      feeds[n].codes = codes;
    }
    return feeds;
  }

  /// The reference executor knows no pixels.
  std::vector<Tensor> as_executor_sees(std::span<const Tensor> inputs) const {
    if (options.pixels && options.reference) return {float_image(graph, inputs[0])};
    return {inputs.begin(), inputs.end()};
  }

  std::vector<Tensor> run(std::span<const Tensor> inputs, bool codes) {
    const int64_t runs = check_inputs(inputs);
    std::vector<Tensor> outputs = make_outputs(runs, codes);
    const std::vector<Tensor> seen = as_executor_sees(inputs);
    executor->run(make_feeds(runs, seen, outputs, codes));
    return outputs;
  }
};

Session::Session(const Graph& graph, const SessionOptions& options) : impl_(std::make_unique<Impl>(graph, options)) {}
Session::Session(Graph&& graph, const SessionOptions& options) : impl_(std::make_unique<Impl>(std::move(graph), options)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::vector<Tensor> Session::run(std::span<const Tensor> inputs) { return impl_->run(inputs, false); }
std::vector<Tensor> Session::run_codes(std::span<const Tensor> inputs) { return impl_->run(inputs, true); }

void Session::run_visiting(std::span<const Tensor> inputs, Visit visit, const Visitor& visitor) {
  if (!impl_->options.keep_all && !impl_->options.reference) fail("visiting values wants a session made with keep_all or reference");
  const int64_t runs = impl_->check_inputs(inputs);
  std::vector<Tensor> outputs = impl_->make_outputs(runs, true);
  const std::vector<Tensor> seen = impl_->as_executor_sees(inputs);
  for (const Feed& feed : impl_->make_feeds(runs, seen, outputs, true)) {
    impl_->executor->run_tapped(feed, [&](ValueId id, const Tensor& stored) {
      const Value& value = impl_->graph.value(id);
      visitor(id, visit == Visit::real && is_coded(value) ? dequantize_tensor(stored, *value.quant) : stored);
    });
  }
}

void Session::run_viewing(std::span<const Tensor> inputs, const Viewer& viewer) {
  if (!impl_->options.keep_all && !impl_->options.reference) fail("visiting values wants a session made with keep_all or reference");
  const int64_t runs = impl_->check_inputs(inputs);
  std::vector<Tensor> outputs = impl_->make_outputs(runs, true);
  const std::vector<Tensor> seen = impl_->as_executor_sees(inputs);
  for (const Feed& feed : impl_->make_feeds(runs, seen, outputs, true)) impl_->executor->run_viewed(feed, viewer);
}

const Graph& Session::graph() const { return impl_->graph; }
const Remarks& Session::remarks() const { return impl_->executor->remarks(); }
std::vector<StepTiming> Session::timings() const { return impl_->executor->timings(); }
void Session::reset_timings() { impl_->executor->reset_timings(); }
size_t Session::arena_bytes() const { return impl_->executor->arena_bytes(); }
size_t Session::weight_bytes() const { return impl_->executor->weight_bytes(); }
Isa Session::isa() const { return impl_->isa; }
int Session::threads() const { return impl_->options.threads; }

}  // namespace galet::runtime
