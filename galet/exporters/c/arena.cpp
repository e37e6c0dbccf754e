// Places in the arena. Buffers live from the first step that writes them to the last that reads them; the aim is an arena no larger than
// the largest set of buffers alive at one step. Greedy by size comes close; where it misses, other orders are tried, from a seeded
// generator.
#include <algorithm>
#include <numeric>

#include "galet/core/random.h"
#include "galet/exporters/c/program.h"

namespace galet::exporters::c {
namespace {

void find_lifetimes(Program& program) {
  for (Buffer& buffer : program.buffers) buffer.first = buffer.last = -1;
  for (size_t step = 0; step < program.steps.size(); ++step)
    for (const auto* list : {&program.steps[step].reads, &program.steps[step].writes})
      for (const BufferId id : *list) {
        Buffer& root = program.buffers[static_cast<size_t>(program.root(id))];
        if (root.first < 0) root.first = static_cast<int>(step);
        root.last = static_cast<int>(step);
      }
}

/// Lets results take the place of what dies in the same step.
void place_in_operands(Program& program) {
  for (size_t step = 0; step < program.steps.size(); ++step) {
    const Step& s = program.steps[step];
    if (s.writes.empty()) continue;
    const BufferId dst = s.writes[0];
    Buffer& to = program.buffers[static_cast<size_t>(dst)];
    if (to.within >= 0 || to.place != Place::arena) continue;
    for (const BufferId candidate : s.replaces) {
      const BufferId root = program.root(candidate);
      const Buffer& from = program.buffers[static_cast<size_t>(root)];
      // What else the step reads of it, it reads out of turn (a convolution its neighbours).
      auto same = [&](BufferId id) { return program.root(id) == root; };
      if (std::ranges::count_if(s.reads, same) != std::ranges::count_if(s.replaces, same)) continue;
      if (root == dst || from.place != Place::arena || from.bytes != to.bytes || from.last != static_cast<int>(step)) continue;
      to.within = root, to.offset = 0;
      find_lifetimes(program);
      break;
    }
  }
}

struct Item {
  BufferId id;
  int64_t bytes;
  int first, last;
  int64_t offset;
};

/// Each in turn at the lowest place that no living neighbour holds; returns the size of the arena.
int64_t place_in_order(std::vector<Item>& items, const std::vector<size_t>& order) {
  int64_t arena = 0;
  std::vector<size_t> placed, rivals;
  for (const size_t i : order) {
    Item& item = items[i];
    rivals.clear();
    for (const size_t j : placed)
      if (items[j].first <= item.last && item.first <= items[j].last) rivals.push_back(j);
    std::sort(rivals.begin(), rivals.end(), [&](size_t a, size_t b) { return items[a].offset < items[b].offset; });
    int64_t at = 0;
    for (const size_t j : rivals) {
      if (items[j].offset - at >= item.bytes) break;
      at = std::max(at, items[j].offset + items[j].bytes);
    }
    item.offset = at;
    arena = std::max(arena, at + item.bytes);
    placed.push_back(i);
  }
  return arena;
}

int64_t largest_live_set(const Program& program, const std::vector<Item>& items, int& peak) {
  int64_t live = 0;
  for (size_t step = 0; step < program.steps.size(); ++step) {
    int64_t bytes = 0;
    for (const Item& item : items)
      if (item.first <= static_cast<int>(step) && static_cast<int>(step) <= item.last) bytes += item.bytes;
    if (bytes > live) live = bytes, peak = static_cast<int>(step);
  }
  return live;
}

}  // namespace

void plan_arena(Program& program) {
  find_lifetimes(program);
  place_in_operands(program);
  std::vector<Item> items;
  for (size_t i = 0; i < program.buffers.size(); ++i) {
    const Buffer& buffer = program.buffers[i];
    if (buffer.place == Place::arena && buffer.within < 0 && buffer.first >= 0)
      items.push_back({static_cast<BufferId>(i), buffer.bytes, buffer.first, buffer.last, 0});
  }
  program.live = largest_live_set(program, items, program.peak_step);
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return items[a].bytes > items[b].bytes; });
  std::vector<Item> best = items;
  program.arena = place_in_order(best, order);
  Random random(1);
  for (int trial = 0; trial < 2000 && program.arena > program.live && order.size() > 1; ++trial) {
    std::vector<size_t> other = order;
    for (int swaps = 0; swaps < 3; ++swaps) std::swap(other[random.below(other.size())], other[random.below(other.size())]);
    const int64_t arena = place_in_order(items, other);
    if (arena > program.arena) continue;
    if (arena < program.arena) best = items;
    program.arena = arena, order = other;
  }
  for (const Item& item : best) program.buffers[static_cast<size_t>(item.id)].offset = item.offset;
}

}  // namespace galet::exporters::c
