// The files of an export, as text. All names begin with the export's name.
#pragma once

#include "galet/exporters/c/lowering.h"

namespace galet::exporters::c {

/// One input or output of NAME_run.
struct Port {
  std::string identifier;  // of the parameter
  ValueId value;
  BufferId buffer;
  int64_t count;
  bool coded;
};

/// What the files say beyond the program.
struct Interface {
  std::vector<Port> inputs, outputs;
  bool pixels = false;  // NAME_run_image exists
  int64_t pixel_channels = 0;
  BufferId image_codes = -1;  // where it puts the codes
  std::string pixel_tables, pixel_from;
  std::string postprocess_h, postprocess_c;
  int64_t postprocess_arena = 0;  // bytes of the arena that these functions use, one at a time and after the network
};

/// Adds the functions that options.postprocess asks for to the interface, and their texts. Throws Error for one that the outputs do not
/// fit.
void add_postprocess(Lowering& lowering, Interface& interface);

/// Upper case, for macros.
std::string upper(std::string text);
/// NAME.h without its scales' values being looked at: sizes, functions, NNTool's four constants a node.
std::string write_header(const Lowering& lowering, const Interface& interface);
std::string write_source(const Lowering& lowering, const Interface& interface);
/// The arrays of NAME_weights.h; weights themselves are left out where they go to a file.
std::string write_weights(const Lowering& lowering);
/// NAME.bin, and where in it each weight lies.
std::vector<int8_t> weight_file(const Lowering& lowering);
std::string write_main(const Lowering& lowering, const Interface& interface);
std::string write_readme(const Lowering& lowering, const Interface& interface, const CSizes& sizes);
/// NAME_test.h: inputs and what the runtime makes of them.
std::string write_vectors(const Lowering& lowering, const Interface& interface);

}  // namespace galet::exporters::c
