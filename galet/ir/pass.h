// Passes: rules that rewrite a graph wherever a pattern fits, until none applies any more.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "galet/ir/pattern.h"
#include "galet/ir/rewriter.h"

namespace galet {

/// What a rule did where its pattern fits. A rule decides before it edits: unless it answers applied(), the graph is as it was.
struct Decision {
  enum class Kind { applied, kept, no_match };
  Kind kind = Kind::no_match;
  std::string text;
  std::vector<std::pair<std::string, double>> numbers = {};
};
/// The graph was changed; the text becomes the Remark's reason ("into conv2d \"conv1\"").
inline Decision applied(std::string text, std::vector<std::pair<std::string, double>> numbers = {}) {
  return {Decision::Kind::applied, std::move(text), std::move(numbers)};
}
/// The pattern fits but something forbids it; becomes a Remark.
inline Decision keep(std::string reason, std::vector<std::pair<std::string, double>> numbers = {}) {
  return {Decision::Kind::kept, std::move(reason), std::move(numbers)};
}
/// Not a case for this rule at all; nothing is said.
inline Decision no_match() { return {}; }

using Action = std::function<Decision(const Match&, Rewriter&)>;

class Pass {
 public:
  std::string name;  // "fold_batchnorm"; also the step of its Remarks

  /// Adds rules that are tried after the ones given so far.
  Pass& also(const char* pattern, Action action);
  Pass& also(const std::vector<std::string>& patterns, Action action);

  /// Visits nodes in topological order, again and again until no rule applies, drops dead nodes on the way, then verifies the graph. At
  /// each node the first rule that applies wins. Remarks: what was applied in order of doing, then what was kept. Throws std::logic_error
  /// for rules that never come to an end.
  Remarks run(Graph& graph) const;
  const std::vector<std::pair<Pattern, Action>>& rules() const { return rules_; }

 private:
  friend Pass once(std::function<void(Rewriter&)> work);
  std::vector<std::pair<Pattern, Action>> rules_;
  std::function<void(Rewriter&)> once_;
};

/// A pass of one rule.
Pass rewrite(const char* pattern, Action action);
/// A pass with one action for several patterns, tried in order.
Pass rewrite(const std::vector<std::string>& patterns, Action action);
/// A pass that looks at the whole graph itself, once, and makes its own Remarks.
Pass once(std::function<void(Rewriter&)> work);

}  // namespace galet
