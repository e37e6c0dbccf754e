// The .galet file: a graph with its constants, facts and model information (docs/package-format.md).
#pragma once

#include <string>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::package {

struct SaveOptions {
  /// Entropy coding where it is smallest: a tenth to a quarter fewer bytes for a pruned network, but tensors are no longer mapped and
  /// loading takes 17 to 90 ns a weight (docs/decisions/0010-sparse-constants.md).
  bool compress = false;
};
/// Writes the file whole or not at all. Canonical: the same graph gives the same bytes. Each constant takes the smallest of its encodings
/// where that makes the file smaller by a 64th or more; else all are dense. Returns the number of bytes. Throws Error where the file cannot
/// be written.
size_t save(const Graph& graph, const std::string& path, const SaveOptions& options = {});
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

/// A tensor as a file holds it.
struct StoredTensor {
  std::string value;  // whose constant or mask, or the node whose attribute
  enum class Kind { constant, mask, attribute } kind = Kind::constant;
  std::string encoding;  // "dense", "bitmap", ...
  int bits = 0;          // of a packed code; 0: whole elements
  int64_t elements = 0;
  uint64_t dense_bytes = 0;  // as elements are in memory
  uint64_t bytes = 0;        // in the file
};
/// All tensors of a file, in its order; those that share bytes count each.
std::vector<StoredTensor> stored_tensors(const std::string& path);
/// Some tensor of it is entropy coded.
bool is_compressed(const std::string& path);

/// Bytes of a constant as a file holds it that encodes nothing, packed or not; 0 for other values.
struct StoredConstant {
  size_t bytes = 0;
  int bits = 0;  // of a packed code; 0: not packed
};
StoredConstant stored_constant(const Value& value);

}  // namespace galet::package
