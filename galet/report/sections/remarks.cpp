// What the steps decided and why: layers that stay float, kernels that could not be used.
#include <fmt/format.h>

#include <set>

#include "galet/report/findings.h"

namespace galet::report {

bool remarks_section(const Findings& findings, Section& section) {
  if (findings.remarks.empty()) return false;
  section.title = "Decisions and their reasons";
  std::set<std::string> floats;
  for (const Remark& remark : findings.remarks)
    if (remark.step == "quantize" && remark.decision.find("float") != std::string::npos) floats.insert(remark.node);
  section.text.push_back(floats.empty() ? "No layer stays float. Every decision of every step is listed with its reason."
                                        : fmt::format("{} node{} float. Every decision of every step is listed with its reason.",
                                                      floats.size(), floats.size() == 1 ? " stays" : "s stay"));
  Table table{
      "remarks", fmt::format("{} decisions", findings.remarks.size()), {{"node"}, {"step"}, {"decision"}, {"reason"}, {"numbers"}}, {}};
  for (const Remark& remark : findings.remarks) {
    std::string numbers;
    for (const auto& [name, value] : remark.numbers) numbers += fmt::format("{}{} {:.6g}", numbers.empty() ? "" : ", ", name, value);
    table.rows.push_back({remark.node, remark.step, remark.decision, remark.reason, numbers});
  }
  table.folded = table.rows.size() > 12;
  section.tables.push_back(std::move(table));
  return true;
}

}  // namespace galet::report
