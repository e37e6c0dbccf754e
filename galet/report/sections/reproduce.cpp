// The commands that made this report, and what they were given.
#include "galet/report/findings.h"

namespace galet::report {

bool reproduce_section(const Findings& findings, Section& section) {
  section.title = "How to get the same again";
  section.commands = findings.commands;
  Table table{"identity", "What this is about", {{"what"}, {"which"}}, {}};
  for (const Model& model : findings.models)
    if (!model.identity.empty()) table.rows.push_back({model.name, model.identity});
  for (const auto& [what, which] : findings.about) table.rows.push_back({what, which});
  if (!section.commands.empty())
    section.text.push_back("The same command on the same files gives the same numbers, to the bit where they are not times.");
  if (!table.rows.empty()) section.tables.push_back(std::move(table));
  return !section.commands.empty() || !section.tables.empty();
}

}  // namespace galet::report
