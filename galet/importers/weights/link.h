// Puts the tensors of weights files into the parameters of a network, and tells exactly what fitted and what did not.
#pragma once

#include <string>
#include <vector>

#include "galet/importers/weights/key_rules.h"
#include "galet/importers/weights/state_dict.h"
#include "galet/ir/graph.h"

namespace galet::importers {

struct LinkOptions {
  KeyRules rules;
  bool automatic = false;          // propose rules by order and shape for what names alone do not match
  std::vector<std::string> allow;  // names (with * and ?) of parameters and keys that may stay without a partner
};

struct KeyReport {
  struct Matched {
    std::string key, parameter, file;
    Shape shape;
    Element stored_as = Element::f32;
  };
  struct Missing {  // a parameter that no file has
    std::string parameter;
    Shape shape;
    std::string near;  // the unexpected key that looks most like it; may be empty
    bool allowed = false;
  };
  struct Unexpected {  // a tensor that the network has no place for
    std::string key, renamed, file;
    Shape shape;
    std::string near;  // the missing parameter that looks most like it
    bool allowed = false;
  };
  struct Mismatched {  // names agree, shapes or types do not
    std::string key, parameter, file;
    Shape found, wanted;
    Element found_as = Element::f32;
    bool allowed = false;
  };
  size_t parameters = 0;  // of the network
  std::vector<Matched> matched;
  std::vector<Missing> missing;
  std::vector<Unexpected> unexpected;
  std::vector<Mismatched> mismatched;
  std::vector<std::string> ignored;     // counters that inference and training here do without: num_batches_tracked
  std::vector<std::string> overridden;  // parameters that a later file gave again
  std::vector<std::string> proposed;    // rules that `automatic` found, as lines of a rules file
  std::vector<std::string> notes;

  /// Nothing is missing, unexpected or mismatched that was not allowed.
  bool complete() const;
  /// One line: what does not fit, with examples, and what to do about it; empty when complete.
  std::string problem() const;
  /// "116 of 116 parameters linked, 19 counters ignored".
  std::string summary() const;
};

/// Later files override earlier ones. Shapes must agree exactly; double becomes f32; whole numbers do not fit. Parameters without a partner
/// keep their value: look at the report, or at complete(). Throws Error where rules give two keys of a file the same name.
KeyReport link_weights(Graph& graph, const std::vector<StateDict>& files, LinkOptions options);

/// The report as JSON: matched, missing, unexpected, mismatched, ignored, overridden, proposed, notes.
std::string to_json(const KeyReport& report);

}  // namespace galet::importers
