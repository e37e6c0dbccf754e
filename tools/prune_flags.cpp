#include "tools/prune_flags.h"

#include <CLI/CLI.hpp>

#include "galet/core/error.h"

namespace galet::tools {

void add_prune_flags(CLI::App& command, PruneFlags& flags) {
  prune::PruneOptions& options = flags.recipe.options;
  command.add_option("--structure", flags.structure, "what goes at once: weight, block, block:OUTxIN, nm:N:M, channel")
      ->capture_default_str()
      ->type_name("NAME");
  std::string names;
  for (const prune::Criterion& one : prune::criteria()) names += fmt::format("{}{}: {}", names.empty() ? "" : "; ", one.name, one.about);
  command.add_option("--criterion", options.criterion, names)->capture_default_str()->type_name("NAME");
  command
      .add_option(
          "--normalize", flags.normalize,
          "how scores of unequal layers are made comparable under one threshold: none, mean (divided by the layer's), lamp; auto is "
          "lamp, of channels mean")
      ->capture_default_str()
      ->type_name("HOW");
  command
      .add_option("--layer-limit", options.layer_limit,
                  "no layer loses more than this share (1; for a share A of all channels under one threshold (1 + A) / 2)")
      ->type_name("SHARE");
  command.add_option("--multiple", options.multiple, "of channels: what stays comes in multiples of this")
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--protect", options.protect, "layers, or weights, that stay as they are: names with * and ?")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("PATTERN,...");
}

void read_prune_flags(PruneFlags& flags) {
  flags.recipe.options.structure = prune::parse_structure(flags.structure);
  flags.recipe.options.normalize = prune::parse_normalize(flags.normalize);
  prune::criterion(flags.recipe.options.criterion);
}

std::string shared_text(const PruneFlags& flags) {
  const prune::PruneOptions& options = flags.recipe.options;
  std::string text = fmt::format("structure {}, criterion {}, normalized by {}", prune::to_string(options.structure), options.criterion,
                                 prune::to_string(prune::chosen_normalize(options.normalize, options.structure)));
  if (options.layer_limit && *options.layer_limit < 1) text += fmt::format(", at most {:.6g} of a layer", *options.layer_limit);
  if (options.multiple > 1) text += fmt::format(", multiples of {}", options.multiple);
  if (!options.protect.empty()) text += fmt::format(", protected {}", fmt::join(options.protect, " "));
  return text + (flags.recipe.correct ? ", statistics corrected" : "");
}

}  // namespace galet::tools
