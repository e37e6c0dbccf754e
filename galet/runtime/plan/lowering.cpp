#include "galet/runtime/plan/lowering.h"

#include <algorithm>

#include "galet/core/file.h"
#include "galet/kernels/elementwise_i8/elementwise.h"
#include "galet/kernels/kernel.h"
#include "galet/runtime/integer_reference.h"
#include "galet/runtime/pixels.h"
#include "galet/runtime/plan/arena.h"

namespace galet::runtime {

Lowering::Lowering(const Graph& lowered, const PlanOptions& given) : graph(lowered), options(given) {
  for (const NodeId id : graph.order()) choices[id] = choose_computation(graph, id);
  fusions = plan_fusions(graph, choices, options.keep_all);
}

const Value* Lowering::operand(NodeId id, size_t i) const {
  const Node& n = node(id);
  return i < n.operands.size() && n.operands[i].valid() ? &value(n.operands[i]) : nullptr;
}

BufferId Lowering::arena_buffer(size_t bytes) {
  Buffer buffer;
  buffer.bytes = bytes;
  buffer.root = static_cast<BufferId>(plan.buffers.size());
  plan.buffers.push_back(buffer);
  return buffer.root;
}

BufferId Lowering::part_of(BufferId whole, size_t offset, size_t bytes) {
  const Buffer& parent = plan.buffers[static_cast<size_t>(whole)];
  Buffer buffer;
  buffer.bytes = bytes;
  buffer.root = parent.root;
  buffer.offset = offset + (parent.root == whole ? 0 : parent.offset);
  plan.buffers.push_back(buffer);
  return static_cast<BufferId>(plan.buffers.size() - 1);
}

BufferId Lowering::constant_buffer(Tensor tensor) {
  const BufferId id = arena_buffer(tensor.byte_size());
  plan.weight_bytes += tensor.byte_size();
  plan.buffers.back().home = Buffer::Home::constant;
  plan.buffers.back().constant = std::move(tensor);
  return id;
}

void Lowering::need_scratch(size_t bytes) { plan.scratch_bytes = std::max(plan.scratch_bytes, (bytes + 63) / 64 * 64); }

Step& Lowering::add_step(NodeId id, std::string kernel, std::vector<BufferId> reads, std::vector<BufferId> writes,
                         std::function<void(const RunContext&)> run) {
  Step step;
  step.node = id.valid() ? node(id).name : "input";
  step.kernel = std::move(kernel);
  step.reads = std::move(reads);
  step.writes = std::move(writes);
  step.run = std::move(run);
  plan.steps.push_back(std::move(step));
  return plan.steps.back();
}

void Lowering::add_lookup(NodeId id, BufferId src, BufferId dst, int64_t codes, const CodeTable& table) {
  const auto& row = kernels::select<kernels::LookupFn>(options.isa);
  constexpr int64_t kCols = 256;
  const int64_t rows = codes / kCols, rest = codes % kCols;
  const auto shared = std::make_shared<const CodeTable>(table);
  Step& step = add_step(id, row.name, {src}, {dst}, [=, run = row.run](const RunContext& c) {
    const kernels::LookupArgs args{c.at<uint8_t>(src), c.at<uint8_t>(dst), shared->data(), kCols, kCols, kCols};
    c.parallel(rows, 40, [&](int64_t begin, int64_t end, std::byte*) { run(args, begin, end); });
    if (rest > 0) run(kernels::LookupArgs{args.src + rows * kCols, args.dst + rows * kCols, args.table, rest, rest, rest}, 0, 1);
  });
  step.in_place = true;
}

void Lowering::remark(NodeId id, std::string decision, std::string reason) {
  plan.remarks.push_back({"plan", node(id).name, std::move(decision), std::move(reason), {}});
}

void Lowering::show_new_values() {
  for (; shown_ < plan.stored.size(); ++shown_) {
    const auto [id, form] = plan.stored[shown_];
    const Value& v = value(id);
    const bool nhwc = form.layout == Layout::nhwc && v.shape.size() == 4;
    add_step(current_, "view", {form.buffer}, {}, [=, id = id, buffer = form.buffer, type = stored_dtype(v)](const RunContext& c) {
      if (c.viewer() != nullptr) (*c.viewer())({id, c.at<std::byte>(buffer), type, nhwc});
    });
  }
}

void lower_by_reference(Lowering& lowering, NodeId id, const std::string& reason) {
  const Graph& graph = lowering.graph;
  const Node& node = lowering.node(id);
  const Choice choice = lowering.choices.at(id);
  std::vector<BufferId> operands, reads, results;
  for (const ValueId operand : node.operands) {
    operands.push_back(operand.valid() ? lowering.get(operand, Layout::logical) : kNoBuffer);
    if (operand.valid()) reads.push_back(operands.back());
  }
  for (const ValueId result : node.results) results.push_back(lowering.make(result, Layout::logical));
  lowering.remark(id, "runs by its reference", reason);
  lowering.add_step(id, "reference", reads, results, [&graph, id, choice, operands, results](const RunContext& c) {
    const Node& n = graph.node(id);
    std::vector<Tensor> tensors(operands.size());
    for (size_t i = 0; i < operands.size(); ++i) {
      if (operands[i] == kNoBuffer) continue;
      const Value& v = graph.value(n.operands[i]);
      const DType type = stored_dtype(v);
      tensors[i] = Tensor(type, v.shape, {c.at<std::byte>(operands[i]), static_cast<size_t>(count(v.shape)) * size_of(type)}, nullptr);
    }
    const std::vector<Tensor> computed = compute_reference(graph, id, choice, tensors);
    for (size_t i = 0; i < results.size(); ++i) std::memcpy(c.at<std::byte>(results[i]), computed.at(i).bytes(), computed[i].byte_size());
  });
}

namespace {

void lower_node(Lowering& lowering, NodeId id) {
  for (const auto lower : {lower_weighted, lower_binary, lower_pointwise, lower_pool, lower_concat, lower_resize, lower_movement})
    if (lower(lowering, id)) return;
  const Choice& choice = lowering.choices.at(id);
  lower_by_reference(lowering, id, choice.reason.empty() ? "no kernel for this operator with these attributes and shapes" : choice.reason);
}

/// Results of arithmetic on codes are moved to the levels of their codebook; the epilogue of a weighted node has done so itself, and
/// tables, rescaling and quantizing know the levels.
void snap_to_levels(Lowering& lowering, NodeId id) {
  const Computation computation = lowering.choices.at(id).computation;
  if (computation != Computation::add && computation != Computation::mul && computation != Computation::average &&
      computation != Computation::linear_resize)
    return;
  const ValueId result = lowering.graph.result(id);
  const auto affine = affine_of(lowering.value(result));
  if (!affine || affine->levels.empty()) return;
  for (const Layout layout : {Layout::nhwc, Layout::logical})
    if (const auto codes = lowering.find(result, layout))
      return lowering.add_lookup(id, *codes, *codes, count(lowering.value(result).shape), level_table(affine->levels));
}

/// Lifetimes of the arena's roots, in steps.
std::vector<Lifetime> lifetimes_of(Plan& plan) {
  const int end = static_cast<int>(plan.steps.size());
  std::vector<Lifetime> lives(plan.buffers.size(), Lifetime{0, end, -1});
  auto touch = [&](BufferId id, int step) {
    Lifetime& life = lives[static_cast<size_t>(plan.buffers[static_cast<size_t>(id)].root)];
    life.first = std::min(life.first, step);
    life.last = std::max(life.last, step);
  };
  for (int step = 0; step < end; ++step) {
    for (const BufferId id : plan.steps[static_cast<size_t>(step)].reads) touch(id, step);
    for (const BufferId id : plan.steps[static_cast<size_t>(step)].writes) touch(id, step);
  }
  for (const BufferId id : plan.outputs) touch(id, end);
  return lives;
}

/// Lets results of elementwise steps lie where a source lies that nobody needs any more.
void merge_in_place(Plan& plan, std::vector<Lifetime>& lives) {
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    if (!step.in_place) continue;
    const Buffer &read = plan.buffers[static_cast<size_t>(step.reads[0])], &written = plan.buffers[static_cast<size_t>(step.writes[0])];
    const auto r = static_cast<size_t>(read.root), w = static_cast<size_t>(written.root);
    if (r == w || plan.buffers[r].home != Buffer::Home::arena || written.root != step.writes[0]) continue;
    const bool whole = plan.buffers[r].bytes == written.bytes && read.bytes == written.bytes;
    const bool free = lives[r].last == static_cast<int>(i) && lives[w].first == static_cast<int>(i);
    const bool alone = std::none_of(step.reads.begin() + 1, step.reads.end(),
                                    [&](BufferId id) { return plan.buffers[static_cast<size_t>(id)].root == static_cast<BufferId>(r); });
    if (!whole || !free || !alone) continue;
    for (Buffer& buffer : plan.buffers)
      if (buffer.root == static_cast<BufferId>(w)) buffer.root = static_cast<BufferId>(r);
    lives[r].last = lives[w].last;
    lives[w].last = -1;
  }
}

void place_buffers(Plan& plan) {
  std::vector<Lifetime> lives = lifetimes_of(plan);
  merge_in_place(plan, lives);
  std::vector<size_t> roots;
  std::vector<Lifetime> placed;
  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    const Buffer& buffer = plan.buffers[i];
    if (buffer.root != static_cast<BufferId>(i) || buffer.home != Buffer::Home::arena) continue;
    if (lives[i].last < 0) continue;
    lives[i].bytes = buffer.bytes;
    roots.push_back(i);
    placed.push_back(lives[i]);
  }
  const Placement placement = place(placed);
  for (size_t i = 0; i < roots.size(); ++i) plan.buffers[roots[i]].offset = placement.offsets[i];
  plan.arena_bytes = placement.bytes;
}

void check_runnable(const Graph& graph) {
  std::string missing;
  for (const NodeId id : graph.order())
    if (const Node& node = graph.node(id); node.op->reference == nullptr)
      missing += fmt::format("{}{} \"{}\"", missing.empty() ? "" : ", ", node.op->name, node.name);
  if (!missing.empty()) fail("these nodes have no implementation to run: {}", missing);
}

}  // namespace

Plan make_plan(const Graph& graph, const PlanOptions& options) {
  check_runnable(graph);
  Lowering lowering(graph, options);
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    const ValueId id = graph.inputs()[i];
    const Value& value = lowering.value(id);
    const BufferId buffer = lowering.arena_buffer(options.pixels ? pixel_bytes(graph) : lowering.bytes_of(id, true));
    lowering.plan.buffers.back().home = Buffer::Home::input;
    lowering.plan.buffers.back().input = i;
    if (options.pixels)
      lowering.pixels_ = buffer, lowering.pixel_input_ = id;
    else
      lowering.define(id, Layout::logical, true, buffer);
    if (options.keep_all && (options.pixels || is_coded(value)))
      lowering.plan.stored.emplace_back(id, Form{Layout::logical, false, lowering.get(id, Layout::logical)});
  }
  if (options.keep_all) lowering.show_new_values();
  for (const NodeId id : graph.order()) {
    lowering.current_ = id;
    const auto absorbed = lowering.fusions.head_of.find(id);
    const NodeId head = absorbed == lowering.fusions.head_of.end() ? id : absorbed->second;
    const auto fusion = lowering.fusions.by_head.find(head);
    if (fusion != lowering.fusions.by_head.end() && fusion->second.last != id) continue;  // its turn comes with the last of its nodes
    lower_node(lowering, head);
    snap_to_levels(lowering, id);
    if (options.keep_all) lowering.show_new_values();
  }
  for (const ValueId id : graph.outputs()) lowering.plan.outputs.push_back(lowering.get(id, Layout::logical));
  place_buffers(lowering.plan);
  for (const ValueId id : graph.values())
    if (const Tensor& constant = graph.value(id).constant; constant.defined()) release_mapped({constant.bytes(), constant.byte_size()});
  return std::move(lowering.plan);
}

}  // namespace galet::runtime
