#include "galet/importers/pytorch/find_state_dict.h"

#include <algorithm>
#include <set>

namespace galet::importers::pickle {
namespace {

constexpr std::string_view kUsual[] = {"state_dict", "model_state_dict", "model_state", "model", "net",
                                       "network",    "weights",          "params",      "module"};

struct Candidate {
  std::string key;
  Ref dict = 0;
};

/// Texts as keys, and at least one tensor among the values.
bool holds_tensors(const Heap& heap, const Object& dict) {
  bool any = false;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    if (heap[dict.items[i]].kind != Kind::text) return false;
    any |= heap[dict.items[i + 1]].kind == Kind::tensor;
  }
  return any;
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, 100));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
  return out;
}

/// All dicts of tensors, breadth first, each object once: outer ones come before those inside of them.
std::vector<Candidate> candidates(const Heap& heap, Ref root) {
  std::vector<Candidate> found, queue{{"", root}};
  std::set<Ref> seen{root};
  for (size_t next = 0; next < queue.size() && seen.size() < 100'000; ++next) {
    const Candidate at = queue[next];
    const Object& object = heap[at.dict];
    if (object.kind != Kind::dict) continue;
    if (holds_tensors(heap, object)) {
      found.push_back(at);
      continue;
    }
    for (size_t i = 0; i + 1 < object.items.size(); i += 2) {
      if (heap[object.items[i]].kind != Kind::text || heap[object.items[i + 1]].kind != Kind::dict) continue;
      const std::string name = printable(heap[object.items[i]].text);
      if (seen.insert(object.items[i + 1]).second) queue.push_back({at.key.empty() ? name : at.key + "." + name, object.items[i + 1]});
    }
  }
  return found;
}

std::string listed(const std::vector<Candidate>& found) {
  std::vector<std::string> keys;
  for (const Candidate& c : found)
    if (keys.size() < 12) keys.push_back("\"" + c.key + "\"");
  return fmt::format("{}{}", fmt::join(keys, ", "), found.size() > keys.size() ? ", ..." : "");
}

std::string top_keys(const Heap& heap, const Object& root) {
  if (root.kind != Kind::dict) return fmt::format("the file holds a {}", to_string(root.kind));
  std::vector<std::string> keys;
  for (size_t i = 0; i < root.items.size() && keys.size() < 12; i += 2)
    if (heap[root.items[i]].kind == Kind::text) keys.push_back("\"" + printable(heap[root.items[i]].text) + "\"");
  return fmt::format("the file holds {}", keys.empty() ? "an empty dict" : fmt::format("{}", fmt::join(keys, ", ")));
}

/// 0 is best.
size_t rank(const std::string& key) {
  const std::string last = key.substr(key.rfind('.') + 1);
  if (key.find("optim") != std::string::npos || key.find("ema") != std::string::npos) return std::size(kUsual) + 1;
  return static_cast<size_t>(std::find(std::begin(kUsual), std::end(kUsual), last) - std::begin(kUsual));
}

FoundDict chosen(const std::vector<Candidate>& found, size_t index) {
  FoundDict result{found[index].key, found[index].dict, {}};
  for (size_t i = 0; i < found.size(); ++i)
    if (i != index) result.others.push_back(found[i].key);
  return result;
}

}  // namespace

FoundDict find_state_dict(const Heap& heap, Ref root, const std::string& key) {
  const std::vector<Candidate> found = candidates(heap, root);
  if (found.empty()) fail("no state dict (named tensors) in it: {}", top_keys(heap, heap[root]));
  if (!key.empty()) {
    for (size_t i = 0; i < found.size(); ++i)
      if (found[i].key == key) return chosen(found, i);
    fail("no state dict under the key \"{}\"; there is {}", key,
         found.front().key.empty() ? "one in the file itself, without a key" : listed(found));
  }
  if (found.size() == 1) return chosen(found, 0);
  std::vector<size_t> order(found.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return rank(found[a].key) < rank(found[b].key); });
  if (rank(found[order[0]].key) == rank(found[order[1]].key)) fail("several state dicts: {}; choose one with --key", listed(found));
  return chosen(found, order[0]);
}

}  // namespace galet::importers::pickle
