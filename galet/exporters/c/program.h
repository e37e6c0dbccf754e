// What a network becomes before it is written as C: buffers with places in the arena, constants, and calls in order.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace galet::exporters::c {

using BufferId = int;

enum class Place : uint8_t { arena, input, output, constant };

/// Bytes that a step reads or writes. A buffer may lie inside another one (`within`), which then has the place.
struct Buffer {
  std::string name;  // C identifier: the parameter of an input or output, the array of a constant
  int64_t bytes = 0;
  Place place = Place::arena;
  BufferId within = -1;
  int64_t offset = 0;         // in `within`; in the arena once it is planned
  int first = -1, last = -1;  // steps that use it
};

struct Constant {
  std::string name;    // C identifier
  std::string type;    // "int8_t", "uint32_t", ...
  std::string values;  // the initializer's lines
  std::string about;   // a comment, may be empty
  int64_t count = 0, bytes = 0;
  std::vector<int8_t> weight;  // codes, where it is a weight
};

/// One call. In `call`, "$3" stands for the address of buffer 3, and "@name" for that of a weight.
struct Step {
  std::string comment;      // lines, without the marks
  std::string declaration;  // const structs, before the function
  std::string call;
  std::vector<BufferId> reads, writes;
  std::string layer;  // the node to name in reports
  /// writes[0] may take the place of this buffer, element by element, where it dies here.
  std::vector<BufferId> replaces;
};

/// The constants that node results have under NNTool's names.
struct Scale {
  std::string node;
  float scale = 1;
  int zero_point = 0;
};

struct Program {
  std::vector<Buffer> buffers;
  std::vector<Constant> constants;
  std::vector<Step> steps;
  std::vector<Scale> scales;
  std::set<std::string> texts;  // reference functions in use, by file
  int64_t struct_bytes = 0;     // of the const structs, on a 32-bit machine
  int64_t arena = 0, live = 0;
  int peak_step = 0;

  BufferId root(BufferId id) const {
    while (buffers[static_cast<size_t>(id)].within >= 0) id = buffers[static_cast<size_t>(id)].within;
    return id;
  }
  /// Of the buffer in its root.
  int64_t offset_in_root(BufferId id) const {
    int64_t offset = 0;
    for (; buffers[static_cast<size_t>(id)].within >= 0; id = buffers[static_cast<size_t>(id)].within)
      offset += buffers[static_cast<size_t>(id)].offset;
    return offset;
  }
};

/// Finds out when buffers live, lets results take the place of operands that die, and gives places in the arena.
void plan_arena(Program& program);

}  // namespace galet::exporters::c
