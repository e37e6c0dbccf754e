#include "galet/ir/pass.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace galet {
namespace {

/// "fold_batchnorm" -> "folded": what its Remarks say.
std::string_view past_tense(std::string_view pass) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kVerbs{{{"fold", "folded"},
                                                                                 {"fuse", "fused"},
                                                                                 {"eliminate", "eliminated"},
                                                                                 {"decompose", "decomposed"},
                                                                                 {"rewrite", "rewritten"},
                                                                                 {"insert", "inserted"},
                                                                                 {"lower", "lowered"},
                                                                                 {"equalize", "equalized"}}};
  for (const auto& [verb, past] : kVerbs)
    if (pass.starts_with(verb)) return past;
  return "applied";
}

}  // namespace

Pass& Pass::also(const char* pattern, Action action) {
  rules_.emplace_back(Pattern(pattern), std::move(action));
  return *this;
}

Pass& Pass::also(const std::vector<std::string>& patterns, Action action) {
  for (const std::string& pattern : patterns) also(pattern.c_str(), action);
  return *this;
}

Pass rewrite(const char* pattern, Action action) { return Pass{}.also(pattern, std::move(action)); }
Pass rewrite(const std::vector<std::string>& patterns, Action action) { return Pass{}.also(patterns, std::move(action)); }

Pass once(std::function<void(Rewriter&)> work) {
  Pass pass;
  pass.once_ = std::move(work);
  return pass;
}

Remarks Pass::run(Graph& graph) const {
  Rewriter rewriter(graph, name);
  rewriter.remove_dead();
  if (once_) once_(rewriter);
  const size_t limit = 1000 + 50 * graph.order().size();
  size_t times = 0;
  std::vector<std::pair<std::string, Decision>> kept;
  for (bool changed = !rules_.empty(); changed;) {
    changed = false;
    kept.clear();
    for (const NodeId id : graph.order()) {
      for (const auto& [pattern, action] : rules_) {
        Match match;
        if (!graph.is_live(id)) break;
        if (!pattern.fits(graph, id, match)) continue;
        const std::string node = graph.node(id).name;
        Decision decision = action(match, rewriter);
        if (decision.kind == Decision::Kind::kept) {
          const bool said =
              std::any_of(kept.begin(), kept.end(), [&](const auto& k) { return k.first == node && k.second.text == decision.text; });
          if (!said) kept.emplace_back(node, std::move(decision));
          continue;
        }
        if (decision.kind != Decision::Kind::applied) continue;
        rewriter.remark(node, std::string(past_tense(name)), std::move(decision.text), std::move(decision.numbers));
        rewriter.remove_dead();
        changed = true;
        if (++times > limit) throw std::logic_error("pass " + name + " comes to no end at node " + node);
        break;
      }
    }
  }
  for (auto& [node, decision] : kept) rewriter.remark(node, "kept", std::move(decision.text), std::move(decision.numbers));
  rewriter.remove_dead();
  verify(graph);
  return rewriter.take_remarks();
}

}  // namespace galet
