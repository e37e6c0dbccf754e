#include "galet/transform/passes.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "galet/ir/pass.h"

namespace galet::transform {

#define PASS(name) Pass name();
#define NAMED_PASS(name) Pass name();
#include "galet/transform/passes.inc"
#undef PASS
#undef NAMED_PASS

namespace {

struct Row {
  std::string_view name;
  Pass (*make)();
};
constexpr Row kPasses[] = {
#define PASS(name) {#name, name},
#define NAMED_PASS(name) {#name, name},
#include "galet/transform/passes.inc"
#undef PASS
#undef NAMED_PASS
};

void check_name(std::string_view name) {
  if (std::find(pass_names().begin(), pass_names().end(), name) == pass_names().end())
    fail("unknown pass \"{}\", expected one of {}", name, fmt::join(pass_names(), ", "));
}

}  // namespace

const std::vector<std::string>& pass_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Row& row : kPasses) list.emplace_back(row.name);
    return list;
  }();
  return names;
}

const std::vector<std::string>& default_passes() {
  static const std::vector<std::string> names{
#define PASS(name) #name,
#define NAMED_PASS(name)
#include "galet/transform/passes.inc"
#undef PASS
#undef NAMED_PASS
  };
  return names;
}

Remarks run_pass(Graph& graph, std::string_view name) {
  check_name(name);
  const auto row = std::find_if(std::begin(kPasses), std::end(kPasses), [&](const Row& r) { return r.name == name; });
  Pass pass = row->make();
  pass.name = name;
  return pass.run(graph);
}

Remarks simplify(Graph& graph, const std::vector<std::string>& without) {
  std::for_each(without.begin(), without.end(), check_name);
  constexpr int kMostRounds = 8;  // a chain of passes each of which makes room for an earlier one; two is usual
  Remarks done, kept;
  for (int round = 0; round < kMostRounds; ++round) {
    const size_t before = done.size();
    kept.clear();
    for (const std::string& name : default_passes()) {
      if (std::find(without.begin(), without.end(), name) != without.end()) continue;
      for (Remark& remark : run_pass(graph, name)) (remark.decision == "kept" ? kept : done).push_back(std::move(remark));
    }
    if (done.size() == before) break;
  }
  done.insert(done.end(), kept.begin(), kept.end());
  return done;
}

}  // namespace galet::transform
