// The .galet file: a graph with its constants, facts and model information (docs/package-format.md).
#pragma once

#include <string>

#include "galet/ir/graph.h"

namespace galet::package {

/// Writes the file whole or not at all. Canonical: the same graph gives the same bytes. Returns the number of bytes.
/// Throws Error where the file cannot be written.
size_t save(const Graph& graph, const std::string& path);
/// Maps the file; constants stay in it until something needs them (planning a Session lets go of each once it is packed). Throws Error
/// (path, what, where) for anything that is not a whole, undamaged .galet file of a version that this program reads.
Graph load(const std::string& path);
/// True when the file begins as a .galet file does.
bool is_package(const std::string& path);

/// How the bytes of a file divide.
struct Sections {
  size_t metadata = 0;  // graph, names, facts, records
  size_t constants = 0;
  size_t total = 0;
};
Sections sections(const std::string& path);

/// Bytes of a constant as a file holds it, packed or not; 0 for other values.
struct StoredConstant {
  size_t bytes = 0;
  int bits = 0;  // of a packed code; 0: not packed
};
StoredConstant stored_constant(const Value& value);

}  // namespace galet::package
